import type { Statement } from "#src/syntax/ast.ts";
import { isStdlib } from "#src/vm/stdlib.ts";
import type { Draft } from "./draft.ts";
import { findTarget } from "./references.ts";
import { collectTraversals } from "./traversals.ts";
import type { Scope } from "#src/vm/scope.ts";

/** Whether statements can be evaluated by themselves. What the process' environment says elsewhere is another matter. */
export function isSettled(draft: Draft, body: readonly Statement[]): boolean {
  return collectTraversals(body).every((traversal) => {
    const [first = ""] = traversal.names;
    if (first === "sys" || first === "env" || findTarget(draft, traversal) !== undefined) return false;
    return first === "module_path" || (isStdlib(first) && !draft.input.inScope(first));
  });
}

/** What settled statements of a module see besides the standard library. */
export function settledScope({ frame }: Draft): Scope {
  return { lookup: (name) => (name === "module_path" ? frame.place.origin.modulePath : undefined) };
}
