import type { Attr, Shape } from "./field.ts";
import type { TypeData } from "./type.ts";

/**
 * Whether a value of one type may convert to another (specification 2.2). False only where no value does, save null and
 * what is empty.
 */
export function mayConvert(from: TypeData, to: TypeData): boolean {
  if (from.kind === "any" || to.kind === "any") return true;
  switch (to.kind) {
    case "string":
    case "number":
    case "int":
    case "duration":
    case "size":
    case "enum":
    case "text":
      return isText(from) || isNumber(from) || from.kind === "optional_secret";
    case "bool":
      return from.kind === "bool";
    case "secret":
    case "optional_secret":
      return isText(from) || from.kind === "secret" || from.kind === "optional_secret";
    case "list":
      return from.kind === "list" && mayConvert(from.of, to.of);
    case "map":
      return membersOf(from)?.every((member) => mayConvert(member, to.of)) ?? false;
    case "target":
    case "object":
      return membersOf(from) !== undefined;
    case "handle":
      return from.kind === "handle" && from.capsule === to.capsule;
  }
}

function isText({ kind }: TypeData): boolean {
  return kind === "string" || kind === "duration" || kind === "enum" || kind === "text";
}

function isNumber({ kind }: TypeData): boolean {
  return kind === "number" || kind === "int" || kind === "size";
}

/** The types of what an object holds; undefined for what is none. Blocks of an exported object are not looked into. */
function membersOf(type: TypeData): readonly TypeData[] | undefined {
  if (type.kind === "target") return [{ kind: "string" }];
  if (type.kind === "map") return [type.of];
  if (type.kind !== "object") return undefined;
  return Object.values(type.shape as Shape).flatMap((field) =>
    field.field === "attr" ? [(field as Attr<unknown>).type] : [],
  );
}
