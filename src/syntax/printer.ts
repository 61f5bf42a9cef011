import type { SourceText } from "#src/diag/source-text.ts";
import type { Comment, CommentGroup } from "./ast.ts";
import { Columns } from "./columns.ts";

/** White space that is held back until the next token shows what of it is wanted. */
export type Space =
  | "blank"
  /** Ends a cell: what follows is aligned with its like on the lines around. */
  | "align"
  | "newline"
  /** A new line that nothing above it is aligned with. */
  | "break"
  | "indent"
  | "unindent";

/** Writes tokens and the comments between them. Where a token stood in the source decides which comments come before it. */
export class Printer {
  readonly #source: SourceText;
  readonly #columns = new Columns();
  readonly #comments: readonly Comment[];
  #nextComment = 0;
  #spaces: Space[] = [];
  #indent = 0;
  #atLineStart = true;
  /** Where in the source the next token stands, as far as known: set by `moveTo`, estimated in between. */
  #offset = 0;
  #line = 1;
  /** The source line of what was last written. */
  #lastLine = 1;

  constructor(source: SourceText, comments: readonly CommentGroup[]) {
    this.#source = source;
    this.#comments = comments.flat();
  }

  /** Says where in the source the next token stands. */
  moveTo(offset: number): void {
    this.#offset = offset;
    this.#line = this.#source.lineAt(offset);
  }

  space(...spaces: Space[]): void {
    this.#spaces.push(...spaces);
  }

  /** Writes a token. Text of several lines keeps all of its white space. */
  token(text: string): void {
    const [offset, line] = [this.#offset, this.#line];
    if (this.#commentBefore(offset)) this.#writeComments(offset, line);
    else this.#writeSpaces(this.#spaces.length);
    this.#writeIndent();
    let lines = 0;
    for (let at = 0; ; lines++) {
      const newline = text.indexOf("\n", at);
      this.#columns.text(text.slice(at, newline < 0 ? undefined : newline), true);
      if (newline < 0) break;
      this.#columns.endLine(false);
      at = newline + 1;
    }
    this.#setPosition(offset + text.length, line + lines);
  }

  /** Takes a stretch of the source for written, and leaves out the comments in it. */
  skip(from: number, to: number): void {
    while (this.#commentBefore(to) && this.#comments[this.#nextComment]!.start >= from) this.#nextComment += 1;
    this.#setPosition(to, this.#source.lineAt(to - 1));
  }

  /** The comments that are left, and with them the whole text. */
  finish(): string {
    if (this.#commentBefore(Infinity)) this.#writeComments(Infinity, Infinity);
    return this.#columns.finish();
  }

  #commentBefore(offset: number): boolean {
    const comment = this.#comments[this.#nextComment];
    return comment !== undefined && comment.start <= offset;
  }

  #writeComments(nextOffset: number, nextLine: number): void {
    let last: Comment | undefined;
    while (this.#commentBefore(nextOffset)) {
      last = this.#comments[this.#nextComment++]!;
      const line = this.#source.lineAt(last.start);
      this.#separateComment(line, nextLine);
      this.#writeIndent();
      this.#columns.text(last.text, true);
      this.#setPosition(last.start + last.text.length, line + countNewlines(last.text));
    }
    if (last !== undefined && nextOffset !== Infinity) this.#separateToken(last, nextLine);
  }

  /** White space before a comment. */
  #separateComment(line: number, nextLine: number): void {
    if (this.#columns.empty) return;
    if (line === this.#lastLine) {
      this.#writeIndent();
      if (line === nextLine) this.#columns.text(" ");
      else this.#columns.endCell(true);
      return;
    }
    // Indentation up to the first line break held back applies to the comment, the rest to what comes after it.
    const breaking = this.#spaces.findIndex((space) => space !== "indent" && space !== "unindent");
    if (breaking >= 0) {
      this.#spaces.splice(breaking, 1);
      this.#writeSpaces(breaking);
    }
    this.#writeLines(line - this.#lastLine, true);
  }

  /** White space between the last comment and the token after it. */
  #separateToken(last: Comment, nextLine: number): void {
    const endLine = this.#source.lineAt(last.start + last.text.length - 1);
    if (last.text.startsWith("/*") && nextLine === endLine) {
      this.#writeIndent();
      this.#columns.text(" ");
    }
    const stop = this.#spaces.includes("break");
    this.#spaces = this.#spaces.filter((space) => space === "indent" || space === "unindent");
    this.#writeSpaces(this.#spaces.length);
    this.#writeLines(nextLine - this.#lastLine, stop);
  }

  /** Line breaks, so that at most one line stays empty. */
  #writeLines(count: number, stop: boolean): void {
    for (let i = 0; i < Math.min(count, 2); i++) this.#endLine(stop);
  }

  #writeSpaces(count: number): void {
    for (const space of this.#spaces.splice(0, count)) {
      if (space === "indent") this.#indent += 1;
      else if (space === "unindent") this.#indent -= 1;
      else if (space === "newline" || space === "break") this.#endLine(space === "break");
      else {
        this.#writeIndent();
        if (space === "blank") this.#columns.text(" ");
        else this.#columns.endCell(false);
      }
    }
  }

  #endLine(stop: boolean): void {
    this.#writeIndent();
    this.#columns.endLine(stop);
    this.#atLineStart = true;
  }

  #writeIndent(): void {
    if (!this.#atLineStart) return;
    this.#atLineStart = false;
    for (let i = 0; i < this.#indent; i++) this.#columns.endCell(true);
  }

  #setPosition(offset: number, line: number): void {
    this.#offset = offset;
    this.#line = line;
    this.#lastLine = line;
  }
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
