/** Where the engine meets the language: blocks to arguments, and what is wrong with them as thrown diagnostics. */
import { describeProblems } from "#src/compile/problems.ts";
import type { Problem } from "#src/component/define.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { spanOf } from "#src/syntax/spans.ts";
import { DiagnosticError, type Diagnostic } from "#src/diag/diagnostic.ts";
import { decodeBody } from "#src/schema/decode.ts";
import type { Infer, Shape } from "#src/schema/field.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { ObjectValue, Value } from "#src/value/value.ts";
import { evaluate } from "#src/vm/evaluate.ts";
import type { Scope } from "#src/vm/scope.ts";

/** Evaluates and decodes a block's body; throws all that is wrong with it. */
export function decodeArguments<S extends Shape>(block: Block, shape: S, scope: Scope): Infer<S> {
  const decoded = decodeBody(shape, block, scope);
  if (!decoded.ok) throw new DiagnosticError(decoded.diagnostics);
  return decoded.value;
}

/** The values of a body that may hold attributes only, by name. */
export function evaluateAttributes(block: Block, scope: Scope): ObjectValue {
  const values = new Map<string, Value>();
  const wrong: Diagnostic[] = [];
  for (const statement of block.body) {
    if (statement.kind === "block") {
      wrong.push(problemAt(spanOf(statement), "unexpected-block", "nested blocks not supported here"));
    } else if (values.has(statement.name)) {
      const message = `attribute ${JSON.stringify(statement.name)} may only be provided once`;
      wrong.push(problemAt(spanOf(statement), "duplicate-attribute", message));
    } else {
      try {
        values.set(statement.name, evaluate(statement.value, statement.source, scope));
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        wrong.push(...error.diagnostics);
      }
    }
  }
  if (wrong.length > 0) throw new DiagnosticError(wrong);
  return values;
}

/** Runs a definition's own check, and throws what it finds at the fields that are at fault. */
export function checkProblems(
  check: ((args: never) => readonly Problem[]) | undefined,
  args: unknown,
  block: Block,
): void {
  const problems = describeProblems(check, args, block);
  if (problems.length > 0) throw new DiagnosticError(problems);
}
