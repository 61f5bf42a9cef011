/**
 * Implicit conversion of values to what an attribute or parameter wants (specification 2.2). Null converts to the zero
 * value of everything. What cannot be converted throws a `ValueError`.
 */
import { parseDuration } from "./duration.ts";
import { typeError, valueError, within } from "./errors.ts";
import {
  asInt64,
  asUint64,
  formatFloat,
  formatNumber,
  parseDecimalInt,
  parseDecimalUint,
  parseFloat64,
} from "./number.ts";
import { OptionalSecret, Secret } from "./secret.ts";
import { Target } from "./target.ts";
import {
  Capsule,
  describeType,
  typeOf,
  type ArrayValue,
  type ObjectValue,
  type TypeName,
  type Value,
} from "./value.ts";

const EMPTY_OBJECT: ObjectValue = new Map();

/** Text of a string, number, bytes or readable capsule. */
export function toStringValue(v: Value): string {
  if (typeof v === "string") return v;
  if (typeof v === "bigint" || typeof v === "number") return formatNumber(v);
  if (v === null) return "";
  if (v instanceof Uint8Array) return Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString("utf8");
  return capsuleText(v, "string");
}

function capsuleText(v: Value, wanted: TypeName): string {
  if (v instanceof Secret || (v instanceof OptionalSecret && v.isSecret)) {
    if (wanted === "string") throw valueError(v, "secrets may not be converted into strings");
    throw typeError(v, wanted);
  }
  const text = v instanceof Capsule ? v.asString?.() : undefined;
  if (text === undefined) throw typeError(v, wanted);
  return text;
}

export function toBool(v: Value): boolean {
  if (typeof v === "boolean") return v;
  if (v === null) return false;
  throw typeError(v, "bool");
}

/** A number in the kind it came in; a text is an integer, unless it has a point or an exponent. */
export function toNumberValue(v: Value): bigint | number {
  if (typeof v === "bigint" || typeof v === "number") return v;
  if (v === null) return 0n;
  const text = typeof v === "string" ? v : capsuleText(v, "number");
  const number = parseNumber(text);
  if (number === undefined) throw typeError(v, "number");
  return number;
}

function parseNumber(text: string): bigint | number | undefined {
  if (text.startsWith("-")) return parseDecimalInt(text);
  return /[.eE]/.test(text) ? parseFloat64(text) : parseDecimalUint(text);
}

/** An integer of so many bits; floats are truncated and what is out of range wraps around. */
export function toInteger(v: Value, bits: 8 | 16 | 32 | 64, signed: boolean): bigint {
  const number = toNumberValue(v);
  return signed ? BigInt.asIntN(bits, asInt64(number)) : BigInt.asUintN(bits, asUint64(number));
}

export function toFloat(v: Value): number {
  return Number(toNumberValue(v));
}

/** Milliseconds of a Go duration text. */
export function toDuration(v: Value): number {
  return v === null ? 0 : parseText(v, parseDuration);
}

/** The value's text as `parse` reads it; what `parse` throws becomes the reason. */
export function parseText<T>(v: Value, parse: (text: string) => T): T {
  const text = toStringValue(v);
  try {
    return parse(text);
  } catch (error) {
    throw valueError(v, error instanceof Error ? error.message : String(error));
  }
}

export function toSecret(v: Value): Secret {
  if (v instanceof Secret) return v;
  if (v instanceof OptionalSecret) return new Secret(v.reveal());
  if (typeof v === "string") return new Secret(v);
  if (v === null) return new Secret("");
  throw capsuleError(v, "Secret");
}

export function toOptionalSecret(v: Value): OptionalSecret {
  if (v instanceof OptionalSecret) return v;
  if (v instanceof Secret) return new OptionalSecret(v.reveal(), true);
  if (typeof v === "string") return new OptionalSecret(v, false);
  if (v === null) return new OptionalSecret("", false);
  throw capsuleError(v, "OptionalSecret");
}

/** What is wrong with a value where a capsule of this name belongs. */
export function capsuleError(v: Value, capsule: string): Error {
  if (typeOf(v) !== "capsule") return typeError(v, "capsule");
  return valueError(v, `expected capsule(${JSON.stringify(capsule)}), got ${describeType(v)}`);
}

/** Bytes of bytes, a text, or an array of numbers. */
export function toBytes(v: Value): Uint8Array {
  if (v instanceof Uint8Array) return v;
  if (typeof v === "string") return Buffer.from(v);
  return Uint8Array.from(toArray(v), (element, i) => within(v, `[${i}]`, () => Number(toInteger(element, 8, false))));
}

/** Elements of an array; bytes are numbers. */
export function toArray(v: Value): ArrayValue {
  if (v instanceof Uint8Array) return Array.from(v, BigInt);
  if (Array.isArray(v)) return v as ArrayValue;
  if (v === null) return [];
  throw typeError(v, "array");
}

/** A list with each element converted. */
export function toList<T>(v: Value, convert: (element: Value) => T): T[] {
  return toArray(v).map((element, i) => within(v, `[${i}]`, () => convert(element)));
}

/** Fields of an object, or of a capsule that reads as one. */
export function toObject(v: Value): ObjectValue {
  if (v instanceof Map) return v as ObjectValue;
  if (v === null) return EMPTY_OBJECT;
  const object = v instanceof Capsule ? v.asObject?.() : undefined;
  if (object === undefined) throw typeError(v, "object");
  return object;
}

/** A map with each value converted. */
export function toMap<T>(v: Value, convert: (element: Value) => T): Map<string, T> {
  const out = new Map<string, T>();
  for (const [key, element] of toObject(v))
    out.set(
      key,
      within(v, `.${key}`, () => convert(element)),
    );
  return out;
}

/** A target from any object of texts, numbers and bools. */
export function toTarget(v: Value): Target {
  if (v instanceof Target) return v;
  if (v === null) return new Target(new Map());
  if (typeOf(v) !== "object") throw capsuleError(v, "Target");
  const labels = new Map<string, string>();
  for (const [name, label] of v as ObjectValue)
    labels.set(
      name,
      within(v, `.${name}`, () => targetLabel(label)),
    );
  return new Target(labels);
}

function targetLabel(v: Value): string {
  if (typeof v === "string") return v;
  if (typeof v === "bigint" || typeof v === "boolean") return String(v);
  if (typeof v === "number") return formatFloat(v, "g", -1);
  if (v === null) throw valueError(v, "cannot convert a nil value to a target value");
  if (v instanceof Secret || (v instanceof OptionalSecret && v.isSecret))
    throw valueError(v, "cannot use a secret as a target value");
  return v instanceof OptionalSecret ? v.reveal() : toStringValue(v);
}
