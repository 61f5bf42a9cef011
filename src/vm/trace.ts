import type { Expression } from "#src/syntax/ast.ts";
import type { Value } from "#src/value/value.ts";

/**
 * Which expression gave which value, in the order of evaluation: how messages find the place of a value at fault.
 * Small numbers, bools and the empty text have no identity of their own, so the last expression that gave one of them
 * is named, as Alloy does: `1:8` for `true < true`.
 */
export class Trace {
  readonly #nodes: Expression[] = [];
  readonly #values: Value[] = [];

  push(node: Expression, value: Value): void {
    this.#nodes.push(node);
    this.#values.push(value);
  }

  /** The last expression that gave this very value. `hint` is the expression it is known to come from, if any. */
  find(value: Value, hint?: Expression): Expression | undefined {
    if (value === null) return undefined;
    if (hint !== undefined && !isFollowed(value)) return hint;
    for (let i = this.#values.length - 1; i >= 0; i--) if (Object.is(this.#values[i], value)) return this.#nodes[i];
    return undefined;
  }
}

/** Whether the trace knows better than a hint: for objects, which pass through expressions, and for values without identity. */
function isFollowed(value: Value): boolean {
  switch (typeof value) {
    case "boolean":
      return true;
    case "bigint":
      return value >= 0n && value < 256n;
    case "number":
      return Object.is(value, 0);
    case "string":
      return value === "";
    default:
      return true;
  }
}
