import type { Value } from "#src/value/value.ts";

/** What identifiers mean. The standard library is consulted after the scope by the evaluator itself. */
export interface Scope {
  lookup(name: string): Value | undefined;
}

export const emptyScope: Scope = { lookup: () => undefined };
