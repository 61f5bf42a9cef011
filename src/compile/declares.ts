import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { report, type Draft } from "./draft.ts";
import { describeDuplicate } from "./duplicates.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { nameSpan, spanOf } from "#src/syntax/spans.ts";

/** Definitions need a label of their own (specification 5.3). */
export function checkDeclares(draft: Draft): void {
  for (const node of draft.nodes.values()) {
    if (node.group !== "declare") continue;
    node.of = { kind: "declare" };
    const { block } = node;
    const own: Diagnostic[] = [];
    if (block.label === "") {
      own.push(
        problemAt(nameSpan(block), "missing-label", "declare block must have a label", {
          hint: "The label is the name under which the component is used.",
        }),
      );
    } else if (block.label === "declare") {
      own.push(problemAt(spanOf(block), "reserved-label", "'declare' is not a valid label for a declare block"));
    }
    report(draft, node, "own", [...own, ...describeDuplicate(draft, node)]);
  }
}
