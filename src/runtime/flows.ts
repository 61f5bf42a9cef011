import type { CompiledNode, Reference } from "#src/compile/types.ts";
import { Handle } from "#src/value/host.ts";
import { Port } from "#src/signal/consumer.ts";
import type { Value } from "#src/value/value.ts";
import type { Module, NodeState } from "./module.ts";

/** Whether a node is one that references and flows are shown between: components, custom or not, and `foreach`. */
export function isComponentLike({ of }: CompiledNode): boolean {
  return of.kind === "component" || of.kind === "custom" || (of.kind === "block" && of.def.name === "foreach");
}

/** The way data goes along a reference: into a receiver, or out of whatever else is exported (specification 4.3). */
export function flowOf(node: NodeState, target: NodeState, reference: Reference): readonly [string, string] {
  return leadsToReceiver(target, reference.path) ? [node.id, target.id] : [target.id, node.id];
}

/** All edges of a module along which data goes, each once. */
export function dataFlows(module: Module): readonly (readonly [string, string])[] {
  const edges = new Map<string, readonly [string, string]>();
  for (const node of module.nodes.values()) {
    if (!isComponentLike(node.compiled)) continue;
    for (const reference of node.compiled.references) {
      const target = module.nodes.get(reference.node);
      if (target === undefined || !isComponentLike(target.compiled)) continue;
      const edge = flowOf(node, target, reference);
      edges.set(edge.join("\0"), edge);
    }
  }
  return [...edges.values()];
}

function leadsToReceiver(target: NodeState, path: readonly string[]): boolean {
  let value: Value | undefined = target.exports;
  for (const name of path) value = value instanceof Map ? (value as ReadonlyMap<string, Value>).get(name) : undefined;
  return value instanceof Handle && value.value instanceof Port;
}
