/**
 * Elastic tab stops: cells of one column that stand on consecutive lines get the same width, that of the widest plus a
 * blank. Empty cells at the start of a line are its indentation and become tabs. The last cell of a line is in no column.
 */
export class Columns {
  readonly #out: string[] = [];
  #lines: Line[] = [new Line()];

  /** Nothing has been written yet. */
  empty = true;

  /** Adds text to the current cell. `verbatim` keeps blanks at its end even at the end of the line. */
  text(text: string, verbatim = false): void {
    this.empty = false;
    this.#line.add(text, verbatim);
  }

  /** Ends the current cell. A column of nothing but empty cells has a width only if one of them is `hard`. */
  endCell(hard: boolean): void {
    this.empty = false;
    this.#line.endCell(hard);
  }

  /** Ends the line. `stop` ends all columns too; so does a line that is in none. */
  endLine(stop: boolean): void {
    this.empty = false;
    const alone = this.#line.cells.length === 0;
    this.#line.endCell(false);
    if (stop || alone) this.#flush();
    this.#lines.push(new Line());
  }

  /** All that was written. */
  finish(): string {
    this.#line.endCell(false);
    this.#flush();
    return this.#out.join("\n");
  }

  get #line(): Line {
    return this.#lines.at(-1)!;
  }

  #flush(): void {
    const lines = this.#lines;
    this.#align(lines, 0, lines.length, []);
    for (const line of lines) this.#out.push(line.render());
    this.#lines = [];
  }

  /** Finds the blocks of lines that have the next column, sets its width there and goes on to the columns within. */
  #align(lines: readonly Line[], from: number, to: number, widths: readonly number[]): void {
    const column = widths.length;
    let start = from;
    while (start < to) {
      if (!hasColumn(lines[start]!, column)) {
        lines[start]!.widths = widths;
        start += 1;
        continue;
      }
      let end = start;
      let width = 0;
      while (end < to && hasColumn(lines[end]!, column)) {
        const cell = lines[end]!.cells[column]!;
        if (cell.width > 0 || cell.hard) width = Math.max(width, cell.width + 1);
        end += 1;
      }
      this.#align(lines, start, end, [...widths, width]);
      start = end;
    }
  }
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly hard: boolean;
  /** Length of the part of the text whose end must not be trimmed. */
  readonly kept: number;
}

const TAB = 8;

class Line {
  readonly cells: Cell[] = [];
  widths: readonly number[] = [];
  #text = "";
  #kept = 0;

  add(text: string, verbatim: boolean): void {
    this.#text += text;
    if (verbatim) this.#kept = this.#text.length;
  }

  endCell(hard: boolean): void {
    this.cells.push({ text: this.#text, width: countCharacters(this.#text), hard, kept: this.#kept });
    this.#text = "";
    this.#kept = 0;
  }

  render(): string {
    let out = "";
    let kept = 0;
    let leading = true;
    for (const [column, cell] of this.cells.entries()) {
      if (cell.kept > 0) kept = out.length + cell.kept;
      out += cell.text;
      leading &&= cell.text === "";
      const width = this.widths[column] ?? 0;
      out += leading ? "\t".repeat(Math.ceil(width / TAB)) : " ".repeat(Math.max(0, width - cell.width));
    }
    let end = out.length;
    while (end > kept && (out[end - 1] === " " || out[end - 1] === "\t")) end -= 1;
    return out.slice(0, end);
  }
}

function hasColumn(line: Line, column: number): boolean {
  return column < line.cells.length - 1;
}

function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >> 10 === 0x37) count -= 1; // second halves of pairs
  return count;
}
