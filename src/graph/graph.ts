/** Directed graphs as plain maps. Nothing here knows what a node is; nothing recurses, so a chain of any length is fine. */

/** Each node with the nodes it points to. Targets that are no keys are ignored by all functions. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The same nodes, each with those that point to it, in the graph's order. */
export function reverse(graph: Graph): Map<string, string[]> {
  const sources = new Map<string, string[]>();
  for (const node of graph.keys()) sources.set(node, []);
  for (const [node, targets] of graph) for (const target of targets) sources.get(target)?.push(node);
  return sources;
}

/** The given nodes and everything reached from them. */
export function reach(graph: Graph, from: Iterable<string>): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const targets = graph.get(node);
    if (targets === undefined || seen.has(node)) continue;
    seen.add(node);
    for (const target of targets) if (!seen.has(target)) open.push(target);
  }
  return seen;
}
