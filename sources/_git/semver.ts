/** Ranges of semantic versions over tags: `^1.2`, `~1.2.3`, `>=1.0 <2`, `=1.4.0`, `*`, alternatives with `||`. */

export interface Version {
  readonly numbers: readonly [number, number, number];
  readonly pre: readonly string[];
}

interface Comparator {
  readonly op: ">=" | ">" | "<" | "<=" | "=";
  readonly version: Version;
}

/** Alternatives, each a list of conditions that hold together. */
export type Range = readonly (readonly Comparator[])[];

const VERSION = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const TERM = /^(\^|~|>=|<=|>|<|=)?\s*v?(\d{1,9})(?:\.(\d{1,9}|[xX*]))?(?:\.(\d{1,9}|[xX*]))?(?:-([0-9A-Za-z.-]+))?$/;

/** The version that a tag names, with or without a leading `v`; undefined for other tags. */
export function parseVersion(tag: string): Version | undefined {
  const [, major, minor, patch, pre] = VERSION.exec(tag) ?? [];
  if (major === undefined) return undefined;
  return { numbers: [Number(major), Number(minor), Number(patch)], pre: pre?.split(".") ?? [] };
}

/** Whether a revision is meant as a range: it holds a character that no ref name may hold, or `>`, `<` or `=` at its start. */
export function looksLikeRange(revision: string): boolean {
  return /^\s*[\^~<>=*]/.test(revision);
}

/** Undefined if the text is not a range. */
export function parseRange(text: string): Range | undefined {
  const range: (readonly Comparator[])[] = [];
  for (const alternative of text.split("||")) {
    const all: Comparator[] = [];
    const terms = alternative
      .trim()
      .replace(/([<>=^~])\s+/g, "$1")
      .split(/\s+/);
    for (const term of terms) {
      const some = parseTerm(term);
      if (some === undefined) return undefined;
      all.push(...some);
    }
    range.push(all);
  }
  return range;
}

function parseTerm(term: string): readonly Comparator[] | undefined {
  if (term === "*") return [];
  const [, op = "=", majorText, minorText, patchText, preText] = TERM.exec(term) ?? [];
  if (majorText === undefined) return undefined;
  const major = Number(majorText);
  const minor = number(minorText);
  const patch = minor === undefined ? undefined : number(patchText);
  const pre = preText?.split(".") ?? [];
  const version: Version = { numbers: [major, minor ?? 0, patch ?? 0], pre };
  const below = (...numbers: [number, number, number]): Comparator => ({ op: "<", version: { numbers, pre: ["0"] } });
  const from: Comparator = { op: ">=", version };
  const nextMinor = minor === undefined ? below(major + 1, 0, 0) : below(major, minor + 1, 0);
  switch (op) {
    case "^":
      if (major > 0 || minor === undefined) return [from, below(major + 1, 0, 0)];
      if (minor > 0 || patch === undefined) return [from, nextMinor];
      return [from, below(0, 0, patch + 1)];
    case "~":
      return [from, nextMinor];
    case "=":
      return patch === undefined ? [from, nextMinor] : [{ op, version }];
    case ">":
      if (minor === undefined) return [{ op: ">=", version: below(major + 1, 0, 0).version }];
      return patch === undefined ? [{ op: ">=", version: nextMinor.version }] : [{ op, version }];
    case "<=":
      return patch === undefined ? [nextMinor] : [{ op, version }];
    default:
      return [
        { op: op as ">=" | "<", version: op === "<" && pre.length === 0 ? below(...version.numbers).version : version },
      ];
  }
}

function number(text: string | undefined): number | undefined {
  return text === undefined || /^[xX*]$/.test(text) ? undefined : Number(text);
}

/** Whether a version is in a range. A pre-release is only if a condition names one of the same three numbers. */
export function inRange(version: Version, range: Range): boolean {
  return range.some(
    (all) =>
      all.every(({ op, version: other }) => holds(op, compareVersions(version, other))) &&
      (version.pre.length === 0 || all.some((one) => namesPreRelease(one, version))),
  );
}

function namesPreRelease({ op, version }: Comparator, of: Version): boolean {
  return op !== "<" && version.pre.length > 0 && version.numbers.every((part, index) => part === of.numbers[index]);
}

function holds(op: Comparator["op"], order: number): boolean {
  switch (op) {
    case ">=":
      return order >= 0;
    case ">":
      return order > 0;
    case "<=":
      return order <= 0;
    case "<":
      return order < 0;
    case "=":
      return order === 0;
  }
}

/** Negative, zero or positive, as semantic versioning orders them. */
export function compareVersions(a: Version, b: Version): number {
  for (let index = 0; index < 3; index++) {
    const order = a.numbers[index]! - b.numbers[index]!;
    if (order !== 0) return order;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let index = 0; index < Math.max(a.pre.length, b.pre.length); index++) {
    const order = compareIdentifiers(a.pre[index], b.pre[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const numeric = [a, b].map((text) => /^\d+$/.test(text));
  if (numeric[0] && numeric[1]) return Number(a) - Number(b);
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
