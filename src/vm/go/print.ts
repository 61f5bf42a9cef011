/** One value by one verb of Go's `fmt`. Secrets print as their text: callers that may be given one keep the result secret. */
import { numberKind } from "#src/value/number.ts";
import { quote } from "#src/util/quote.ts";
import { sortedKeys } from "#src/value/render.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import {
  Capsule,
  FunctionValue,
  describeType,
  type ArrayValue,
  type ObjectValue,
  type Value,
} from "#src/value/value.ts";
import { printFloat, printInteger } from "./print-number.ts";
import { pad, truncate, type Flags } from "./pad.ts";

/** The name that Go would give the value's type. */
export function goType(v: Value): string {
  switch (typeof v) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    case "bigint":
      return numberKind(v) === "uint" ? "uint64" : "int";
    default:
      if (v === null) return "<nil>";
      if (v instanceof Secret || v instanceof OptionalSecret) return `alloytypes.${v.capsule}`;
      if (v instanceof FunctionValue) return "func";
      if (v instanceof Capsule) return v.capsule;
      return v instanceof Map ? "map[string]interface {}" : "[]interface {}";
  }
}

/** The value as the verb prints it; a verb that does not fit prints as `%!verb(type=value)`. */
export function printValue(v: Value, verb: string, flags: Flags): string {
  if (v === null) return verb === "v" || verb === "T" ? pad("<nil>", flags) : `%!${verb}(<nil>)`;
  if (verb === "T") return printText(goType(v), "s", flags);
  if (verb === "p") return typeof v === "object" ? pad("0x0", flags) : badVerb(v, verb, flags);
  return print(v, verb, flags);
}

function print(v: Value, verb: string, flags: Flags): string {
  switch (typeof v) {
    case "string":
      return printText(v, verb, flags) ?? badVerb(v, verb, flags);
    case "boolean":
      return verb === "t" || verb === "v" ? pad(String(v), flags) : badVerb(v, verb, flags);
    case "bigint":
      return printInteger(v, verb, flags) ?? badVerb(v, verb, flags);
    case "number":
      return printFloat(v, verb, flags) ?? badVerb(v, verb, flags);
    default:
      return v === null ? "<nil>" : printObject(v, verb, flags);
  }
}

function printObject(v: object & Value, verb: string, flags: Flags): string {
  if (v instanceof Secret || v instanceof OptionalSecret)
    return printText(v.reveal(), verb, flags) ?? badVerb(v, verb, flags);
  if (v instanceof FunctionValue || v instanceof Capsule) {
    const object = v instanceof Capsule ? v.asObject?.() : undefined;
    return object === undefined ? pad(describeType(v), flags) : printMap(object, verb, flags);
  }
  if (verb === "w") return badVerb(v, verb, flags);
  if (v instanceof Map) return printMap(v as ObjectValue, verb, flags);
  const elements: ArrayValue = v instanceof Uint8Array ? Array.from(v, BigInt) : (v as ArrayValue);
  const printed = elements.map((element) => printElement(element, verb, flags));
  return flags.sharpV ? `[]interface {}{${printed.join(", ")}}` : `[${printed.join(" ")}]`;
}

function printMap(object: ObjectValue, verb: string, flags: Flags): string {
  const printed = sortedKeys(object).map(
    (key) => `${print(key, verb, flags)}:${printElement(object.get(key)!, verb, flags)}`,
  );
  return flags.sharpV ? `map[string]interface {}{${printed.join(", ")}}` : `map[${printed.join(" ")}]`;
}

function printElement(v: Value, verb: string, flags: Flags): string {
  return v === null && flags.sharpV ? "interface {}(nil)" : print(v, verb, flags);
}

function badVerb(v: Value, verb: string, flags: Flags): string {
  return `%!${verb}(${goType(v)}=${print(v, "v", flags)})`;
}

function printText(text: string, verb: string, flags: Flags): string;
function printText(text: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case "v":
      return flags.sharpV ? printQuoted(text, flags) : pad(truncate(text, flags), flags);
    case "s":
      return pad(truncate(text, flags), flags);
    case "q":
      return printQuoted(text, flags);
    case "x":
      return printHex(text, flags);
    case "X":
      return printHex(text, flags).toUpperCase();
    default:
      return undefined;
  }
}

function printQuoted(text: string, flags: Flags): string {
  const shown = truncate(text, flags);
  const raw = flags.sharp && /^[\t -_a-~\u{80}-\u{fefe}\u{ff00}-\u{10ffff}]*$/u.test(shown);
  return pad(raw ? `\`${shown}\`` : quote(shown, { ascii: flags.plus }), flags);
}

function printHex(text: string, flags: Flags): string {
  const bytes = Buffer.from(text).subarray(0, flags.precision);
  const prefix = flags.sharp ? "0x" : "";
  if (bytes.length === 0) return pad("", flags);
  if (!flags.space) return pad(prefix + bytes.toString("hex"), flags);
  return pad(Array.from(bytes, (byte) => prefix + byte.toString(16).padStart(2, "0")).join(" "), flags);
}
