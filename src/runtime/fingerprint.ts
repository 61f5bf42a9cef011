import { createHash } from "node:crypto";
import { render } from "#src/value/render.ts";
import { Capsule, type Value } from "#src/value/value.ts";

/**
 * What tells the items of a `foreach` apart, as part of an identifier (specification 5.9). A sign becomes `_`, like any
 * other character that identifiers cannot have.
 */
export function fingerprint(id: Value, hashText: boolean): string {
  switch (typeof id) {
    case "string":
      return hashText ? sha256(id) : id.replace(/[^\p{L}\p{Nd}]/gu, "_");
    case "bigint":
      return id < 0n ? `_${-id}` : String(id);
    case "boolean":
      return String(id);
    case "number":
      return toFixed(id).replace(/[^0-9A-Za-z]/g, "_");
    default:
      return sha256(render(id));
  }
}

/** The value of an item's field; undefined when the item is no object or has no such field. */
export function findField(item: Value, name: string): Value | undefined {
  if (item instanceof Map) return (item as ReadonlyMap<string, Value>).get(name);
  return item instanceof Capsule ? item.asObject?.().get(name) : undefined;
}

/** Six decimals and no exponent, however large the number is. */
function toFixed(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
