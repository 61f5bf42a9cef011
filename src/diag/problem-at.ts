import type { DiagnosticCode } from "./codes.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import type { SourceText } from "./source-text.ts";

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
export function problemAt(span: Span, code: DiagnosticCode, message: string, details: Details = {}): Diagnostic {
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
