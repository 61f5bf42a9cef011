import type { Expression } from "#src/syntax/ast.ts";

/** Whether an expression means the same in every scope: literals, and arrays, objects and operations of them. */
export function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case "literal":
      return true;
    case "array":
      return expression.elements.every(isConstant);
    case "object":
      return expression.fields.every((field) => isConstant(field.value));
    case "paren":
      return isConstant(expression.inner);
    case "unary":
      return isConstant(expression.value);
    case "binary":
      return isConstant(expression.left) && isConstant(expression.right);
    default:
      return false;
  }
}
