/** Prints diagnostics for people: message, the lines they are about, and what to do (specification 1.7). */
import { formatPosition, type Diagnostic, type Position } from "./diagnostic.ts";
import type { SourceText } from "./source-text.ts";

export interface PrintOptions {
  /** Escape sequences for a terminal; off unless asked for. */
  readonly color?: boolean;
  /** Hints after the excerpts; on unless told otherwise. */
  readonly hints?: boolean;
}

const TAB = 4;
const CONTEXT_LINES = 1;
/** Past these an excerpt would hide more than it shows, and is left out. */
const LONGEST_LINE = 4096;
const MOST_LINES = 2000;

/** All diagnostics with excerpts from those of the sources that they are about. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: Iterable<SourceText>,
  options: PrintOptions = {},
): string {
  const texts = new Map<string, readonly string[]>();
  for (const source of sources) texts.set(source.name, source.text.split("\n"));
  return diagnostics.map((diagnostic) => printDiagnostic(diagnostic, texts, options)).join("\n");
}

function printDiagnostic(
  diagnostic: Diagnostic,
  texts: ReadonlyMap<string, readonly string[]>,
  options: PrintOptions,
): string {
  const { start, hint } = diagnostic;
  const end = diagnostic.end ?? start;
  let out = printHeader(diagnostic, options.color === true);
  if (start !== undefined && end !== undefined && start.file === end.file) {
    const lines = texts.get(start.file);
    if (lines !== undefined) out += printExcerpt(lines, start, end);
  }
  if (hint !== undefined && options.hints !== false) out += `\nHint: ${hint}\n`;
  return out;
}

function printHeader({ severity, start, message }: Diagnostic, color: boolean): string {
  const word = severity === "error" ? "Error: " : "Warning: ";
  const rest = start === undefined ? message : `${formatPosition(start)}: ${message}`;
  if (!color) return `${word}${rest}\n`;
  return `\x1b[${severity === "error" ? 31 : 33};1m${word}\x1b[0m\x1b[1m${rest}\x1b[0m\n`;
}

/** The lines of a range and those around it, the range underlined; one of several lines has a bar at its left as well. */
function printExcerpt(lines: readonly string[], start: Position, end: Position): string {
  const first = Math.max(start.line - CONTEXT_LINES, 1);
  const last = Math.min(end.line + CONTEXT_LINES, lines.length);
  const shown = lines.slice(first - 1, last);
  if (shown.length > MOST_LINES || shown.some((line) => line.length > LONGEST_LINE)) return "";
  const several = end.line > start.line;
  const width = String(last).length;
  let out = "\n";
  for (const [i, line] of shown.entries()) {
    const number = first + i;
    const bar = number > start.line && number <= end.line ? "| " : "  ";
    out += `${String(number).padStart(width)} | ${several ? bar : ""}${expand(line)}\n`;
    if (number !== start.line && !(several && number === end.line)) continue;
    const corner = number === start.line ? "  _" : " |_";
    out += `${" ".repeat(width)} |${several ? corner : " "}${underline(line, number, start, end)}\n`;
  }
  return out;
}

function expand(line: string): string {
  return line
    .toWellFormed()
    .replaceAll("\r", "")
    .replace(/[\t\v]/g, " ".repeat(TAB));
}

/** Marks below the characters of a line that are in the range; columns are counted in bytes. */
function underline(line: string, number: number, start: Position, end: Position): string {
  const blank = end.line > start.line ? "_" : " ";
  let out = "";
  let column = 1;
  for (const character of line) {
    if (number === end.line && column > end.column) break;
    const inside = number === start.line ? column >= start.column : true;
    if (character === "\t" || character === "\v") out += blank.repeat(TAB);
    else out += inside ? "^" : blank;
    column += Buffer.byteLength(character);
  }
  return out;
}
