/**
 * Reads the part of Go's regular expression syntax whose meaning in JavaScript is certain. What it accepts, Go accepts;
 * for everything else it returns `undefined`, and re2js judges. Characters are those of the basic plane: texts with
 * surrogates are not matched by what is made of this tree.
 */

/** Sorted, disjoint, inclusive ranges of character codes: from, to, from, to … */
export type Ranges = readonly number[];

export type Node =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "class"; readonly ranges: Ranges }
  | { readonly kind: "assertion"; readonly source: "^" | "$" | "\\b" | "\\B" }
  | { readonly kind: "capture"; readonly body: Node }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "alternatives"; readonly options: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly body: Node;
      readonly min: number;
      /** Infinity for no limit. */
      readonly max: number;
      readonly greedy: boolean;
    };

export interface Parsed {
  readonly root: Node;
  /** Names of the groups from 1 on; `""` for those without one. */
  readonly names: readonly string[];
}

export const LAST = 0xffff;
/** Every character. */
export const ANY: Ranges = [0, LAST];

const MAX_LENGTH = 4096;
const MAX_DEPTH = 50;
/** Go's limit for a counted repetition. */
const MAX_REPEAT = 1000;

const DIGIT: Ranges = [48, 57];
const WORD: Ranges = [48, 57, 65, 90, 95, 95, 97, 122];
const SPACE: Ranges = [9, 10, 12, 13, 32, 32];
const PERL: Readonly<Record<string, Ranges>> = { d: DIGIT, s: SPACE, w: WORD };
const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: [48, 57, 65, 90, 97, 122],
  alpha: [65, 90, 97, 122],
  ascii: [0, 127],
  blank: [9, 9, 32, 32],
  cntrl: [0, 31, 127, 127],
  digit: DIGIT,
  graph: [33, 126],
  lower: [97, 122],
  print: [32, 126],
  punct: [33, 47, 58, 64, 91, 96, 123, 126],
  space: [9, 13, 32, 32],
  upper: [65, 90],
  word: WORD,
  xdigit: [48, 57, 65, 70, 97, 102],
};
const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** Characters that stand for themselves, up to one that a repetition follows. */
const PLAIN = /[^\\.+*?()|[\]{}^$]+(?![*+?{])/y;
const FLAGS = /\(\?(?=[imsU-])([imsU]*)(?:-([imsU]+))?\)/y;
const REPETITION = /(?:[*+?]|\{(\d{1,4})(?:(,)(\d{0,4}))?\})(\??)/y;
const ANOTHER_REPETITION = /[*+?]|\{\d+(?:,\d*)?\}/y;
const COUNT = /\{\d+(?:,\d*)?\}/y;

/** Thrown inside the parser for whatever is outside its part of the syntax. */
const beyond = new Error("outside the certain syntax");

interface Flags {
  readonly fold: boolean;
  readonly dotAll: boolean;
  readonly swap: boolean;
  readonly multiLine: boolean;
}

/** Reads a pattern, or returns undefined if it is wrong or uses something that needs re2js. */
export function parsePattern(text: string, dotAll: boolean): Parsed | undefined {
  if (text.length > MAX_LENGTH || /[\ud800-\udfff]/.test(text)) return undefined;
  try {
    return new Parser(text).parse({ fold: false, dotAll, swap: false, multiLine: false });
  } catch (error) {
    if (error === beyond) return undefined;
    throw error;
  }
}

class Parser {
  readonly #text: string;
  readonly #names: string[] = [];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(flags: Flags): Parsed {
    const root = this.#alternatives(flags);
    if (this.#at < this.#text.length) throw beyond;
    return { root, names: this.#names };
  }

  #eat(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Takes what a sticky expression matches here. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }

  #alternatives(flags: Flags): Node {
    if (++this.#depth > MAX_DEPTH) throw beyond;
    const options: Node[] = [];
    let scope = flags;
    do {
      const sequence = this.#sequence(scope);
      scope = sequence.flags;
      options.push(sequence.node);
    } while (this.#eat("|"));
    this.#depth -= 1;
    return options.length === 1 ? options[0]! : { kind: "alternatives", options };
  }

  /** Up to `|`, `)` or the end. Flags set inside hold on, also in the alternatives that follow. */
  #sequence(start: Flags): { readonly node: Node; readonly flags: Flags } {
    const parts: Node[] = [];
    let flags = start;
    for (let next = this.#text[this.#at]; next !== undefined && next !== "|" && next !== ")";) {
      const plain = flags.fold ? undefined : this.#take(PLAIN);
      const set = next === "(" ? this.#take(FLAGS) : undefined;
      if (plain !== undefined) parts.push({ kind: "literal", text: plain[0] });
      else if (set !== undefined) flags = changeFlags(flags, set[1], set[2]);
      else parts.push(this.#repeated(flags));
      next = this.#text[this.#at];
    }
    return { node: joinLiterals(parts), flags };
  }

  #repeated(flags: Flags): Node {
    const body = this.#atom(flags);
    const found = this.#take(REPETITION);
    if (found === undefined) return body;
    if (body.kind === "assertion" || this.#take(ANOTHER_REPETITION) !== undefined) throw beyond;
    const greedy = (found[4] === "") !== flags.swap;
    const sign = found[0][0];
    if (sign !== "{")
      return { kind: "repeat", body, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Infinity, greedy };
    if (/^\{0\d|,0\d/.test(found[0])) throw beyond;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === "" ? Infinity : Number(found[3]);
    if (min > MAX_REPEAT || (max !== Infinity && (max > MAX_REPEAT || max < min)) || countsInside(body)) throw beyond;
    return { kind: "repeat", body, min, max, greedy };
  }

  #atom(flags: Flags): Node {
    const char = this.#text[this.#at]!;
    switch (char) {
      case "(":
        return this.#group(flags);
      case "[":
        return this.#class(flags);
      case "*":
      case "+":
      case "?":
        throw beyond;
      case "\\":
        return this.#escape(flags);
    }
    if (this.#take(COUNT) !== undefined) throw beyond;
    this.#at += 1;
    if (char === ".") return { kind: "class", ranges: flags.dotAll ? ANY : negate([10, 10]) };
    if (char === "^" || char === "$") {
      if (flags.multiLine) throw beyond;
      return { kind: "assertion", source: char };
    }
    return character(char.charCodeAt(0), flags);
  }

  #group(flags: Flags): Node {
    const opening = this.#take(/\((?:\?(?:P?<(\w+)>|([imsU]+)?(?:-([imsU]+))?(:)))?/y)!;
    const name = opening[1];
    const captures = opening[4] === undefined;
    if (captures) {
      if (name === undefined ? this.#text[this.#at] === "?" : this.#names.includes(name)) throw beyond;
      this.#names.push(name ?? "");
    }
    const body = this.#alternatives(captures ? flags : changeFlags(flags, opening[2], opening[3]));
    if (!this.#eat(")")) throw beyond;
    return captures ? { kind: "capture", body } : body;
  }

  #escape(flags: Flags): Node {
    const assertion = this.#take(/\\([AzbB])/y)?.[1];
    if (assertion === "A") return { kind: "assertion", source: "^" };
    if (assertion === "z") return { kind: "assertion", source: "$" };
    if (assertion !== undefined) return { kind: "assertion", source: assertion === "b" ? "\\b" : "\\B" };
    const perl = this.#take(/\\([dDsSwW])/y)?.[1];
    if (perl !== undefined) return { kind: "class", ranges: perlClass(perl, flags) };
    return character(this.#escapedCode(), flags);
  }

  /** The character behind a backslash. */
  #escapedCode(): number {
    const found = this.#take(/\\(?:([aftnrv])|x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,8})\}|([!-/:-@[-`{-~]))/y);
    if (found === undefined) throw beyond;
    if (found[1] !== undefined) return CONTROL[found[1]]!;
    if (found[4] !== undefined) return found[4].charCodeAt(0);
    const code = Number.parseInt(found[2] ?? found[3]!, 16);
    if (code > LAST || (code >= 0xd800 && code <= 0xdfff)) throw beyond;
    return code;
  }

  #class(flags: Flags): Node {
    this.#at += 1;
    const negated = this.#eat("^");
    const parts: number[] = [];
    for (let first = true; first || this.#text[this.#at] !== "]"; first = false) {
      if (this.#at >= this.#text.length) throw beyond;
      const posix = this.#take(/\[:(\^?)(\w+):\]/y);
      if (posix !== undefined) {
        const ranges = Object.hasOwn(POSIX, posix[2]!) ? POSIX[posix[2]!]! : undefined;
        if (ranges === undefined) throw beyond;
        const folded = foldIf(flags, ranges);
        parts.push(...(posix[1] === "" ? folded : negate(folded)));
        continue;
      }
      if (this.#text.startsWith("[:", this.#at)) throw beyond;
      const perl = this.#take(/\\([dDsSwW])/y)?.[1];
      if (perl !== undefined) {
        parts.push(...perlClass(perl, flags));
        continue;
      }
      const low = this.#classCode();
      const high = this.#take(/-(?!\])/y) === undefined ? low : this.#classCode();
      if (high < low) throw beyond;
      parts.push(...foldIf(flags, [low, high]));
    }
    this.#at += 1;
    const ranges = normalize(parts);
    return { kind: "class", ranges: negated ? negate(ranges) : ranges };
  }

  #classCode(): number {
    if (this.#text[this.#at] === "\\") return this.#escapedCode();
    if (this.#at >= this.#text.length) throw beyond;
    return this.#text.charCodeAt(this.#at++);
  }
}

function changeFlags(flags: Flags, on = "", off = ""): Flags {
  if (on === "" && off === "") return flags;
  const value = (letter: string, before: boolean): boolean =>
    off.includes(letter) ? false : on.includes(letter) ? true : before;
  return {
    fold: value("i", flags.fold),
    dotAll: value("s", flags.dotAll),
    swap: value("U", flags.swap),
    multiLine: value("m", flags.multiLine),
  };
}

function character(code: number, flags: Flags): Node {
  if (!flags.fold) return { kind: "literal", text: String.fromCharCode(code) };
  const ranges = fold([code, code]);
  return ranges.length === 2 && ranges[0] === ranges[1]
    ? { kind: "literal", text: String.fromCharCode(code) }
    : { kind: "class", ranges };
}

/** `\d` and its like; a capital letter negates. */
function perlClass(letter: string, flags: Flags): Ranges {
  const small = letter.toLowerCase();
  const ranges = foldIf(flags, PERL[small]!);
  return small === letter ? ranges : negate(ranges);
}

function foldIf(flags: Flags, ranges: Ranges): Ranges {
  return flags.fold ? fold(ranges) : ranges;
}

/** Adds the other cases. Those of ASCII letters are certain (two further signs fold to them); other letters need re2js. */
function fold(ranges: Ranges): Ranges {
  const all = [...ranges];
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i + 1]! > 127) throw beyond;
    for (let code = ranges[i]!; code <= ranges[i + 1]!; code++) {
      const char = String.fromCharCode(code);
      if (/[a-z]/.test(char)) all.push(code - 32, code - 32);
      else if (/[A-Z]/.test(char)) all.push(code + 32, code + 32);
      if (char === "k" || char === "K") all.push(0x212a, 0x212a);
      if (char === "s" || char === "S") all.push(0x17f, 0x17f);
    }
  }
  return normalize(all);
}

/** Sorts ranges and joins those that touch. */
function normalize(ranges: Ranges): Ranges {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [low, high] of pairs) {
    const last = joined.length - 1;
    if (last > 0 && low <= joined[last]! + 1) joined[last] = Math.max(joined[last]!, high);
    else joined.push(low, high);
  }
  return joined;
}

function negate(ranges: Ranges): Ranges {
  const rest: number[] = [];
  let next = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    if (ranges[i]! > next) rest.push(next, ranges[i]! - 1);
    next = ranges[i + 1]! + 1;
  }
  if (next <= LAST) rest.push(next, LAST);
  return rest;
}

function joinLiterals(parts: readonly Node[]): Node {
  const joined: Node[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === "literal" && last?.kind === "literal")
      joined[joined.length - 1] = { kind: "literal", text: last.text + part.text };
    else joined.push(part);
  }
  return joined.length === 1 ? joined[0]! : { kind: "sequence", parts: joined };
}

/** Counted repetitions within one another are limited by Go in ways that re2js knows. */
function countsInside(node: Node): boolean {
  switch (node.kind) {
    case "repeat":
      return node.min > 1 || (node.max > 1 && node.max !== Infinity) || countsInside(node.body);
    case "capture":
      return countsInside(node.body);
    case "sequence":
      return node.parts.some(countsInside);
    case "alternatives":
      return node.options.some(countsInside);
    default:
      return false;
  }
}
