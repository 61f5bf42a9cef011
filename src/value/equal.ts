import { Capsule, type Value } from "./value.ts";

/**
 * `==` of the language: numbers by value whatever their kind, arrays and objects deeply, capsules by their own meaning,
 * functions never.
 */
export function equal(a: Value, b: Value): boolean {
  if (typeof a !== "object" || a === null) return a === b || (isNumber(a) && isNumber(b) && equalNumbers(a, b));
  return typeof b === "object" && b !== null && equalObjects(a, b);
}

function isNumber(v: Value): v is bigint | number {
  return typeof v === "bigint" || typeof v === "number";
}

/** Two integers compare in 64 bits, so the largest uint64 equals the int64 -1; with a float both compare as floats. */
function equalNumbers(a: bigint | number, b: bigint | number): boolean {
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt.asIntN(64, a) === BigInt.asIntN(64, b);
  return Number(a) === Number(b);
}

function equalObjects(a: object & Value, b: object & Value): boolean {
  if (a instanceof Capsule)
    return a === b || (b instanceof Capsule && a.capsule === b.capsule && a.equals?.(b) === true);
  if (isList(a)) {
    if (!isList(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equal(at(a, i), at(b, i))) return false;
    return true;
  }
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key) as Value | undefined;
    if (other === undefined || !equal(value as Value, other)) return false;
  }
  return true;
}

function isList(v: object): v is readonly Value[] | Uint8Array {
  return Array.isArray(v) || v instanceof Uint8Array;
}

function at(list: readonly Value[] | Uint8Array, i: number): Value {
  const element = list[i]!;
  return list instanceof Uint8Array ? BigInt(element as number) : (element as Value);
}
