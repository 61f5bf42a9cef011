import { DiagnosticError, formatPosition, type Diagnostic } from "#src/diag/diagnostic.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import type { SourceText } from "#src/diag/source-text.ts";
import type { Expression } from "#src/syntax/ast.ts";
import { formatExpression } from "#src/syntax/print.ts";
import type { ValueError } from "#src/value/errors.ts";
import { render } from "#src/value/render.ts";

/**
 * How exactly the place of a failed evaluation is known: the expression at fault, only that some null without a place is
 * at fault, or that the whole failed for a reason that has no place.
 */
type Precision = "exact" | "lost" | "none";

/** What is wrong with an expression, as a diagnostic that is thrown. `text` is the message as Alloy prints it. */
export class EvaluationError extends DiagnosticError {
  readonly text: string;
  constructor(diagnostic: Diagnostic, precision: Precision = "exact") {
    super([diagnostic]);
    this.name = "EvaluationError";
    const { message, start } = diagnostic;
    this.text = precision === "exact" && start !== undefined ? `${formatPosition(start)}: ${message}` : message;
    if (precision === "lost") this.text = `-:  ${message}`;
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A name that stands for nothing. */
export function unknownName(source: SourceText, range: Range, message: string): EvaluationError {
  return new EvaluationError(problemAt({ source, ...range }, "unknown-reference", message));
}

/** An error of the whole expression for a reason that has no place in Alloy. */
export function errorOf(source: SourceText, range: Range, message: string): EvaluationError {
  return new EvaluationError(problemAt({ source, ...range }, "evaluation-failed", message), "none");
}

/**
 * Says where a value at fault was written. `find` knows which expression gave a value; what has none is named by the way
 * that leads to it: `local.file.x.content[2]`. Without any expression the error stands at `whole`.
 */
export function explain(
  error: ValueError,
  source: SourceText,
  whole: Expression,
  find: (value: ValueError["frames"][0]["value"]) => Expression | undefined,
): EvaluationError {
  let node: Expression | undefined;
  let way = "";
  let direct = false;
  for (const { value, step } of error.frames) {
    way += step;
    const found = find(value);
    if (found !== undefined) {
      if (direct) way = "";
      node = found;
    }
    direct = found !== undefined;
  }
  const cause = error.frames.at(-1)!.value;
  const shown = direct || cause === null ? undefined : render(cause);
  const code = error.reason.startsWith("should be ") ? "wrong-type" : "evaluation-failed";
  if (node === undefined) {
    const message = `${way} ${error.reason}`.trimStart();
    return new EvaluationError(
      problemAt({ source, start: whole.start, end: whole.end }, code, message, { value: shown }),
      "lost",
    );
  }
  const message = `${formatExpression(source, node)}${way} ${error.reason}`;
  return new EvaluationError(problemAt({ source, start: node.start, end: node.end }, code, message, { value: shown }));
}
