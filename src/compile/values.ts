import { DiagnosticError, hasErrors } from "#src/diag/diagnostic.ts";
import { decodeBody } from "#src/schema/decode.ts";
import type { Attribute } from "#src/syntax/ast.ts";
import { evaluate } from "#src/vm/evaluate.ts";
import type { Scope } from "#src/vm/scope.ts";
import { report, type Draft } from "./draft.ts";
import { withoutTemplate } from "./foreach.ts";
import { describeProblems } from "./problems.ts";
import { isSettled, settledScope } from "./settled.ts";

/** Decodes every block as far as its values are known before anything runs, and asks its definition what is wrong with them. */
export function checkValues(draft: Draft): void {
  if (!draft.frame.values) return;
  const scope = settledScope(draft);
  for (const node of draft.nodes.values()) {
    const { of, fields } = node;
    if (of === undefined || of.kind === "custom" || of.kind === "declare" || fields === undefined) continue;
    // What a literal shows to be wrong need not be said again.
    if (hasErrors(draft.findings.arguments.get(node) ?? [])) continue;
    const block = node.block.name === "foreach" ? withoutTemplate(node.block) : node.block;
    const decoded = decodeBody(fields, block, scope, (attribute) => isKnown(draft, attribute, scope));
    const problems = decoded.ok ? describeProblems(of.def.check, decoded.value, block) : decoded.diagnostics;
    report(draft, node, "arguments", problems);
  }
}

/** A call that fails is left for the run to tell, as Alloy's validator leaves it. */
function isKnown(draft: Draft, attribute: Attribute, scope: Scope): boolean {
  if (!isSettled(draft, [attribute])) return false;
  try {
    evaluate(attribute.value, attribute.source, scope);
    return true;
  } catch (error) {
    if (error instanceof DiagnosticError) return false;
    throw error;
  }
}
