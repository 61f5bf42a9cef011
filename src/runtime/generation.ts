import type { CompiledModule, CompiledNode } from "#src/compile/types.ts";
import type { Revision } from "#src/source/define.ts";
import type { Generation, Node } from "./types.ts";

/** A compiled module as one numbered, immutable version of what runs. */
export function freezeGeneration(number: number, revision: Revision, compiled: CompiledModule): Generation {
  const nodes = new Map<string, Node>();
  for (const node of compiled.nodes.values()) {
    const { id, block, needs } = node;
    nodes.set(id, { id, component: block.name, kind: kindOf(node), body: block, needs });
  }
  return Object.freeze({ number, revision, nodes, order: compiled.order, warnings: compiled.warnings });
}

/** The kind of a node as the API names it. */
export function kindOf({ of }: CompiledNode): Node["kind"] {
  if (of.kind !== "block") return of.kind;
  const { name } = of.def;
  return name === "foreach" || name === "argument" || name === "export" ? name : "service";
}
