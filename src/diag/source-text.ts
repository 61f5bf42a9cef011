import type { Position } from "./diagnostic.ts";

/** A named text that turns offsets into positions; line starts are found on first use. */
export class SourceText {
  readonly name: string;
  readonly text: string;
  #lines: Int32Array | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Offsets (UTF-16) at which lines start. */
  get lines(): Int32Array {
    if (this.#lines === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) starts.push(at + 1);
      this.#lines = Int32Array.from(starts);
    }
    return this.#lines;
  }

  /** The number (from 1) of the line that an offset is on. */
  lineAt(offset: number): number {
    const lines = this.lines;
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  position(offset: number): Position {
    const line = this.lineAt(offset);
    return { file: this.name, offset, line, column: byteLength(this.text.slice(this.lines[line - 1]!, offset)) + 1 };
  }

  /** The last place of something that ends before `end`: ends of diagnostics are inclusive. */
  endPosition(end: number): Position {
    const { file, offset, line, column } = this.position(end);
    return column === 1 ? this.position(Math.max(0, end - 1)) : { file, offset: offset - 1, line, column: column - 1 };
  }

  /** The text of a line (1-based), without its line break; undefined past the end. */
  line(number: number): string | undefined {
    const start = this.lines[number - 1];
    if (start === undefined) return undefined;
    const end = this.text.indexOf("\n", start);
    return this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, "");
  }
}

/** Bytes in UTF-8; a lone surrogate stands for a single byte that was none. */
function byteLength(text: string): number {
  const length = Buffer.byteLength(text);
  return text.isWellFormed() ? length : length - 2 * text.match(/[\uD800-\uDFFF]/gu)!.length;
}
