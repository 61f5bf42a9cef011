import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Block } from "#src/syntax/ast.ts";
import { nearest } from "#src/util/nearest.ts";
import type { Draft, DraftNode } from "./draft.ts";
import { problemAt, type Span } from "#src/diag/problem-at.ts";
import { findDefinition } from "./definitions.ts";

/** What is wrong with reading a field of a node, where its exports are known before anything runs. */
export function findExportProblem(
  draft: Draft,
  node: DraftNode,
  path: readonly string[],
  span: Span,
): Diagnostic | undefined {
  const [field] = path;
  // A component without a label takes references to all of its name, which its missing label explains.
  const names = field === undefined || node.block.label === "" ? undefined : findExports(draft, node);
  if (field === undefined || names === undefined || names.includes(field)) return undefined;
  const similar = nearest(field, names);
  const hint =
    similar !== undefined
      ? `Did you mean ${similar}?`
      : names.length === 0
        ? "It exports nothing."
        : `It exports ${names.join(", ")}.`;
  return problemAt(span, "unknown-export", `component "${node.id}" does not export "${field}"`, { hint });
}

function findExports(draft: Draft, { of, block }: DraftNode): readonly string[] | undefined {
  if (of?.kind === "component") return Object.keys(of.def.exports);
  if (of?.kind === "block" && block.name === "argument") return ["value"];
  if (of?.kind !== "custom") return undefined;
  const definition = findDefinition(draft, of.namespace, of.name);
  return definition === undefined || definition === "missing" ? undefined : listExports(definition.block);
}

/** Names under which a custom component exports values. */
function listExports(declare: Block): readonly string[] {
  return declare.body.flatMap((it) => (it.kind === "block" && it.name === "export" ? [it.label] : []));
}
