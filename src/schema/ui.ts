/** Arguments and exports as the UI API shows them (specification 7.5): optional fields that say nothing new are left out, secrets masked. */
import { encodeJson, JsonRangeError, type JsonValue } from "#src/value/json.ts";
import { render } from "#src/value/render.ts";
import { Capsule, type ObjectValue, type Value } from "#src/value/value.ts";
import { defaultsOf } from "./defaults.ts";
import { encodeValue } from "./encode.ts";
import { equalArguments } from "./equal.ts";
import type { Shape } from "./field.ts";
import type { AnyAttr, AnyBlock, AnyVariants } from "./plan.ts";
import { isUnset } from "./unsupported.ts";

export type UiEntry =
  | { readonly name: string; readonly type: "attr"; readonly value: JsonValue }
  | { readonly name: string; readonly type: "block"; readonly label?: string; readonly body: readonly UiEntry[] };

type Host = Readonly<Record<string, unknown>>;

/** Decoded arguments, or a component's host exports. */
export function encodeFields(shape: Shape, host: unknown): UiEntry[] {
  const entries: UiEntry[] = [];
  for (const [name, field] of Object.entries(shape)) {
    const value = (host as Host)[name];
    if (field.field === "attr") entries.push(...encodeAttribute(name, field as AnyAttr, value));
    else if (field.field === "block") entries.push(...encodeBlocks(name, field as AnyBlock, value));
    else entries.push(...encodeVariants(name, field as AnyVariants, value));
  }
  return entries;
}

/** Plain values by name: the arguments of a custom component, exports as expressions see them. */
export function encodeValues(values: ObjectValue): UiEntry[] {
  return Array.from(values, ([name, value]) => ({ name, type: "attr", value: encodeSafely(value) }));
}

/** A component's debug state, one attribute for each of its fields. */
export function encodePlain(state: unknown): UiEntry[] {
  if (typeof state !== "object" || state === null) return [];
  return Object.entries(state)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, type: "attr", value: encodeSafely(toValue(value, 0)) }));
}

/** Deepest nesting of debug state that is shown. */
const DEEPEST = 16;

function toValue(plain: unknown, depth: number): Value {
  if (plain === null || plain === undefined || depth > DEEPEST) return null;
  if (typeof plain === "boolean" || typeof plain === "number" || typeof plain === "bigint") return plain;
  if (typeof plain !== "object") return String(plain as string);
  if (plain instanceof Capsule) return plain;
  if (plain instanceof Date) return plain.toISOString();
  if (Array.isArray(plain)) return plain.map((item) => toValue(item, depth + 1));
  const entries = plain instanceof Map ? [...(plain as Map<unknown, unknown>)] : Object.entries(plain);
  return new Map(entries.map(([key, item]) => [String(key), toValue(item, depth + 1)]));
}

function encodeAttribute(name: string, field: AnyAttr, host: unknown): UiEntry[] {
  if (!field.required && isUnset(field, host)) return [];
  return [{ name, type: "attr", value: encodeSafely(encodeValue(field.type, host)) }];
}

function encodeBlocks(name: string, { shape, many, labelled }: AnyBlock, host: unknown): UiEntry[] {
  if (!many) {
    if (host === undefined || equalArguments(shape, host, defaultsOf(shape))) return [];
    return [{ name, type: "block", body: encodeFields(shape, host) }];
  }
  return (host as readonly Host[]).map((one) => ({
    name,
    type: "block",
    ...(labelled && { label: String(one["label"]) }),
    body: encodeFields(shape, one),
  }));
}

function encodeVariants(prefix: string, { variants }: AnyVariants, host: unknown): UiEntry[] {
  return (host as readonly (Host & { readonly name: string })[]).map((one) => ({
    name: `${prefix}.${one.name}`,
    type: "block",
    body: encodeFields(variants[one.name]!, one),
  }));
}

/** JSON has no infinities: a value that holds one is shown as text. */
function encodeSafely(value: Value): JsonValue {
  try {
    return encodeJson(value);
  } catch (error) {
    if (!(error instanceof JsonRangeError)) throw error;
    return { type: "string", value: render(value) };
  }
}
