/**
 * Custom components at run time: which templates a module sees, and through whom (specification 5.3). The chain mirrors
 * the registries of the compiled modules and adds what imports hold.
 */
import type { Origin } from "#src/compile/definitions.ts";
import { findDeclare, findImports } from "#src/compile/registry.ts";
import type { Registry } from "#src/compile/types.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { ImportContent, NodeState } from "./module.ts";

export interface Definitions {
  readonly registry: Registry;
  readonly origin: Origin;
  readonly outer: Definitions | undefined;
  /** Nodes of the module, filled as it is built; its imports are among them. */
  readonly nodes: Map<string, NodeState>;
}

export interface Template {
  readonly block: Block;
  /** What the body of the template sees. */
  readonly definitions: Definitions;
}

/** What imports will hold once the change in hand succeeds. */
export type StagedContents = ReadonlyMap<NodeState, ImportContent>;

/** The template behind a custom component; undefined when there is none of that name. */
export function findTemplate(
  definitions: Definitions,
  namespace: string | undefined,
  name: string,
  staged: StagedContents,
): Template | undefined {
  if (namespace === undefined) {
    const found = findDeclare(definitions.registry, name);
    return found && { block: found.block, definitions: definitionsOf(definitions, found.registry) };
  }
  for (const { node, registry } of findImports(definitions.registry, namespace)) {
    const content = contentOf(definitionsOf(definitions, registry).nodes.get(node), staged);
    const block = content?.definitions.registry.declares.get(name);
    if (content !== undefined && block !== undefined) return { block, definitions: content.definitions };
  }
  return undefined;
}

function contentOf(node: NodeState | undefined, staged: StagedContents): ImportContent | undefined {
  if (node === undefined) return undefined;
  return staged.get(node) ?? (node.of.kind === "import" ? node.of.content : undefined);
}

function definitionsOf(definitions: Definitions, registry: Registry): Definitions {
  for (let d: Definitions | undefined = definitions; d !== undefined; d = d.outer)
    if (d.registry === registry) return d;
  throw new Error("the registries of a module and its definitions have parted");
}
