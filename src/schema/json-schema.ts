/** JSON Schema (2020-12) of a shape, for editors and forms. Blocks are objects, repeatable ones arrays of objects. */
import { encodeValue } from "./encode.ts";
import type { Shape } from "./field.ts";
import type { AnyAttr, AnyBlock, AnyVariants } from "./plan.ts";
import { isSecret } from "#src/value/taint.ts";
import { Capsule, type Value } from "#src/value/value.ts";
import type { TypeData } from "./type.ts";

export type JsonSchema = { readonly [key: string]: unknown };

/** The schema of an object with the shape's fields. */
export function jsonSchema(shape: Shape): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(shape)) {
    if (field.field === "variants") {
      for (const [variant, one] of Object.entries((field as AnyVariants).variants))
        properties[`${name}.${variant}`] = { ...list(jsonSchema(one)), description: field.doc };
      continue;
    }
    if (field.required) required.push(name);
    properties[name] = field.field === "attr" ? attributeSchema(field as AnyAttr) : blockSchema(field as AnyBlock);
  }
  return { type: "object", properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

function blockSchema({ shape, many, labelled, doc, unsupported }: AnyBlock): JsonSchema {
  const one = jsonSchema(shape);
  const body = labelled ? { ...one, properties: { label: { type: "string" }, ...(one["properties"] as object) } } : one;
  return { ...(many ? list(body) : body), description: doc, ...(unsupported && { not: {} }) };
}

function attributeSchema(field: AnyAttr): JsonSchema {
  const fallback = field.default === undefined ? undefined : plain(encodeValue(field.type, field.default));
  return {
    ...typeSchema(field.type),
    description: field.doc,
    ...(fallback !== undefined && { default: fallback }),
    ...(field.deprecated !== undefined && { deprecated: true }),
    ...(field.unsupported && { not: {} }),
  };
}

function typeSchema(type: TypeData): JsonSchema {
  switch (type.kind) {
    case "bool":
      return { type: "boolean" };
    case "number":
      return { type: "number" };
    case "int":
      return type.signed ? { type: "integer" } : { type: "integer", minimum: 0 };
    case "size":
      return { type: ["integer", "string"] };
    case "enum":
      return { enum: type.values };
    case "duration":
      return { type: "string", format: "go-duration" };
    case "text":
      return { type: "string", format: type.name };
    case "secret":
    case "optional_secret":
      return { type: "string", writeOnly: true };
    case "list":
      return list(typeSchema(type.of));
    case "map":
      return { type: "object", additionalProperties: typeSchema(type.of) };
    case "object":
      return jsonSchema(type.shape);
    case "target":
      return { type: "object", additionalProperties: { type: "string" } };
    case "handle":
      return { type: "string", format: "expression", $comment: type.capsule };
    case "any":
      return {};
    case "string":
      return { type: "string" };
  }
}

function list(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** A value as plain JSON; undefined for what has no plain form, or is secret. */
function plain(value: Value): unknown {
  if (isSecret(value) || value instanceof Capsule) return undefined;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Map)
    return Object.fromEntries(Array.from(value as Map<string, Value>, ([k, v]) => [k, plain(v)]));
  return Array.isArray(value) ? value.map((item: Value) => plain(item)) : value;
}
