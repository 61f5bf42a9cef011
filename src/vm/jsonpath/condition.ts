import { compileRegex } from "#src/regex/regex.ts";
import { parseDecimalInt } from "#src/value/number.ts";
import type { Value } from "#src/value/value.ts";
import type { Cursor } from "./cursor.ts";
import { PRECEDENCE, type Condition, type FunctionName, type OperatorName, type Path } from "./path.ts";

const OPERATOR_CHARACTER = /[!&*+\-/<=>ehi|~]/;
const FUNCTIONS: readonly string[] = ["length", "count", "match", "search"] satisfies FunctionName[];
/** All that may begin or be an operator. */
const SPELLINGS = [...Object.keys(PRECEDENCE), "~=", "!", ...FUNCTIONS];

/** Reads the condition of a filter. Operators of equal rank associate to the left, `&&` and `||` have the same rank. */
export class ConditionReader {
  readonly #cursor: Cursor;
  readonly #readPath: (cursor: Cursor) => Path;

  constructor(cursor: Cursor, readPath: (cursor: Cursor) => Path) {
    this.#cursor = cursor;
    this.#readPath = readPath;
  }

  /** The whole condition; parentheses around it mean nothing. */
  readAll(): Condition {
    let condition = this.#read();
    while (condition.kind === "group") condition = condition.inner;
    return condition;
  }

  #read(): Condition {
    return this.#cursor.nested(() => {
      const operands = [this.#operand()];
      const operators: OperatorName[] = [];
      while (!this.#cursor.atEnd && !/^[,)\]]?$/.test(this.#cursor.peekAfterSpaces())) {
        operators.push(this.#operator());
        operands.push(this.#operand());
      }
      return combine(operands, operators);
    });
  }

  #operand(): Condition {
    const cursor = this.#cursor;
    const c = cursor.peekAfterSpaces();
    if (c === "@" || c === "$") return { kind: "path", path: this.#readPath(cursor) };
    if (/[-0-9]/.test(c)) return { kind: "value", value: this.#number() };
    if (c === "N") return this.#nothing();
    if (!/["'!([/]/.test(c)) return this.#word();
    cursor.skip(1);
    if (c === "!") return { kind: "not", inner: this.#read() };
    if (c === "(") return this.#group();
    if (c === "[") return this.#list();
    if (c === "/") return this.#regex();
    return { kind: "value", value: cursor.readString(c) };
  }

  #group(): Condition {
    const inner = this.#read();
    this.#close();
    return { kind: "group", inner };
  }

  #close(): void {
    if (this.#cursor.peekAfterSpaces() !== ")") throw this.#cursor.error("not terminated");
    this.#cursor.skip(1);
  }

  #nothing(): Condition {
    for (const letter of "Nothing") {
      if (this.#cursor.peek() !== letter) throw this.#cursor.error("expected Nothing");
      this.#cursor.skip(1);
    }
    return { kind: "nothing" };
  }

  #word(): Condition {
    const cursor = this.#cursor;
    let word = "";
    while (/[a-z]/.test(cursor.peek())) word += cursor.take();
    if (word === "true" || word === "false") return { kind: "value", value: word === "true" };
    if (word === "null") return { kind: "value", value: null };
    if (!FUNCTIONS.includes(word)) {
      cursor.skip(-word.length);
      throw cursor.error(`'${word}' is not a value or function`);
    }
    if (cursor.peek() !== "(") throw cursor.error(`expected a ${word} function`);
    cursor.skip(1);
    const left = this.#read();
    let right: Condition | undefined;
    if (cursor.peekAfterSpaces() === ",") {
      cursor.skip(1);
      right = this.#read();
    }
    this.#close();
    return { kind: "function", name: word as FunctionName, left, right };
  }

  #number(): Value {
    const cursor = this.#cursor;
    let text = cursor.take();
    const digits = () => {
      while (/[0-9]/.test(cursor.peek())) text += cursor.take();
    };
    digits();
    const whole = text;
    if (cursor.peek() === ".") {
      text += cursor.take();
      digits();
    }
    if (/[eE]/.test(cursor.peek())) {
      text += cursor.take();
      if (/[-+]/.test(cursor.peek())) text += cursor.take();
      if (cursor.atEnd) throw cursor.error("expected a number");
      digits();
    }
    if (text !== whole) return Number(text) || 0;
    const integer = parseDecimalInt(text);
    if (integer === undefined) throw cursor.error(`strconv.ParseInt: parsing "${text}": invalid syntax`);
    return integer;
  }

  #list(): Condition {
    const values: Value[] = [];
    for (;;) {
      const element = this.#read();
      if (element.kind !== "value") throw this.#cursor.error("a list may only hold plain values");
      values.push(element.value);
      const next = this.#cursor.takeAfterSpaces();
      if (next === "]") return { kind: "list", values };
      if (next !== ",") throw this.#cursor.error("expected a comma or an array close");
    }
  }

  #regex(): Condition {
    const cursor = this.#cursor;
    let pattern = "";
    while (!cursor.atEnd && cursor.peek() !== "/")
      pattern += cursor.peek() === "\\" ? cursor.take() + cursor.take() : cursor.take();
    cursor.skip(1);
    try {
      return { kind: "regex", regex: compileRegex(cursor.decode(pattern)) };
    } catch (error) {
      throw cursor.error(error instanceof Error ? error.message : String(error));
    }
  }

  #operator(): OperatorName {
    const cursor = this.#cursor;
    let token = "";
    for (let c = cursor.peekAfterSpaces(); ; c = cursor.peek()) {
      const continues =
        token !== "" && SPELLINGS.some((name) => name.length > token.length && name.startsWith(token + c));
      if (!OPERATOR_CHARACTER.test(c) && !continues) break;
      token += c;
      if (c === "-" && token.length > 1) throw cursor.error(`'${token}' is not a valid operation`);
      cursor.skip(1);
      if (cursor.atEnd) throw cursor.error("equation not terminated");
    }
    const name = token === "~=" ? "=~" : token;
    if (!Object.hasOwn(PRECEDENCE, name)) throw cursor.error(`'${token}' is not a valid operation`);
    return name as OperatorName;
  }
}

function combine(operands: readonly Condition[], operators: readonly OperatorName[]): Condition {
  const output = [operands[0]!];
  const pending: OperatorName[] = [];
  const reduce = () => {
    const right = output.pop()!;
    const left = output.pop()!;
    output.push({ kind: "operator", name: pending.pop()!, left, right });
  };
  for (const [i, operator] of operators.entries()) {
    while (pending.length > 0 && PRECEDENCE[pending.at(-1)!] <= PRECEDENCE[operator]) reduce();
    pending.push(operator);
    output.push(operands[i + 1]!);
  }
  while (pending.length > 0) reduce();
  return output[0]!;
}
