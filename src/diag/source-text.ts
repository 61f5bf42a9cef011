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

  position(offset: number): Position {
    const lines = this.lines;
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    const column = Buffer.byteLength(this.text.slice(lines[low]!, offset)) + 1;
    return { file: this.name, offset, line: low + 1, column };
  }

  /** The text of a line (1-based), without its line break; undefined past the end. */
  line(number: number): string | undefined {
    const start = this.lines[number - 1];
    if (start === undefined) return undefined;
    const end = this.text.indexOf("\n", start);
    return this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, "");
  }
}
