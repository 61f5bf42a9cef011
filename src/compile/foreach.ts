import type { Shape } from "#src/schema/field.ts";
import type { Block } from "#src/syntax/ast.ts";

/** The template of a `foreach`. */
export function findTemplate(foreach: Block): Block | undefined {
  return listTemplates(foreach).at(-1);
}

/** All blocks that claim to be the template: one, if the configuration is right. */
export function listTemplates(foreach: Block): Block[] {
  return foreach.body.filter((statement) => isTemplate(statement));
}

/** The block without its template: what is evaluated around the module inside. */
export function withoutTemplate(foreach: Block): Block {
  return { ...foreach, body: foreach.body.filter((statement) => !isTemplate(statement)) };
}

/** The fields of a `foreach` without its template. */
export function withoutTemplateField(shape: Shape): Shape {
  const { template: _, ...rest } = shape;
  return rest;
}

/** The variable that a template's expressions see, where it is a plain text. */
export function findVariable(foreach: Block): string | undefined {
  const variable = foreach.body.findLast((statement) => statement.kind === "attribute" && statement.name === "var");
  if (variable?.kind !== "attribute" || variable.value.kind !== "literal") return undefined;
  const { literal, raw } = variable.value;
  return literal === "string" ? raw.slice(1, -1) : undefined;
}

function isTemplate(statement: Block["body"][number]): statement is Block {
  return statement.kind === "block" && statement.name === "template";
}
