import type { Graph } from "./graph.ts";

interface Frame {
  readonly node: string;
  readonly targets: readonly string[];
  next: number;
}

/**
 * Tarjan's strongly connected components: every set of nodes that reach one another. A set comes after all sets it points
 * to; otherwise sets follow the graph's order. Members stand in reverse order of their discovery.
 */
export function findComponents(graph: Graph): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const onStack = new Set<string>();
  const stack: string[] = [];
  const components: string[][] = [];
  const path: Frame[] = [];

  const enter = (node: string, targets: readonly string[]): void => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    onStack.add(node);
    path.push({ node, targets, next: 0 });
  };
  const lower = (node: string, to: number): void => {
    if (to < low.get(node)!) low.set(node, to);
  };
  const leave = (node: string): void => {
    if (low.get(node) !== index.get(node)) return;
    const component = stack.splice(stack.lastIndexOf(node));
    for (const member of component) onStack.delete(member);
    components.push(component.reverse());
  };

  for (const [start, targets] of graph) {
    if (index.has(start)) continue;
    enter(start, targets);
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const target = frame.targets[frame.next++];
      if (target === undefined) {
        path.pop();
        leave(frame.node);
        const parent = path.at(-1);
        if (parent !== undefined) lower(parent.node, low.get(frame.node)!);
      } else if (!index.has(target)) {
        const further = graph.get(target);
        if (further !== undefined) enter(target, further);
      } else if (onStack.has(target)) {
        lower(frame.node, index.get(target)!);
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
