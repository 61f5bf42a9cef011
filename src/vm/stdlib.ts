/** The standard library (specification 3): what identifiers mean that the scope does not know. */
import type { Value } from "#src/value/value.ts";
import { array } from "./stdlib/array.ts";
import { coalesce } from "./stdlib/coalesce.ts";
import { constants } from "./stdlib/constants.ts";
import { convert } from "./stdlib/convert.ts";
import { encoding } from "./stdlib/encoding.ts";
import { file } from "./stdlib/file.ts";
import { jsonPath } from "./stdlib/json_path.ts";
import { string } from "./stdlib/string.ts";
import { sys } from "./stdlib/sys.ts";

const namespaces = { array, constants, convert, encoding, file, string, sys };

/** The names from before there were namespaces, with what to use instead. */
const replacements: Readonly<Record<string, string>> = {
  env: "sys.env",
  nonsensitive: "convert.nonsensitive",
  concat: "array.concat",
  json_decode: "encoding.from_json",
  yaml_decode: "encoding.from_yaml",
  base64_decode: "encoding.from_base64",
  format: "string.format",
  join: "string.join",
  replace: "string.replace",
  split: "string.split",
  to_lower: "string.to_lower",
  to_upper: "string.to_upper",
  trim: "string.trim",
  trim_prefix: "string.trim_prefix",
  trim_suffix: "string.trim_suffix",
  trim_space: "string.trim_space",
};

const experimental = new Set(["array.combine_maps", "array.group_by"]);

const identifiers = collect();

function collect(): ReadonlyMap<string, Value> {
  const all = new Map<string, Value>([
    ["coalesce", coalesce],
    ["json_path", jsonPath],
  ]);
  const functions = new Map<string, Value>();
  for (const [name, members] of Object.entries(namespaces)) {
    all.set(name, new Map(Object.entries<Value>(members)));
    for (const [member, value] of Object.entries<Value>(members)) functions.set(`${name}.${member}`, value);
  }
  for (const [name, replacement] of Object.entries(replacements)) all.set(name, functions.get(replacement)!);
  return all;
}

/** What an identifier means in the standard library. */
export function lookupStdlib(name: string): Value | undefined {
  return identifiers.get(name);
}

/** Whether the standard library has the identifier. */
export function isStdlib(name: string): boolean {
  return identifiers.has(name);
}

/** Whether the identifier is one of the old names without a namespace. */
export function isDeprecated(name: string): boolean {
  return Object.hasOwn(replacements, name);
}

/** What to use instead of an old name. */
export function findReplacement(name: string): string | undefined {
  return isDeprecated(name) ? replacements[name] : undefined;
}

/** How stable the function of this dotted name is; everything else counts as generally available. */
export function functionStability(dottedName: string): "experimental" | "generally-available" {
  return experimental.has(dottedName) ? "experimental" : "generally-available";
}
