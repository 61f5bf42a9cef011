import type { BinaryOperator, UnaryOperator } from "#src/syntax/ast.ts";
import { equal } from "#src/value/equal.ts";
import { asInt64, asUint64, numberKind } from "#src/value/number.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { compareText, MAX_TEXT } from "#src/value/text.ts";
import { typeOf, type TypeName, type Value } from "#src/value/value.ts";
import { floatPower, integerPower } from "./math.ts";

/** What is wrong with an operand. */
export class OperandError extends Error {
  readonly side: "left" | "right";
  constructor(side: "left" | "right", reason: string) {
    super(reason);
    this.name = "OperandError";
    this.side = side;
  }
}

const ACCEPTED: Readonly<Record<BinaryOperator, readonly TypeName[]>> = {
  "||": ["bool"],
  "&&": ["bool"],
  "==": [],
  "!=": [],
  "<": ["number", "string"],
  "<=": ["number", "string"],
  ">": ["number", "string"],
  ">=": ["number", "string"],
  "+": ["number", "string", "capsule"],
  "-": ["number"],
  "*": ["number"],
  "/": ["number"],
  "%": ["number"],
  "^": ["number"],
};

/** Applies a unary operator; its operand is `right` in an `OperandError`. */
export function applyUnary(operator: UnaryOperator, v: Value): Value {
  if (operator === "!") {
    if (typeof v !== "boolean") throw new OperandError("right", `should be bool, got ${typeOf(v)}`);
    return !v;
  }
  if (typeof v === "number") return -v;
  if (typeof v !== "bigint") throw new OperandError("right", `should be number, got ${typeOf(v)}`);
  return BigInt.asIntN(64, -asInt64(v));
}

/** Applies a binary operator to two evaluated operands (specification 2.4). */
export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Value {
  const [l, r] = typeof left === "object" || typeof right === "object" ? unwrapSecrets(left, right) : [left, right];
  if (operator === "==") return equal(l, r);
  if (operator === "!=") return !equal(l, r);
  check(operator, "left", l);
  check(operator, "right", r);
  if (typeOf(l) !== typeOf(r)) throw new OperandError("right", `should be ${typeOf(l)}, got ${typeOf(r)}`);
  if (typeof l === "boolean") return operator === "||" ? l || (r as boolean) : l && (r as boolean);
  if (typeof l === "string") return applyToTexts(operator, l, r as string);
  if (typeof l === "bigint" || typeof l === "number") return applyToNumbers(operator, l, r as bigint | number);
  return concatSecrets(l, r);
}

function check(operator: BinaryOperator, side: "left" | "right", v: Value): void {
  const accepted = ACCEPTED[operator];
  const type = typeOf(v);
  if (!accepted.includes(type))
    throw new OperandError(side, `should be one of [${accepted.join(" ")}] for binop ${operator}, got ${type}`);
}

function applyToTexts(operator: BinaryOperator, l: string, r: string): Value {
  if (operator !== "+") return ordered(operator, compareText(l, r));
  checkLength(l, r);
  return l + r;
}

function checkLength(l: string, r: string): void {
  if (l.length + r.length > MAX_TEXT)
    throw new OperandError("right", `would make a text of more than ${MAX_TEXT} characters`);
}

function applyToNumbers(operator: BinaryOperator, l: bigint | number, r: bigint | number): Value {
  if ((operator === "/" || operator === "%") && (r === 0n || r === 0))
    throw new OperandError("right", "divide by zero error");
  const kinds = [numberKind(l), numberKind(r)];
  if (kinds.includes("float")) return applyToFloats(operator, Number(l), Number(r));
  const signed = kinds.includes("int");
  const wrap = (n: bigint) => (signed ? BigInt.asIntN(64, n) : BigInt.asUintN(64, n));
  const [x, y] = signed ? [asInt64(l), asInt64(r)] : [asUint64(l), asUint64(r)];
  switch (operator) {
    case "+":
      return wrap(x + y);
    case "-":
      return wrap(x - y);
    case "*":
      return wrap(x * y);
    case "/":
      return wrap(x / y);
    case "%":
      return wrap(x % y);
    case "^":
      return wrap(integerPower(x, y));
    default:
      return ordered(operator, x < y ? -1 : x > y ? 1 : 0);
  }
}

function applyToFloats(operator: BinaryOperator, x: number, y: number): Value {
  switch (operator) {
    case "+":
      return x + y;
    case "-":
      return x - y;
    case "*":
      return x * y;
    case "/":
      return x / y;
    case "%":
      return x % y;
    case "^":
      return floatPower(x, y);
    default:
      return ordered(operator, x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN);
  }
}

function ordered(operator: BinaryOperator, order: number): boolean {
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

/** Brings secrets and texts to a common type before an operator looks at them; other values pass. */
function unwrapSecrets(l: Value, r: Value): readonly [Value, Value] {
  if (l instanceof Secret) {
    if (r instanceof OptionalSecret) return [l, new Secret(r.reveal())];
    return typeof r === "string" ? [l, new Secret(r)] : [l, r];
  }
  if (r instanceof Secret) {
    if (l instanceof OptionalSecret) return [new Secret(l.reveal()), r];
    return typeof l === "string" ? [new Secret(l), r] : [l, r];
  }
  if (l instanceof OptionalSecret && typeof r === "string")
    return l.isSecret ? [l, new OptionalSecret(r, true)] : [l.reveal(), r];
  if (r instanceof OptionalSecret && typeof l === "string")
    return r.isSecret ? [new OptionalSecret(l, true), r] : [l, r.reveal()];
  return [l, r];
}

function concatSecrets(l: Value, r: Value): Value {
  if (l instanceof Secret && r instanceof Secret) {
    checkLength(l.reveal(), r.reveal());
    return new Secret(l.reveal() + r.reveal());
  }
  if (l instanceof OptionalSecret && r instanceof OptionalSecret) {
    checkLength(l.reveal(), r.reveal());
    return new OptionalSecret(l.reveal() + r.reveal(), l.isSecret || r.isSecret);
  }
  throw new OperandError("left", "could not perform binop + for unknown types lhs capsule rhs capsule");
}
