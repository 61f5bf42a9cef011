import { isIdentifier } from "#src/util/identifier.ts";
import { quote } from "#src/util/quote.ts";
import { formatNumber } from "./number.ts";
import { OptionalSecret, Secret } from "./secret.ts";
import { compareText } from "./text.ts";
import { Capsule, FunctionValue, describeType, type ObjectValue, type Value } from "./value.ts";

/** A value as configuration text (specification 2.8): keys sorted, secrets as `(secret)`. */
export function render(v: Value): string {
  return renderAt(v, "");
}

function renderAt(v: Value, indent: string): string {
  if (v === null) return "null";
  if (typeof v === "string") return quote(v);
  if (typeof v === "boolean") return String(v);
  if (typeof v === "bigint" || typeof v === "number") return formatNumber(v);
  if (v instanceof Uint8Array) return `[${v.join(", ")}]`;
  if (v instanceof FunctionValue) return "function";
  if (v instanceof Capsule) return renderCapsule(v, indent);
  if (v instanceof Map) return renderObject(v as ObjectValue, indent);
  return `[${(v as readonly Value[]).map((element) => renderAt(element, indent)).join(", ")}]`;
}

function renderCapsule(v: Capsule, indent: string): string {
  if (v instanceof Secret) return v.describe();
  if (v instanceof OptionalSecret) return v.isSecret ? v.describe() : quote(v.reveal());
  const object = v.asObject?.();
  return object === undefined ? describeType(v) : renderObject(object, indent);
}

function renderObject(object: ObjectValue, indent: string): string {
  if (object.size === 0) return "{}";
  const inner = `${indent}\t`;
  const lines = sortedKeys(object).map((key) => {
    const name = isIdentifier(key) ? key : quote(key);
    return `${inner}${name} = ${renderAt(object.get(key)!, inner)},\n`;
  });
  return `{\n${lines.join("")}${indent}}`;
}

/** Keys in the order of their bytes. */
export function sortedKeys(object: ObjectValue): string[] {
  return [...object.keys()].sort(compareText);
}
