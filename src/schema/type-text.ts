import type { TypeData } from "./type.ts";

/** A type as documentation names it: `list(string)`, `duration`, `secret`. */
export function printType(type: TypeData): string {
  switch (type.kind) {
    case "list":
    case "map":
      return `${type.kind}(${printType(type.of)})`;
    case "object":
      return `{${Object.keys(type.shape).join(", ")}}`;
    case "handle":
      return type.capsule;
    case "optional_secret":
      return "string or secret";
    case "target":
      return "map(string)";
    case "text":
    case "enum":
      return "string";
    case "int":
      return type.signed ? "int" : "uint";
    default:
      return type.kind;
  }
}
