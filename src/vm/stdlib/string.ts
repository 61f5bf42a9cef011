import type { Value } from "#src/value/value.ts";
import { any, bounded, checkLength, defineFunction, defineVariadic, text, texts } from "../function.ts";
import { sprintf } from "../go/sprintf.ts";

/** The namespace `string`. */
export const string = {
  format: defineVariadic("string.format", [text], any, ([format], args: readonly Value[]) => sprintf(format, args)),
  join: defineFunction("string.join", [texts, text], join),
  replace: defineFunction("string.replace", [text, text, text], replace),
  split: defineFunction("string.split", [text, text], (s, separator) =>
    separator === "" ? Array.from(s) : s.split(separator),
  ),
  to_lower: defineFunction("string.to_lower", [text], (s) => mapCase(s, lower)),
  to_upper: defineFunction("string.to_upper", [text], (s) => mapCase(s, upper)),
  trim: defineFunction("string.trim", [text, text], (s, cutset) => {
    const cut = new Set(cutset);
    return trimBoth(s, (character) => cut.has(character));
  }),
  trim_prefix: defineFunction("string.trim_prefix", [text, text], (s, prefix) =>
    s.startsWith(prefix) ? s.slice(prefix.length) : s,
  ),
  trim_suffix: defineFunction("string.trim_suffix", [text, text], (s, suffix) =>
    s.endsWith(suffix) ? s.slice(0, s.length - suffix.length) : s,
  ),
  trim_space: defineFunction("string.trim_space", [text], (s) => trimBoth(s, (character) => SPACE.test(character))),
};

/** What Unicode calls white space, which is not quite what `trim` of JavaScript takes. */
const SPACE = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

function join(parts: readonly string[], separator: string): string {
  const length = parts.reduce((sum, part) => sum + part.length, Math.max(parts.length - 1, 0) * separator.length);
  checkLength(length);
  return parts.join(separator);
}

function replace(s: string, old: string, replacement: string): string {
  const parts = old === "" ? ["", ...Array.from(s), ""] : s.split(old);
  return join(parts, replacement);
}

/** Case mapping character by character: what would become several characters stays as it is. */
function mapCase(s: string, map: (character: string) => string): string {
  if (!/[^\p{ASCII}]/u.test(s)) return map(s);
  return bounded(
    Array.from(s, (character) => {
      const mapped = map(character);
      return mapped.length === character.length ? mapped : character === "İ" ? "i" : character;
    }).join(""),
  );
}

function lower(s: string): string {
  return s.toLowerCase();
}

function upper(s: string): string {
  return s.toUpperCase();
}

function trimBoth(s: string, cut: (character: string) => boolean): string {
  const characters = Array.from(s);
  let start = 0;
  let end = characters.length;
  while (start < end && cut(characters[start]!)) start++;
  while (end > start && cut(characters[end - 1]!)) end--;
  return characters.slice(start, end).join("");
}
