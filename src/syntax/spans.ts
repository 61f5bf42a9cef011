/** The places of statements that problems are told at, and the ids that blocks go by. */
import type { Span } from "#src/diag/problem-at.ts";
import type { Block, Statement } from "./ast.ts";

/** The whole block, from its name to its closing brace. */
export function spanOf(statement: Statement): Span {
  return { source: statement.source, start: statement.start, end: statement.end };
}

/** A block's name alone. */
export function nameSpan(statement: Statement): Span {
  return { source: statement.source, start: statement.start, end: statement.start + statement.name.length };
}

/** As much of a block's head as its id is long: what is underlined where the id is at fault. */
export function idSpan(block: Block): Span {
  return { source: block.source, start: block.start, end: block.start + idOf(block).length };
}

/** A block's name, label and opening brace. */
export function headSpan(block: Block): Span {
  return { source: block.source, start: block.start, end: block.lcurly + 1 };
}

/** Node id: the block's name and label, joined by a dot. */
export function idOf(block: Block): string {
  return block.label === "" ? block.name : `${block.name}.${block.label}`;
}
