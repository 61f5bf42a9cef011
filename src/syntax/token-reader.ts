import type { DiagnosticCode } from "#src/diag/codes.ts";
import { SourceText } from "#src/diag/source-text.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Comment, CommentGroup } from "./ast.ts";
import { Scanner } from "./scanner.ts";
import { Token, tokenName, type TokenKind } from "./token.ts";

/** How much a text may ask of the parser. */
export interface ParseLimits {
  /** Characters, or bytes where bytes are given. */
  readonly maxLength: number;
  /** Levels of blocks and of expressions within each other. */
  readonly maxDepth: number;
  /** Diagnostics after which parsing is given up. */
  readonly maxDiagnostics: number;
}

interface Problem {
  readonly start: number;
  /** Exclusive; a single character without it. */
  readonly end?: number;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The current token, the comments met on the way to it, and the rules for reporting and recovering from errors. */
export class TokenReader {
  readonly source: SourceText;
  readonly limits: ParseLimits;
  readonly diagnostics: Diagnostic[] = [];
  readonly comments: CommentGroup[] = [];
  token: TokenKind = Token.End;
  start = 0;
  /** Exclusive. */
  end = 0;
  readonly #scanner: Scanner;
  #depth = 0;
  /** Set when a limit was met: from then on every token is the end of the file and nothing more is reported. */
  #stopped = false;
  /** The line of the last parser error: there is at most one for each line. */
  #errorLine = 0;

  constructor(source: SourceText, limits: ParseLimits) {
    this.source = source;
    this.limits = limits;
    this.#scanner = new Scanner(source.text, (start, code, message) => {
      this.report({ start, code, message });
    });
    this.next();
  }

  /** Moves to the next token that is not a comment. */
  next(): void {
    this.#advance();
    while (this.token === Token.Comment) this.#readCommentGroup();
  }

  /** Whether the current token is of a kind. */
  is(token: TokenKind): boolean {
    return this.token === token;
  }

  /** Whether nothing stands before the current token on its line. */
  startsLine(): boolean {
    const { lines, text } = this.source;
    return text.slice(lines[this.source.lineAt(this.start) - 1], this.start).trim() === "";
  }

  #advance(): void {
    if (this.#stopped) {
      this.token = Token.End;
      return;
    }
    const scanner = this.#scanner;
    scanner.next();
    this.start = scanner.start;
    this.end = scanner.end;
    this.token = this.#stopped ? Token.End : scanner.token;
  }

  #readCommentGroup(): void {
    const group: Comment[] = [];
    let line = this.source.lineAt(this.start);
    let endLine = line;
    while (this.token === Token.Comment && line <= endLine + 1) {
      const { start, end } = this;
      const written = this.tokenText();
      group.push({ start, end, text: written.includes("\r") ? withoutReturns(written) : written });
      endLine = this.source.lineAt(end);
      this.#advance();
      if (this.token === Token.Comment) line = this.source.lineAt(this.start);
    }
    this.comments.push(group);
  }

  /** The current token as written; empty for operators and punctuation, which only their kind tells apart. */
  tokenText(): string {
    const named = this.token <= Token.Null || this.token === Token.Terminator;
    return named ? this.source.text.slice(this.start, this.end) : "";
  }

  /** Consumes a token that must be there; whether it was. */
  expect(wanted: TokenKind): boolean {
    const found = this.token === wanted;
    if (!found) this.unexpected(`expected ${tokenName(wanted)}, got ${tokenName(this.token)}`);
    this.next();
    return found;
  }

  /** Consumes tokens up to but not including one. */
  skipTo(token: TokenKind): void {
    while (this.token !== Token.End && this.token !== token) this.next();
  }

  /** Consumes the rest of a statement, up to but not including a terminator outside of brackets opened meanwhile. */
  skipStatement(): void {
    let [curly, bracket, paren] = [0, 0, 0];
    for (; this.token !== Token.End; this.next()) {
      switch (this.token) {
        case Token.LeftCurly:
          curly += 1;
          break;
        case Token.RightCurly:
          curly -= 1;
          break;
        case Token.LeftBracket:
          bracket += 1;
          break;
        case Token.RightBracket:
          bracket -= 1;
          break;
        case Token.LeftParen:
          paren += 1;
          break;
        case Token.RightParen:
          paren -= 1;
          break;
        case Token.Terminator:
          if (curly <= 0 && bracket <= 0 && paren <= 0) return;
      }
    }
  }

  /** Reports that the current token does not belong here, unless its line has had such an error. */
  unexpected(message: string, hint?: string, code: DiagnosticCode = "unexpected-token"): void {
    if (this.#stopped) return;
    const line = this.source.lineAt(this.start);
    if (line === this.#errorLine) return;
    this.#errorLine = line;
    this.report({ start: this.start, code, message, hint });
  }

  /** Adds a diagnostic; past the limit on their number it gives up the text. */
  report(problem: Problem): void {
    if (this.#stopped) return;
    const { start, end, code, message, hint } = problem;
    const { source } = this;
    this.diagnostics.push({
      severity: "error",
      code,
      message,
      start: source.position(start),
      ...(end !== undefined && { end: source.endPosition(end) }),
      ...(hint !== undefined && { hint }),
    });
    if (this.diagnostics.length >= this.limits.maxDiagnostics) {
      this.stop("too-many-errors", `more than ${this.limits.maxDiagnostics} errors, the rest of the file is not read`);
    }
  }

  /** Enters a level of nesting, if there may be one more. */
  enter(): boolean {
    if (this.#depth >= this.limits.maxDepth) {
      this.stopTooDeep();
      return false;
    }
    this.#depth += 1;
    return true;
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Gives the text up because it is nested too deeply. */
  stopTooDeep(): void {
    this.stop("nested-too-deeply", `nested more than ${this.limits.maxDepth} levels deep`);
  }

  protected stop(code: DiagnosticCode, message: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.diagnostics.push({ severity: "error", code, message, start: this.source.position(this.start) });
    this.token = Token.End;
  }
}

/** A comment's text without carriage returns, save those that keep it from ending early. */
function withoutReturns(text: string): string {
  const bare = text.replaceAll("\r", "");
  return bare.startsWith("/*")
    ? `${bare.slice(0, 2)}${bare.slice(2, -2).replaceAll("*/", "*\r/")}${bare.slice(-2)}`
    : bare;
}
