import { attr, type Attr, type Shape } from "#src/schema/field.ts";
import { checkBody } from "#src/schema/check.ts";
import { any } from "#src/schema/type.ts";
import type { Block, Expression } from "#src/syntax/ast.ts";
import { report, type Draft, type DraftNode } from "./draft.ts";
import { withoutTemplate } from "./foreach.ts";
import { findDefinition } from "./definitions.ts";

/** Checks every node's body against its fields, as far as that can be done without evaluating. */
export function checkArguments(draft: Draft): void {
  const shapes = new Map<Block, Shape>();
  for (const node of draft.nodes.values()) {
    const fields = node.fields ?? (node.of?.kind === "custom" ? findCustomFields(draft, node, shapes) : undefined);
    if (fields === undefined) continue;
    const block = node.block.name === "foreach" ? withoutTemplate(node.block) : node.block;
    report(draft, node, "arguments", checkBody(fields, block, { stability: draft.frame.options.stability }));
  }
}

function findCustomFields(draft: Draft, node: DraftNode, shapes: Map<Block, Shape>): Shape | undefined {
  if (node.of?.kind !== "custom") return undefined;
  const definition = findDefinition(draft, node.of.namespace, node.of.name);
  if (definition === undefined || definition === "missing") return undefined;
  let shape = shapes.get(definition.block);
  if (shape === undefined) shapes.set(definition.block, (shape = buildShape(definition.block)));
  return shape;
}

/** The fields of a custom component: one for each argument block of its declare. */
export function buildShape(declare: Block): Shape {
  const fields: Record<string, Attr<unknown>> = {};
  for (const statement of declare.body) {
    if (statement.kind !== "block" || statement.name !== "argument" || statement.label === "") continue;
    const doc = "An argument of the custom component.";
    fields[statement.label] = isOptional(statement) ? attr(any, doc, { optional: true }) : attr(any, doc);
  }
  return fields;
}

/** An `optional` that is no plain `false` may turn out true when it is evaluated. */
function isOptional(argument: Block): boolean {
  const optional = argument.body.find((statement) => statement.kind === "attribute" && statement.name === "optional");
  return optional?.kind === "attribute" && !isFalse(optional.value);
}

function isFalse(expression: Expression): boolean {
  return expression.kind === "literal" && expression.literal === "bool" && expression.raw === "false";
}
