import { compileRegex, type Regex } from "#src/regex/regex.ts";

export interface NameFilter {
  keeps(name: string): boolean;
}

/** Compiles an argument that may be empty; unanchored, as in Go. */
export function optionalRegex(text: string): Regex | undefined {
  return text === "" ? undefined : compileRegex(text, { anchored: false });
}

/** Names that match `include` (if given) and do not match `exclude` (if given). */
export function nameFilter(exclude: string, include: string): NameFilter {
  const out = optionalRegex(exclude);
  const only = optionalRegex(include);
  return { keeps: (name) => out?.test(name) !== true && only?.test(name) !== false };
}
