import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Block } from "#src/syntax/ast.ts";
import { nearest } from "#src/util/nearest.ts";
import type { Draft, DraftNode } from "./draft.ts";
import { problemAt, type Span } from "./problem.ts";
import { findDeclare } from "./registry.ts";

/** What is wrong with reading a field of a node, where its exports are known before anything runs. */
export function findExportProblem(
  draft: Draft,
  node: DraftNode,
  path: readonly string[],
  span: Span,
): Diagnostic | undefined {
  const [field] = path;
  const names = field === undefined ? undefined : findExports(draft, node);
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
  const declare =
    of.namespace === undefined
      ? findDeclare(draft.registry, of.name)?.block
      : draft.frame.imported(draft.registry, of.namespace, of.name);
  return declare === undefined ? undefined : listExports(declare);
}

/** Names under which a custom component exports values. */
function listExports(declare: Block): readonly string[] {
  const names = declare.body.filter((statement) => statement.kind === "block" && statement.name === "export");
  return names.map((statement) => (statement.kind === "block" ? statement.label : ""));
}
