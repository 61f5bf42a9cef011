import type { SourceText } from "#src/diag/source-text.ts";
import type { Expression, Statement } from "#src/syntax/ast.ts";

/** An identifier and the fields accessed from it without a break: `local.file.x.content`. Calls and indices end it. */
export interface Traversal {
  readonly source: SourceText;
  readonly names: readonly string[];
  readonly expression: Expression;
  /** Of the identifier. */
  readonly start: number;
  /** Of the last name, exclusive. */
  readonly end: number;
}

/** All traversals in statements and the blocks within, in source order (specification 4.3). */
export function collectTraversals(body: readonly Statement[], found: Traversal[] = []): Traversal[] {
  for (const statement of body) {
    if (statement.kind === "block") collectTraversals(statement.body, found);
    else walk(statement.value, statement.source, found);
  }
  return found;
}

function walk(expression: Expression, source: SourceText, found: Traversal[]): void {
  switch (expression.kind) {
    case "literal":
      return;
    case "identifier": {
      const { start, end, name } = expression;
      found.push({ source, names: [name], expression, start, end });
      return;
    }
    case "access":
      return walkAccess(expression, source, found);
    case "paren":
      return walk(expression.inner, source, found);
    case "unary":
      return walk(expression.value, source, found);
    case "binary":
      walk(expression.left, source, found);
      return walk(expression.right, source, found);
    case "index":
      walk(expression.value, source, found);
      return walk(expression.index, source, found);
    case "call":
      walk(expression.callee, source, found);
      for (const argument of expression.args) walk(argument, source, found);
      return;
    case "array":
      for (const element of expression.elements) walk(element, source, found);
      return;
    case "object":
      for (const field of expression.fields) walk(field.value, source, found);
  }
}

function walkAccess(expression: Expression & { kind: "access" }, source: SourceText, found: Traversal[]): void {
  const names: string[] = [];
  let base: Expression = expression;
  while (base.kind === "access" || base.kind === "paren") {
    if (base.kind === "access") names.push(base.name);
    base = base.kind === "access" ? base.value : base.inner;
  }
  if (base.kind !== "identifier") return walk(base, source, found);
  names.push(base.name);
  const end = expression.nameStart + expression.name.length;
  found.push({ source, names: names.reverse(), expression, start: base.start, end });
}
