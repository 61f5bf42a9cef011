/** What a match found: the whole text, then one entry for each group; undefined for a group that took no part. */
export type Match = readonly (string | undefined)[];

type Part = string | number;

/** Writes a replacement for a match. */
export type Expander = (match: Match) => string;

/**
 * Compiles a replacement as Go's `Regexp.Expand` reads it: `$1`, `${1}`, `$name`, `${name}`, `$$`. A name is as long as
 * possible, so `$1x` means `${1x}`; one that does not exist stands for nothing, and a `$` before anything else for itself.
 */
export function compileTemplate(template: string, names: readonly string[]): Expander {
  const parts: Part[] = [];
  let literal = "";
  let rest = 0;
  for (const found of template.matchAll(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu)) {
    literal += template.slice(rest, found.index);
    rest = found.index + found[0].length;
    const name = found[2] ?? found[3];
    if (name === undefined) {
      literal += "$";
      continue;
    }
    const group = findGroup(name, names);
    if (group === undefined) continue;
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(group);
  }
  literal += template.slice(rest);
  if (literal !== "" || parts.length === 0) parts.push(literal);
  const [first, ...others] = parts;
  if (others.length === 0) return typeof first === "number" ? (match) => match[first] ?? "" : () => first!;
  return (match) => {
    let out = "";
    for (const part of parts) out += typeof part === "number" ? (match[part] ?? "") : part;
    return out;
  };
}

/** The group a name means: a number without leading zeros, or the first of that name. */
function findGroup(name: string, names: readonly string[]): number | undefined {
  if (/^(?:0|[1-9][0-9]{0,8})$/.test(name)) return Number(name) <= names.length ? Number(name) : undefined;
  const index = names.indexOf(name);
  return index < 0 ? undefined : index + 1;
}
