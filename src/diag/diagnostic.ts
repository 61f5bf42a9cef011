/**
 * Diagnostics are data: what is wrong with what the user wrote, where, and what to do.
 * They are gathered and returned, never thrown; `print.ts` renders them for a terminal.
 */

import type { DiagnosticCode } from "./codes.ts";

/** A place in a source text. Columns count bytes of UTF-8 and, like lines, start at 1; the offset is in UTF-16 units. */
export interface Position {
  readonly file: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

export type Severity = "error" | "warning";

export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly start?: Position;
  /** Inclusive: the position of the last character. */
  readonly end?: Position;
  /** What to do about it, in one sentence. */
  readonly hint?: string;
  /** The offending value as configuration text, secrets masked. */
  readonly value?: string;
}

/** `file:line:column: message`, the one-line form. */
export function formatDiagnostic(d: Diagnostic): string {
  return d.start === undefined ? d.message : `${formatPosition(d.start)}: ${d.message}`;
}

/** `file:line:column`, or `line:column` for a text without a name. */
export function formatPosition(p: Position): string {
  const place = `${p.line}:${p.column}`;
  return p.file === "" ? place : `${p.file}:${place}`;
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}

/** An error that carries diagnostics through code that throws: a failed decode, build or update. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    const [first] = diagnostics;
    const more = diagnostics.length - 1;
    super(
      first === undefined ? "no errors" : formatDiagnostic(first) + (more > 0 ? ` (and ${more} more diagnostics)` : ""),
    );
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
  }
}
