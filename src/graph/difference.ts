import type { Graph } from "./graph.ts";

export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** In both, with different targets. Their order does not count. */
  readonly rewired: readonly string[];
  readonly same: readonly string[];
}

/** Which nodes came, went, or point elsewhere; each list in the order of the graph it comes from. */
export function difference(before: Graph, after: Graph): Difference {
  const added: string[] = [];
  const rewired: string[] = [];
  const same: string[] = [];
  for (const [node, targets] of after) {
    const previous = before.get(node);
    if (previous === undefined) added.push(node);
    else (equalSets(previous, targets) ? same : rewired).push(node);
  }
  return { added, removed: [...before.keys()].filter((node) => !after.has(node)), rewired, same };
}

function equalSets(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a);
  const right = new Set(b);
  return left.size === right.size && [...left].every((node) => right.has(node));
}
