import { ANY, LAST, type Node, type Ranges } from "./parse.ts";

/** What is known of a translated pattern. */
export interface Translation {
  /** Source of a `RegExp` without flags that means the same on texts without surrogates. */
  readonly source: string;
  /** Backtracking over it costs at most a constant for each character. */
  readonly linear: boolean;
  /** V8's linear engine can take over from the backtracking one. */
  readonly fallback: boolean;
}

/** Copies of a counted part that V8's linear engine accepts. */
const MAX_COPIES = 16;
/** Ways through alternatives that a pattern without linear engine may have. */
const MAX_WAYS = 64;

/**
 * Writes a tree as a native expression, or returns undefined where the two worlds differ: JavaScript forgets groups at
 * each turn of a loop, and treats turns that match nothing in another way.
 */
export function translate(root: Node, anchored: boolean): Translation | undefined {
  if (!certain(root)) return undefined;
  const body = print(root);
  return {
    source: anchored ? `^(?:${body})$` : body,
    linear: anchored && loops(root) <= 1 && ways(root) <= MAX_WAYS,
    fallback: copies(root) <= MAX_COPIES,
  };
}

function certain(node: Node): boolean {
  switch (node.kind) {
    case "repeat":
      return certain(node.body) && !nullable(node.body) && (node.max <= 1 || capturesAlways(node.body));
    case "capture":
      return certain(node.body);
    case "sequence":
      return node.parts.every(certain);
    case "alternatives":
      return node.options.every(certain);
    default:
      return true;
  }
}

function nullable(node: Node): boolean {
  switch (node.kind) {
    case "literal":
    case "class":
      return false;
    case "assertion":
      return true;
    case "capture":
      return nullable(node.body);
    case "sequence":
      return node.parts.every(nullable);
    case "alternatives":
      return node.options.some(nullable);
    case "repeat":
      return node.min === 0 || nullable(node.body);
  }
}

/** Whether each group inside takes part whenever the node matches. */
function capturesAlways(node: Node): boolean {
  switch (node.kind) {
    case "capture":
      return capturesAlways(node.body);
    case "sequence":
      return node.parts.every(capturesAlways);
    case "alternatives":
      return !node.options.some(captures);
    case "repeat":
      return node.min > 0 ? capturesAlways(node.body) : !captures(node.body);
    default:
      return true;
  }
}

function captures(node: Node): boolean {
  switch (node.kind) {
    case "capture":
      return true;
    case "sequence":
      return node.parts.some(captures);
    case "alternatives":
      return node.options.some(captures);
    case "repeat":
      return captures(node.body);
    default:
      return false;
  }
}

/** Loops whose number of turns is open; one that holds another or a choice counts as many. */
function loops(node: Node): number {
  switch (node.kind) {
    case "capture":
      return loops(node.body);
    case "sequence":
      return sum(node.parts, loops);
    case "alternatives":
      return sum(node.options, loops);
    case "repeat":
      if (node.max > 1 && (ways(node.body) > 1 || loops(node.body) > 0)) return Infinity;
      return loops(node.body) + (node.min === node.max || node.max <= 1 ? 0 : 1);
    default:
      return 0;
  }
}

function ways(node: Node): number {
  switch (node.kind) {
    case "capture":
      return ways(node.body);
    case "sequence":
      return node.parts.reduce((product, part) => product * ways(part), 1);
    case "alternatives":
      return sum(node.options, ways);
    case "repeat":
      return ways(node.body) + (node.max <= 1 ? 1 : 0);
    default:
      return 1;
  }
}

/** How often V8's linear engine would copy the most repeated part. */
function copies(node: Node): number {
  switch (node.kind) {
    case "capture":
      return copies(node.body);
    case "sequence":
      return Math.max(1, ...node.parts.map(copies));
    case "alternatives":
      return Math.max(1, ...node.options.map(copies));
    case "repeat":
      return copies(node.body) * Math.max(1, node.max === Infinity ? node.min + 1 : node.max);
    default:
      return 1;
  }
}

function sum(nodes: readonly Node[], of: (node: Node) => number): number {
  return nodes.reduce((total, node) => total + of(node), 0);
}

function print(node: Node): string {
  switch (node.kind) {
    case "literal":
      return Array.from(node.text, (char) => printCode(char.charCodeAt(0))).join("");
    case "class":
      return printClass(node.ranges);
    case "assertion":
      return node.source;
    case "capture":
      return `(${print(node.body)})`;
    case "sequence":
      return node.parts.map((part) => (part.kind === "alternatives" ? `(?:${print(part)})` : print(part))).join("");
    case "alternatives":
      return node.options.map(print).join("|");
    case "repeat": {
      const { min, max } = node;
      const count =
        min === 0 && max === Infinity
          ? "*"
          : min === 1 && max === Infinity
            ? "+"
            : min === 0 && max === 1
              ? "?"
              : `{${min}${min === max ? "" : max === Infinity ? "," : `,${max}`}}`;
      return printAtom(node.body) + count + (node.greedy ? "" : "?");
    }
  }
}

function printAtom(node: Node): string {
  const single =
    node.kind === "class" || node.kind === "capture" || (node.kind === "literal" && node.text.length === 1);
  return single ? print(node) : `(?:${print(node)})`;
}

function printClass(ranges: Ranges): string {
  if (ranges.length === 0) return "[]";
  if (ranges[0] === ANY[0] && ranges[1] === LAST) return "[^]";
  let out = "[";
  for (let i = 0; i < ranges.length; i += 2) {
    out += printCode(ranges[i]!);
    if (ranges[i + 1] !== ranges[i]) out += `-${printCode(ranges[i + 1]!)}`;
  }
  return `${out}]`;
}

function printCode(code: number): string {
  const char = String.fromCharCode(code);
  return /^[A-Za-z0-9_ ]$/.test(char) ? char : `\\u${code.toString(16).padStart(4, "0")}`;
}
