import { problemAt } from "#src/diag/problem-at.ts";
import { mayConvert } from "#src/schema/convertible.ts";
import type { Attr, Shape } from "#src/schema/field.ts";
import { planOf, type AnyAttr } from "#src/schema/plan.ts";
import { printType } from "#src/schema/type-text.ts";
import type { TypeData } from "#src/schema/type.ts";
import type { Attribute, Expression, Statement } from "#src/syntax/ast.ts";
import { report, type Draft, type DraftNode } from "./draft.ts";
import { withoutTemplate } from "./foreach.ts";
import { findTarget } from "./references.ts";
import { collectTraversals, type Traversal } from "./traversals.ts";

/** Holds exports that stand alone in an argument, or in a list or object of one, against the type that it takes. */
export function checkExportTypes(draft: Draft): void {
  for (const node of draft.nodes.values()) {
    const { block, fields } = node;
    // Of components that do not run here yet it is not known well enough what they take.
    if (fields === undefined || node.of === undefined) continue;
    checkStatements(draft, node, fields, block.name === "foreach" ? withoutTemplate(block).body : block.body);
  }
}

function checkStatements(draft: Draft, node: DraftNode, shape: Shape, body: readonly Statement[]): void {
  const { slots } = planOf(shape);
  for (const statement of body) {
    const slot = slots.get(statement.name);
    if (slot === undefined) continue;
    if (statement.kind === "attribute") {
      if (slot.is === "attr") checkAttribute(draft, node, slot.field, statement);
    } else if (slot.is !== "attr") {
      checkStatements(draft, node, slot.is === "variant" ? slot.shape : slot.field.shape, statement.body);
    }
  }
}

function checkAttribute(draft: Draft, node: DraftNode, field: AnyAttr, attribute: Attribute): void {
  const traversals = new Map(collectTraversals([attribute]).map((traversal) => [traversal.expression, traversal]));
  if (traversals.size === 0) return;
  const check = (type: TypeData, expression: Expression): void => {
    const traversal = traversals.get(expression);
    if (traversal !== undefined) checkTraversal(draft, node, attribute, type, traversal);
    else if (expression.kind === "paren") check(type, expression.inner);
    else if (expression.kind === "array" && type.kind === "list")
      for (const element of expression.elements) check(type.of, element);
    else if (expression.kind === "object" && type.kind === "map")
      for (const member of expression.fields) check(type.of, member.value);
  };
  check(field.type, attribute.value);
}

function checkTraversal(
  draft: Draft,
  node: DraftNode,
  { name }: Attribute,
  type: TypeData,
  traversal: Traversal,
): void {
  const target = findTarget(draft, traversal);
  if (target?.path.length !== 1 || target.node.of?.kind !== "component") return;
  const exports = Object.entries(target.node.of.def.exports as Shape).flatMap(([key, field]) =>
    field.field === "attr" ? [[key, (field as Attr<unknown>).type] as const] : [],
  );
  const given = exports.find(([key]) => key === target.path[0])?.[1];
  if (given === undefined || mayConvert(given, type)) return;
  const fitting = exports.filter(([, other]) => mayConvert(other, type)).map(([key]) => key);
  const path = traversal.names.join(".");
  const message = `attribute "${name}" takes ${printType(type)} here, but ${path} is ${printType(given)}`;
  const hint = fitting.length === 0 ? undefined : `Did you mean ${target.node.id}.${fitting[0]}?`;
  report(draft, node, "references", [problemAt(traversal, "wrong-type", message, { hint })]);
}
