import type { Expression, Statement } from "#src/syntax/ast.ts";
import type { Shape } from "./field.ts";
import { planOf } from "./plan.ts";
import type { TypeData } from "./type.ts";

/** The expressions of a body that give secrets in clear: all of a secret attribute, unless it only names another value. */
export function findSecrets(shape: Shape, body: readonly Statement[]): Set<Expression> {
  const found = new Set<Expression>();
  collect(shape, body, found);
  return found;
}

function collect(shape: Shape, body: readonly Statement[], found: Set<Expression>): void {
  const { slots } = planOf(shape);
  for (const statement of body) {
    const slot = slots.get(statement.name);
    if (slot === undefined) continue;
    if (statement.kind === "block") {
      if (slot.is === "block") collect(slot.field.shape, statement.body, found);
      else if (slot.is === "variant") collect(slot.shape, statement.body, found);
    } else if (slot.is === "attr" && holdsSecrets(slot.field.type) && !isName(statement.value)) {
      found.add(statement.value);
    }
  }
}

function holdsSecrets(type: TypeData): boolean {
  switch (type.kind) {
    case "secret":
    case "optional_secret":
      return true;
    case "list":
    case "map":
      return holdsSecrets(type.of);
    case "object":
      return Object.values(type.shape).some((field) => field.field === "attr" && holdsSecrets(field.type as TypeData));
    default:
      return false;
  }
}

/** `a.b.c`. */
function isName(expression: Expression): boolean {
  let at = expression;
  while (at.kind === "access") at = at.value;
  return at.kind === "identifier";
}
