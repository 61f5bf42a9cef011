import { formatPosition, type Diagnostic } from "#src/diag/diagnostic.ts";
import type { Draft, DraftNode } from "./draft.ts";
import { isImport } from "./collect.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { idOf, idSpan } from "#src/syntax/spans.ts";

/** Says where the first block of the same id is. Files of one import may declare a name twice: the first one counts. */
export function describeDuplicate(draft: Draft, node: DraftNode): Diagnostic[] {
  const { block, original } = node;
  if (original === undefined) return [];
  const at = formatPosition(original.source.position(original.start));
  if (draft.input.kind === "import" && isImport(block)) {
    return [problemAt(idSpan(block), "duplicate-block", `import block redefined ${block.label}`)];
  }
  return [
    problemAt(idSpan(block), "duplicate-block", `block ${idOf(block)} already declared at ${at}`, {
      severity: draft.input.kind === "import" ? "warning" : "error",
      ...(draft.input.kind === "import" && { hint: "The first one is used." }),
    }),
  ];
}
