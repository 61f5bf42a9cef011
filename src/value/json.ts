import { OptionalSecret, Secret } from "./secret.ts";
import { quote } from "#src/util/quote.ts";
import { sortedKeys } from "./render.ts";
import { Capsule, FunctionValue, describeType, type ObjectValue, type Value } from "./value.ts";

/** A value as the UI API and `invar eval --json` give it (specification 7.5), secrets masked. */
export type JsonValue =
  | { readonly type: "null"; readonly value: null }
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string" | "function" | "capsule"; readonly value: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "array"; readonly value: readonly JsonValue[] }
  | { readonly type: "object"; readonly value: readonly { readonly key: string; readonly value: JsonValue }[] };

/** Thrown for a number that JSON cannot hold. */
export class JsonRangeError extends Error {
  constructor(text: string) {
    super(`json: unsupported value: ${text}`);
    this.name = "JsonRangeError";
  }
}

/** Encodes a value. Throws a `JsonRangeError` for infinities and not-a-number. */
export function encodeJson(v: Value): JsonValue {
  if (v === null) return { type: "null", value: null };
  if (typeof v === "string") return { type: "string", value: v };
  if (typeof v === "boolean") return { type: "bool", value: v };
  if (typeof v === "bigint" || typeof v === "number") return { type: "number", value: finite(Number(v)) };
  if (v instanceof Uint8Array)
    return { type: "array", value: Array.from(v, (byte) => ({ type: "number", value: byte })) };
  if (v instanceof FunctionValue) return { type: "function", value: "function" };
  if (v instanceof Capsule) return encodeCapsule(v);
  if (v instanceof Map) return encodeObject(v as ObjectValue);
  return { type: "array", value: (v as readonly Value[]).map(encodeJson) };
}

function finite(n: number): number {
  if (Number.isFinite(n)) return n;
  throw new JsonRangeError(Number.isNaN(n) ? "NaN" : n > 0 ? "+Inf" : "-Inf");
}

function encodeCapsule(v: Capsule): JsonValue {
  if (v instanceof OptionalSecret && !v.isSecret) return { type: "capsule", value: quote(v.reveal()) };
  if (v instanceof Secret || v instanceof OptionalSecret) return { type: "capsule", value: v.describe() };
  const object = v.asObject?.();
  if (object !== undefined) return encodeObject(object);
  return { type: "capsule", value: v.describe?.() ?? describeType(v) };
}

function encodeObject(object: ObjectValue): JsonValue {
  return { type: "object", value: sortedKeys(object).map((key) => ({ key, value: encodeJson(object.get(key)!) })) };
}
