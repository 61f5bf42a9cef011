/** Patterns that need no engine: a literal, a choice of literals, or one wildcard between two literals. */
import { ANY, type Node } from "./parse.ts";
import type { Match } from "./template.ts";

export interface Shortcut {
  readonly test: (text: string) => boolean;
  readonly match: (text: string) => Match | undefined;
}

/** Finds the shortcut for an anchored pattern, if it has one. */
export function findShortcut(root: Node): Shortcut | undefined {
  if (root.kind === "literal" || (root.kind === "sequence" && root.parts.length === 0)) {
    const only = root.kind === "literal" ? root.text : "";
    return { test: (text) => text === only, match: (text) => (text === only ? [text] : undefined) };
  }
  return findChoice(root) ?? findWildcard(root);
}

function findChoice(root: Node): Shortcut | undefined {
  const captured = root.kind === "capture";
  const choice = captured ? root.body : root;
  if (choice.kind !== "alternatives" || !choice.options.every((option) => option.kind === "literal")) return undefined;
  const texts = new Set(choice.options.map((option) => option.text));
  return {
    test: (text) => texts.has(text),
    match: (text) => (texts.has(text) ? (captured ? [text, text] : [text]) : undefined),
  };
}

/** `before(.*)after`, with `*` or `+`, captured or not. */
function findWildcard(root: Node): Shortcut | undefined {
  const parts = root.kind === "sequence" ? root.parts : [root];
  const at = parts.findIndex((part) => part.kind !== "literal");
  const [before, after] = [parts[at - 1], parts[at + 1]];
  if (at > 1 || parts.length > at + 2 || (after !== undefined && after.kind !== "literal")) return undefined;
  const part = parts[at]!;
  const loop = part.kind === "capture" ? part.body : part;
  if (loop.kind !== "repeat" || loop.min > 1 || loop.max !== Infinity || !matchesAll(loop.body)) return undefined;
  const start = before?.kind === "literal" ? before.text : "";
  const end = after?.text ?? "";
  const captured = part.kind === "capture";
  const shortest = start.length + end.length + loop.min;
  const test = (text: string): boolean =>
    text.length >= shortest && text.startsWith(start) && (end === "" || text.endsWith(end));
  return {
    test,
    match(text) {
      if (!test(text)) return undefined;
      return captured ? [text, text.slice(start.length, text.length - end.length)] : [text];
    },
  };
}

function matchesAll(node: Node): boolean {
  return node.kind === "class" && node.ranges[0] === ANY[0] && node.ranges[1] === ANY[1];
}
