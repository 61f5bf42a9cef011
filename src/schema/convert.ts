/** Values of the configuration language to host values, by type (specification 2.2). What does not fit throws a `ValueError`. */
import {
  capsuleError,
  parseText,
  toBool,
  toDuration,
  toFloat,
  toInteger,
  toList,
  toMap,
  toObject,
  toOptionalSecret,
  toSecret,
  toStringValue,
  toTarget,
} from "#src/value/convert.ts";
import { valueError, within } from "#src/value/errors.ts";
import { Handle } from "#src/value/host.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Target } from "#src/value/target.ts";
import type { TypeName, Value } from "#src/value/value.ts";
import type { Attr, Shape } from "./field.ts";
import type { Type, TypeData } from "./type.ts";
import { planOf } from "./plan.ts";

/** The host value of a type for a value. Null gives the type's zero value. */
export function decodeValue<T>(type: Type<T>, value: Value): T {
  return convert(type, value) as T;
}

/** What null decodes to. Undefined for handles, and for texts whose syntax has no meaning for the empty text. */
export function zero<T>(type: Type<T>): T {
  return zeroOf(type) as T;
}

/** The host value of an attribute. Null leaves an optional one unset; where a type has no zero value, the default stands in. */
export function decodeAttribute(field: Attr<unknown>, value: Value): unknown {
  if (value !== null) return convert(field.type, value);
  if (!field.required && field.default === undefined) return undefined;
  return field.default !== undefined && zeroOf(field.type) === undefined ? field.default : nullOf(field.type);
}

/** The word that messages use for a type. */
export function typeName(type: TypeData): TypeName | "any" {
  switch (type.kind) {
    case "string":
    case "duration":
    case "size":
    case "enum":
    case "text":
      return "string";
    case "number":
    case "int":
      return "number";
    case "bool":
      return "bool";
    case "list":
      return "array";
    case "map":
    case "object":
      return "object";
    case "any":
      return "any";
    default:
      return "capsule";
  }
}

function convert(type: TypeData, value: Value): unknown {
  if (value === null) return nullOf(type);
  switch (type.kind) {
    case "string":
      return toStringValue(value);
    case "bool":
      return toBool(value);
    case "number":
      return toFloat(value);
    case "int":
      return Number(toInteger(value, type.bits, type.signed));
    case "duration":
      return toDuration(value);
    case "size":
      return parseText(value, parseSize);
    case "secret":
      return toSecret(value);
    case "optional_secret":
      return toOptionalSecret(value);
    case "target":
      return toTarget(value);
    case "any":
      return value;
    case "enum":
      return toEnum(type.values, value);
    case "text":
      return toText(type, value);
    case "list":
      return toItems(type.of, value);
    case "map":
      return toMap(value, (element) => convert(type.of, element));
    case "object":
      return toRecord(type.shape, value);
    case "handle":
      return toHandle(type, value);
  }
}

function zeroOf(type: TypeData): unknown {
  switch (type.kind) {
    case "string":
      return "";
    case "bool":
      return false;
    case "number":
    case "int":
    case "duration":
    case "size":
      return 0;
    case "secret":
      return new Secret("");
    case "optional_secret":
      return new OptionalSecret("", false);
    case "target":
      return new Target(new Map());
    case "any":
      return null;
    case "enum":
      return type.values.includes("") ? "" : undefined;
    case "text":
      try {
        return type.parse("");
      } catch {
        return undefined;
      }
    case "list":
      return [];
    case "map":
      return new Map();
    case "object":
      return recordOf(type.shape);
    case "handle":
      return undefined;
  }
}

function nullOf(type: TypeData): unknown {
  const found = zeroOf(type);
  if (found === undefined && !isNothing(type)) throw valueError(null, `should be ${typeName(type)}, got null`);
  return found;
}

/** Whether the empty text of a type means undefined, as for an optional URL. */
function isNothing(type: TypeData): boolean {
  if (type.kind !== "text") return false;
  try {
    return type.parse("") === undefined;
  } catch {
    return false;
  }
}

function toEnum(values: readonly string[], value: Value): string {
  const text = toStringValue(value);
  if (values.includes(text)) return text;
  throw valueError(value, `is not one of ${values.map((v) => JSON.stringify(v)).join(", ")}`);
}

function toText(type: Extract<TypeData, { kind: "text" }>, value: Value): unknown {
  const text = toStringValue(value);
  try {
    return type.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw valueError(value, `is not a valid ${type.name}: ${reason}`);
  }
}

/** A receiver that is null is no receiver: lists of handles leave it out. */
function toItems(of: TypeData, value: Value): unknown[] {
  const items = toList(value, (element) =>
    element === null && of.kind === "handle" ? undefined : convert(of, element),
  );
  return of.kind === "handle" ? items.filter((item) => item !== undefined) : items;
}

function toHandle(type: Extract<TypeData, { kind: "handle" }>, value: Value): unknown {
  if (value instanceof Handle && value.capsule === type.capsule && type.is(value.value)) return value.value;
  throw capsuleError(value, type.capsule);
}

/** Missing keys take their defaults; unknown ones are errors. */
function toRecord(shape: Shape, value: Value): unknown {
  const record = recordOf(shape);
  const { slots } = planOf(shape);
  for (const [key, element] of toObject(value)) {
    const slot = slots.get(key);
    if (slot?.is !== "attr") throw valueError(value, `does not have field named ${JSON.stringify(key)}`);
    record[key] = within(value, `.${key}`, () => convert(slot.field.type, element));
  }
  return record;
}

function recordOf(shape: Shape): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(shape)) {
    if (field.field !== "attr") throw new Error(`an object value holds attributes only, not the block "${name}"`);
    record[name] = field.required ? zeroOf(field.type as TypeData) : field.default;
  }
  return record;
}

const SIZE_UNITS = "BKMGTPE";

/** Bytes of `512`, `64KB`, `10MiB`, `1.5G`. All units are powers of 1024, as they are to Alloy. */
export function parseSize(text: string): number {
  const [, number, unit] = /^\s*([0-9]+(?:\.[0-9]+)?)\s*(B|[KMGTPE](?:i?B)?)?\s*$/.exec(text) ?? [];
  if (number === undefined)
    throw new Error(`invalid size ${JSON.stringify(text)}: expected a number and a unit such as KiB or MiB`);
  return Math.round(Number(number) * 1024 ** SIZE_UNITS.indexOf(unit?.[0] ?? "B"));
}
