import { findComponents } from "#src/graph/sort.ts";
import type { Draft } from "./draft.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { headSpan } from "#src/syntax/spans.ts";

const none: readonly string[] = [];

/** Puts nodes behind what they need, and reports those that need themselves, by way of others or directly (specification 4.4). */
export function orderNodes(draft: Draft): void {
  const graph = new Map<string, readonly string[]>();
  for (const [id, { needs }] of draft.nodes) graph.set(id, needs.size === 0 ? none : [...needs].sort());
  const components = findComponents(graph);
  draft.graph = graph;
  draft.order = components.flat();
  for (const members of components) {
    if (members.length === 1) continue;
    const ids = members.toSorted();
    for (const id of ids) report(draft, id, `cycle detected: ${ids.join(", ")}`);
  }
  for (const node of draft.nodes.values()) {
    if (node.needs.has(node.id)) report(draft, node.id, "cannot reference self");
  }
}

function report(draft: Draft, id: string, message: string): void {
  const { block } = draft.nodes.get(id)!;
  draft.cycles.push(problemAt(headSpan(block), "cycle", message));
}
