import { createRequire } from "node:module";
import type { RE2JS } from "re2js";
import type { Match } from "./template.ts";

/** A pattern on re2js: exact and linear, and some thirty times slower than the native engine. */
export interface SlowPattern {
  readonly names: readonly string[];
  readonly test: (text: string) => boolean;
  readonly match: (text: string) => Match | undefined;
}

let library: { readonly RE2JS: typeof RE2JS } | undefined;

/** Compiles with re2js, which is loaded on first use. Throws its `RE2JSSyntaxException` for what Go refuses. */
export function compileSlow(text: string): SlowPattern {
  library ??= createRequire(import.meta.url)("re2js") as { readonly RE2JS: typeof RE2JS };
  const pattern = library.RE2JS.compile(text);
  const names = Array.from({ length: pattern.groupCount() }, () => "");
  for (const [name, group] of Object.entries(pattern.namedGroups())) names[group - 1] = name;
  return {
    names,
    test: (input) => pattern.matcher(input).find(),
    match(input) {
      const matcher = pattern.matcher(input);
      if (!matcher.find()) return undefined;
      const groups: (string | undefined)[] = [];
      for (let group = 0; group <= names.length; group++) groups.push(matcher.group(group) ?? undefined);
      return groups;
    },
  };
}
