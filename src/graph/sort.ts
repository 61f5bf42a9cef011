import type { Graph } from "./graph.ts";

interface Frame {
  readonly node: string;
  readonly at: number;
  readonly targets: readonly string[];
  next: number;
}

/**
 * Tarjan's strongly connected components: every set of nodes that reach one another. A set comes after all sets it points
 * to; otherwise sets follow the graph's order. Members stand in reverse order of their discovery.
 */
export function findComponents(graph: Graph): string[][] {
  const index = new Map<string, number>();
  const low = new Int32Array(graph.size);
  const onStack = new Uint8Array(graph.size);
  const stack: string[] = [];
  const components: string[][] = [];
  const path: Frame[] = [];

  const enter = (node: string, targets: readonly string[]): void => {
    const at = index.size;
    index.set(node, at);
    low[at] = at;
    onStack[at] = 1;
    stack.push(node);
    path.push({ node, at, targets, next: 0 });
  };
  const leave = ({ node, at }: Frame): void => {
    if (low[at] !== at) return;
    const members = stack.splice(stack.lastIndexOf(node));
    for (const member of members) onStack[index.get(member)!] = 0;
    components.push(members.reverse());
  };

  for (const [start, targets] of graph) {
    if (index.has(start)) continue;
    enter(start, targets);
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const target = frame.targets[frame.next++];
      if (target === undefined) {
        path.pop();
        leave(frame);
        const parent = path.at(-1);
        if (parent !== undefined) low[parent.at] = Math.min(low[parent.at]!, low[frame.at]!);
        continue;
      }
      const seen = index.get(target);
      if (seen !== undefined) {
        if (onStack[seen] === 1) low[frame.at] = Math.min(low[frame.at]!, seen);
      } else {
        const further = graph.get(target);
        if (further !== undefined) enter(target, further);
      }
    }
  }
  return components;
}

/** Every node after all it points to, otherwise in the graph's order; undefined if the graph has a cycle. */
export function sortTopologically(graph: Graph): string[] | undefined {
  const components = findComponents(graph);
  if (components.some((component) => component.length > 1)) return undefined;
  for (const [node, targets] of graph) if (targets.includes(node)) return undefined;
  return components.flat();
}
