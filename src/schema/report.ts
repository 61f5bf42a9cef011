import type { DiagnosticCode } from "#src/diag/codes.ts";
import type { Diagnostic, Severity } from "#src/diag/diagnostic.ts";
import type { SourceText } from "#src/diag/source-text.ts";
import type { Block } from "#src/syntax/ast.ts";

/** A stretch of a text: UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

interface Details {
  readonly hint?: string | undefined;
  readonly severity?: Severity;
  readonly value?: string | undefined;
}

/** A diagnostic over a span; an error unless said otherwise. */
export function report(span: Span, code: DiagnosticCode, message: string, details: Details = {}): Diagnostic {
  return {
    severity: details.severity ?? "error",
    code,
    message,
    start: span.source.position(span.start),
    end: span.source.position(Math.max(span.start, span.end - 1)),
    ...(details.hint !== undefined && { hint: details.hint }),
    ...(details.value !== undefined && { value: details.value }),
  };
}

/** A block's name, label and opening brace. */
export function headOf(block: Block): Span {
  return { source: block.source, start: block.start, end: block.lcurly + 1 };
}
