import { compileRegex } from "#src/regex/regex.ts";
import { CallError } from "#src/value/errors.ts";
import { compareText } from "#src/value/text.ts";
import type { ArrayValue, ObjectValue, Value } from "#src/value/value.ts";
import type { Condition, FunctionName, OperatorName, Path } from "./path.ts";
import { selectFrom, type Search } from "./select.ts";

/** The most combinations tried where paths in one condition find several values each. */
const MAX_COMBINATIONS = 100_000;

/** No value at all, as a path gives that finds nothing. */
const NOTHING: unique symbol = Symbol("nothing");
type Result = Value | typeof NOTHING;
/** A value with a path behind it counts as true wherever a bool is wanted, whatever it is: it exists. */
interface Operand {
  readonly value: Result;
  readonly found: boolean;
}
const nothing: Operand = { value: NOTHING, found: false };
const plain = (value: Result): Operand => ({ value, found: false });

/** Whether the condition of a filter holds for a value. Paths that find several values hold if any of these does. */
export function matches(condition: Condition, value: Value, search: Search): boolean {
  const found = new Map<Condition, readonly Operand[]>();
  collect(condition, value, search, found);
  const lists = [...found];
  const combinations = lists.reduce((product, [, operands]) => product * operands.length, 1);
  if (combinations > MAX_COMBINATIONS) throw new CallError("the filter has too many combinations of values to try");
  for (let i = 0; i < combinations; i++) {
    let rest = i;
    const chosen = new Map<Condition, Operand>();
    for (const [path, operands] of lists) {
      chosen.set(path, operands[rest % operands.length]!);
      rest = Math.floor(rest / operands.length);
    }
    if (isTrue(new Evaluation(chosen, value, search).run(condition))) return true;
  }
  return false;
}

function collect(c: Condition, value: Value, search: Search, found: Map<Condition, readonly Operand[]>): void {
  if (c.kind === "path") {
    const values = selectFrom(c.path, c.path[0]?.kind === "root" ? search.root : value, search);
    found.set(c, values.length === 0 ? [nothing] : values.map((v) => ({ value: v, found: true })));
  } else if (c.kind === "not" || c.kind === "group") collect(c.inner, value, search, found);
  else if (c.kind === "operator" || c.kind === "function") {
    if (c.kind !== "function" || c.name !== "count") collect(c.left, value, search, found);
    if (c.right !== undefined) collect(c.right, value, search, found);
  }
}

function isTrue(operand: Operand): boolean {
  return operand.found || operand.value === true;
}

class Evaluation {
  readonly #chosen: ReadonlyMap<Condition, Operand>;
  readonly #value: Value;
  readonly #search: Search;

  constructor(chosen: ReadonlyMap<Condition, Operand>, value: Value, search: Search) {
    this.#chosen = chosen;
    this.#value = value;
    this.#search = search;
  }

  run(c: Condition): Operand {
    switch (c.kind) {
      case "value":
        return plain(c.value);
      case "path":
        return this.#chosen.get(c) ?? nothing;
      case "group":
        return plain(this.run(c.inner).value);
      case "not":
        return plain(!isTrue(this.run(c.inner)));
      case "operator":
        return plain(this.#operator(c.name, c.left, c.right));
      case "function":
        return plain(this.#function(c.name, c.left, c.right));
      default:
        return nothing;
    }
  }

  #operator(name: OperatorName, l: Condition, r: Condition): Result {
    const left = this.run(l);
    if (name === "=~") return matchesRegex(left.value, r, this.run(r).value);
    if (name === "in") return r.kind === "list" && r.values.some((value) => same(left.value, value, false));
    const right = this.run(r);
    const x: Result = left.value;
    const y: Result = right.value;
    switch (name) {
      case "==":
        return same(x, y, true);
      case "!=":
        return !same(x, y, true);
      case "||":
        return isTrue(left) || isTrue(right);
      case "&&":
        return isTrue(left) && isTrue(right);
      case "empty":
        return typeof y === "boolean" && (typeof x === "string" || isCollection(x)) && y === (size(x) === 0);
      case "has":
      case "exists":
        return typeof y === "boolean" && y === (x !== NOTHING);
      default:
        return isOrdering(name) ? compare(name, x, y) : calculate(name, x, y);
    }
  }

  #function(name: FunctionName, l: Condition, r: Condition | undefined): Result {
    if (name === "count") return l.kind === "path" ? BigInt(this.#all(l.path).length) : NOTHING;
    const left = this.run(l).value;
    if (name === "length") return typeof left === "string" || isCollection(left) ? BigInt(size(left)) : NOTHING;
    const pattern = r === undefined ? NOTHING : this.run(r).value;
    if (typeof left !== "string" || typeof pattern !== "string" || pattern === "") return NOTHING;
    return test(name === "match" ? anchor(pattern) : pattern, left) ?? NOTHING;
  }

  #all(path: Path): readonly Value[] {
    return selectFrom(path, path[0]?.kind === "root" ? this.#search.root : this.#value, this.#search);
  }
}

function anchor(pattern: string): string {
  return `${pattern.startsWith("^") ? "" : "^"}${pattern}${pattern.endsWith("$") ? "" : "$"}`;
}

function test(pattern: string, text: string): boolean | undefined {
  try {
    return compileRegex(pattern).test(text);
  } catch {
    return undefined;
  }
}

function matchesRegex(left: Result, condition: Condition, right: Result): boolean {
  if (typeof left !== "string") return false;
  if (condition.kind === "regex") return condition.regex.test(left);
  return typeof right === "string" && test(right, left) === true;
}

function isCollection(v: Result): v is ArrayValue | ObjectValue {
  return Array.isArray(v) || v instanceof Map;
}

function size(v: string | ArrayValue | ObjectValue): number {
  if (typeof v === "string") return Buffer.byteLength(v);
  return v instanceof Map ? v.size : (v as ArrayValue).length;
}

/** Equality of scalars; arrays and objects are never equal. */
function same(x: Result, y: Result, promote: boolean): boolean {
  if (typeof x === "object" && x !== null) return false;
  if (x === y) return true;
  return promote && isNumber(x) && isNumber(y) && Number(x) === Number(y);
}

function isNumber(v: Result): v is bigint | number {
  return typeof v === "bigint" || typeof v === "number";
}

function isOrdering(name: OperatorName): name is "<" | ">" | "<=" | ">=" {
  return name === "<" || name === ">" || name === "<=" || name === ">=";
}

function compare(name: "<" | ">" | "<=" | ">=", x: Result, y: Result): boolean {
  let order: number;
  if (isNumber(x) && isNumber(y)) order = x < y ? -1 : x > y ? 1 : 0;
  else if (typeof x === "string" && typeof y === "string") order = compareText(x, y);
  else return false;
  if (name === "<") return order < 0;
  if (name === ">") return order > 0;
  return name === "<=" ? order <= 0 : order >= 0;
}

function calculate(name: OperatorName, x: Result, y: Result): Result {
  if (name === "+" && typeof x === "string" && typeof y === "string") return x + y;
  if (!isNumber(x) || !isNumber(y) || (name === "/" && Number(y) === 0)) return NOTHING;
  if (typeof x === "bigint" && typeof y === "bigint")
    return BigInt.asIntN(64, name === "+" ? x + y : name === "-" ? x - y : name === "*" ? x * y : x / y);
  const [a, b] = [Number(x), Number(y)];
  return name === "+" ? a + b : name === "-" ? a - b : name === "*" ? a * b : a / b;
}
