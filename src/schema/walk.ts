import { problemAt, type Span } from "#src/diag/problem-at.ts";
import { headSpan } from "#src/syntax/spans.ts";
import type { DiagnosticCode } from "#src/diag/codes.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Attribute, Block, Statement } from "#src/syntax/ast.ts";
import { nearest } from "#src/util/nearest.ts";
import { planOf, type Plan, type Slot } from "./plan.ts";
import type { Shape } from "./field.ts";

/** What a shape is held against: a block, or anything else that has statements and a place. */
export type Body = Pick<Block, "source" | "start" | "end" | "body">;

export interface BodyVisitor {
  attribute(slot: Extract<Slot, { readonly is: "attr" }>, statement: Attribute): void;
  block(slot: Exclude<Slot, { readonly is: "attr" }>, statement: Block): void;
}

/**
 * Matches the statements of a body to the fields of a shape, in source order. What does not fit (unknown, repeated,
 * misused, missing, label) is added to `problems` in Alloy's words (specification 2.6); the rest is handed to the visitor.
 */
export function walkBody(shape: Shape, body: Body, problems: Diagnostic[], visitor: BodyVisitor): void {
  const plan = planOf(shape);
  const seen: Slot[] = [];
  let counts: Map<string, number> | undefined;
  for (const statement of body.body) {
    const { name } = statement;
    const slot = plan.slots.get(name);
    if (statement.kind === "attribute") {
      if (slot === undefined) {
        fail(problems, statement, "unknown-attribute", `unrecognized attribute name "${name}"`, suggest(name, plan));
      } else if (slot.is !== "attr") {
        fail(
          problems,
          statement,
          "block-expected",
          `"${name}" must be a block, but is used as an attribute`,
          `Write it as ${name} { … }.`,
        );
      } else if (seen.includes(slot)) {
        fail(problems, statement, "duplicate-attribute", `attribute "${name}" may only be provided once`);
      } else {
        visitor.attribute(slot, statement);
      }
      if (slot !== undefined && !seen.includes(slot)) seen.push(slot);
      continue;
    }
    if (slot === undefined) {
      fail(problems, statement, "unknown-block", `unrecognized block name "${name}"`, suggest(name, plan));
      continue;
    }
    if (slot.is === "attr") {
      fail(
        problems,
        statement,
        "attribute-expected",
        `"${name}" must be an attribute, but is used as a block`,
        `Write it as ${name} = ….`,
      );
      continue;
    }
    if (!seen.includes(slot)) seen.push(slot);
    if (slot.is === "block" && !slot.field.many) {
      counts ??= countBlocks(body);
      if (counts.get(name)! > 1) {
        fail(problems, statement, "duplicate-block", `block "${name}" may only be specified once`);
        continue;
      }
    }
    const labelProblem = checkLabel(slot, statement);
    if (labelProblem !== undefined) problems.push(labelProblem);
    visitor.block(slot, statement);
  }
  for (const slot of plan.required) {
    if (seen.includes(slot)) continue;
    const what = slot.is === "attr" ? "attribute" : "block";
    problems.push(problemAt(body satisfies Span, `missing-${what}`, `missing required ${what} "${slot.name}"`));
  }
}

function fail(
  problems: Diagnostic[],
  statement: Statement,
  code: DiagnosticCode,
  message: string,
  hint?: string,
): void {
  problems.push(problemAt(statement, code, message, { hint }));
}

function countBlocks(body: Body): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, name } of body.body) if (kind === "block") counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function checkLabel(slot: Exclude<Slot, { readonly is: "attr" }>, block: Block): Diagnostic | undefined {
  const labelled = slot.is === "block" && slot.field.labelled;
  if (labelled === (block.label !== "")) return undefined;
  return labelled
    ? problemAt(headSpan(block), "missing-label", `block "${block.name}" requires non-empty label`)
    : problemAt(headSpan(block), "unexpected-label", `block "${block.name}" does not support specifying labels`);
}

function suggest(name: string, plan: Plan): string | undefined {
  const found = nearest(name, plan.slots.keys());
  return found === undefined ? undefined : `Did you mean ${found}?`;
}
