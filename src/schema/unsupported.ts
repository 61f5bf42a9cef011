import { problemAt, type Span } from "#src/diag/problem-at.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { equalHost } from "./equal.ts";
import type { AnyAttr } from "./plan.ts";
import { zero } from "./convert.ts";

/** What is said of a field that Alloy knows and we do not yet: nothing is accepted and then ignored. */
export function notSupported(what: "attribute" | "block", statement: Span & { readonly name: string }): Diagnostic {
  return problemAt(statement, "argument-not-supported", `${what} "${statement.name}" is not supported yet`, {
    hint: `Remove it: it would have no effect.`,
  });
}

/** Whether a decoded value says nothing that is not so anyway: it is the default, or the zero value. */
export function isUnset(field: AnyAttr, host: unknown): boolean {
  return host === undefined || equalHost(host, field.default) || equalHost(host, zero(field.type));
}
