/**
 * Turns text into tokens (specification 1.2 to 1.4). Works on char codes and makes no strings: a token is its kind and
 * its span. Errors are reported and scanning goes on, so that one run finds them all.
 */
import type { DiagnosticCode } from "#src/diag/codes.ts";
import { isPrintable } from "#src/util/quote.ts";
import { isLetter, isLetterOrDigit } from "#src/util/identifier.ts";
import { Token, type TokenKind } from "./token.ts";

/** Is told every lexical error. */
export type ScanErrorHandler = (offset: number, code: DiagnosticCode, message: string) => void;

const END = -1;
const NEWLINE = 10;
const STAR = 42;
const SLASH = 47;
const BACKSLASH = 92;
const BYTE_ORDER_MARK = 0xfeff;

/** Tokens of one character that need no second look, by char code. */
const SIMPLE: readonly (TokenKind | undefined)[] = (() => {
  const table: (TokenKind | undefined)[] = [];
  const put = (character: string, token: TokenKind): void => {
    table[character.charCodeAt(0)] = token;
  };
  put("+", Token.Add);
  put("-", Token.Subtract);
  put("*", Token.Multiply);
  put("%", Token.Modulo);
  put("^", Token.Power);
  put("{", Token.LeftCurly);
  put("}", Token.RightCurly);
  put("(", Token.LeftParen);
  put(")", Token.RightParen);
  put("[", Token.LeftBracket);
  put("]", Token.RightBracket);
  put(",", Token.Comma);
  put(".", Token.Dot);
  return table;
})();

/** Reads one text token by token: after `next()`, `token`, `start` and `end` describe the token read. */
export class Scanner {
  token: TokenKind = Token.End;
  start = 0;
  end = 0;
  readonly #text: string;
  readonly #onError: ScanErrorHandler;
  /** Offsets of characters that are errors wherever they stand, and how many of them were reported. */
  readonly #illegal: readonly number[];
  #reported = 0;
  #at: number;
  /** Whether the next line break ends a statement. */
  #terminate = false;

  constructor(text: string, onError: ScanErrorHandler) {
    this.#text = text;
    this.#onError = onError;
    this.#illegal = findIllegal(text);
    this.#at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  }

  /** Moves to the next token; at the end of the text it stays on `Token.End`. */
  next(): void {
    this.#skipWhitespace();
    this.start = this.#at;
    if (this.#reported < this.#illegal.length) this.#reportIllegal();
    const token = this.#scan();
    this.token = token;
    this.end = this.#at;
    if (this.#reported < this.#illegal.length) this.#reportIllegal();
  }

  #scan(): TokenKind {
    const text = this.#text;
    const code = this.#at < text.length ? text.charCodeAt(this.#at) : END;
    if (isWordStart(code)) return this.#scanWord();
    if (isDecimal(code)) return this.#scanNumber();
    switch (code) {
      case END:
      case NEWLINE:
        return this.#scanLineEnd(code);
      case 34: // "
        this.#at += 1;
        return this.#endOperand(this.#scanQuoted(34, Token.String));
      case 39: // '
        this.#onError(this.#at, "single-quoted-string", "illegal single-quoted string; use double quotes");
        this.#at += 1;
        return this.#endOperand(this.#scanQuoted(39, Token.Illegal));
      case 96: // `
        return this.#endOperand(this.#scanRaw());
      case 46: // .
        if (isDecimal(text.charCodeAt(this.#at + 1))) return this.#scanNumber();
        break;
      case SLASH: {
        const following = text.charCodeAt(this.#at + 1);
        if (following === SLASH || following === STAR) return this.#scanComment();
        return this.#operator(Token.Divide, 1);
      }
      case 33: // !
        return this.#pair(Token.Not, Token.NotEqual);
      case 60: // <
        return this.#pair(Token.Less, Token.LessEqual);
      case 61: // =
        return this.#pair(Token.Assign, Token.Equal);
      case 62: // >
        return this.#pair(Token.Greater, Token.GreaterEqual);
      case 38: // &
      case 124: // |
        return this.#scanLogical(code);
    }
    const simple = SIMPLE[code];
    if (simple === undefined) return this.#scanOther();
    this.#at += 1;
    this.#terminate = simple === Token.RightCurly || simple === Token.RightParen || simple === Token.RightBracket;
    return simple;
  }

  #scanLineEnd(code: number): TokenKind {
    if (code === NEWLINE) this.#at += 1; // Only met when it ends a statement; other line breaks are white space.
    const token = this.#terminate ? Token.Terminator : Token.End;
    this.#terminate = false;
    return token;
  }

  #operator(token: TokenKind, length: number): TokenKind {
    this.#at += length;
    this.#terminate = false;
    return token;
  }

  #pair(single: TokenKind, withEquals: TokenKind): TokenKind {
    return this.#text.charCodeAt(this.#at + 1) === 61 ? this.#operator(withEquals, 2) : this.#operator(single, 1);
  }

  #scanLogical(code: number): TokenKind {
    const token = code === 38 ? Token.And : Token.Or;
    if (this.#text.charCodeAt(this.#at + 1) === code) return this.#operator(token, 2);
    const name = String.fromCharCode(code);
    this.#onError(this.#at + 1, "incomplete-operator", `missing second ${name} in ${name}${name}`);
    return this.#operator(token, 1);
  }

  /** An identifier, a keyword, or what does not belong anywhere. */
  #scanOther(): TokenKind {
    const code = this.#text.codePointAt(this.#at)!;
    if (code >= 0x80 && isLetter(code)) return this.#scanWord();
    if (code !== BYTE_ORDER_MARK) {
      this.#onError(this.#at, "illegal-character", `illegal character ${describeCharacter(code)}`);
    }
    this.#at += code > 0xffff ? 2 : 1;
    return Token.Illegal; // Whether a line break ends the statement stays as it was.
  }

  #scanWord(): TokenKind {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (isWordStart(code) || isDecimal(code)) at += 1;
      else if (code >= 0x80) {
        const wide = text.codePointAt(at)!;
        if (!isLetterOrDigit(wide)) break;
        at += wide > 0xffff ? 2 : 1;
      } else break;
    }
    this.#at = at;
    this.#terminate = true;
    const length = at - start;
    if (length === 4 && text.startsWith("true", start)) return Token.Bool;
    if (length === 4 && text.startsWith("null", start)) return Token.Null;
    if (length === 5 && text.startsWith("false", start)) return Token.Bool;
    return Token.Identifier;
  }

  #scanNumber(): TokenKind {
    const start = this.#at;
    let token: TokenKind = Token.Number;
    this.#skipDigits();
    if (this.#text.charCodeAt(this.#at) === 46) {
      token = Token.Float;
      this.#at += 1;
      this.#skipDigits();
    }
    if ((this.#text.charCodeAt(this.#at) | 32) === 101) {
      token = Token.Float;
      this.#at += 1;
      const sign = this.#text.charCodeAt(this.#at);
      if (sign === 43 || sign === 45) this.#at += 1;
      if (this.#skipDigits() === 0) this.#onError(start, "incomplete-exponent", "exponent has no digits");
    }
    this.#terminate = true;
    return token;
  }

  #skipDigits(): number {
    const start = this.#at;
    while (isDecimal(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return this.#at - start;
  }

  #endOperand(token: TokenKind): TokenKind {
    this.#terminate = true;
    return token;
  }

  #scanRaw(): TokenKind {
    const close = this.#text.indexOf("`", this.#at + 1);
    if (close < 0) {
      this.#onError(this.#at, "unterminated-string", "string literal not terminated");
      this.#at = this.#text.length;
    } else this.#at = close + 1;
    return Token.String;
  }

  /** Reads on to the closing quote; the opening one is behind. */
  #scanQuoted(quote: number, token: TokenKind): TokenKind {
    const text = this.#text;
    const start = this.#at - 1;
    for (;;) {
      const code = this.#at < text.length ? text.charCodeAt(this.#at) : END;
      if (code === NEWLINE || code === END) {
        this.#onError(start, "unterminated-string", "string literal not terminated");
        return token;
      }
      this.#at += 1;
      if (code === quote) return token;
      if (code === BACKSLASH) this.#scanEscape();
    }
  }

  /** Checks an escape sequence after its backslash; on an error it stops before the offending character. */
  #scanEscape(): void {
    const text = this.#text;
    const start = this.#at;
    const fail = (message: string): void => this.#onError(start, "invalid-escape", message);
    const code = start < text.length ? text.charCodeAt(start) : END;
    if (code !== END && '"\\abfnrtv'.includes(text[start]!)) {
      this.#at += 1;
      return;
    }
    let [digits, base, max] = [3, 8, 255];
    if (code === 120) [digits, base, max] = [2, 16, 255];
    else if (code === 117) [digits, base, max] = [4, 16, 0x10ffff];
    else if (code === 85) [digits, base, max] = [8, 16, 0x10ffff];
    else if (!(code >= 48 && code <= 55)) {
      return fail(code === END ? "escape sequence not terminated" : "unknown escape sequence");
    }
    if (base === 16) this.#at += 1;
    let value = 0;
    for (; digits > 0; digits--) {
      if (this.#at >= text.length) return fail("escape sequence not terminated");
      const digit = digitValue(text.charCodeAt(this.#at));
      if (digit >= base) {
        return fail(`illegal character ${describeCharacter(text.codePointAt(this.#at)!)} in escape sequence`);
      }
      value = value * base + digit;
      this.#at += 1;
    }
    if (value > max || (value >= 0xd800 && value < 0xe000)) fail("escape sequence is invalid Unicode code point");
  }

  /** A comment, or first the end of the statement that it stands behind. */
  #scanComment(): TokenKind {
    if (this.#terminate && this.#reachesLineEnd()) {
      this.#terminate = false;
      return Token.Terminator;
    }
    this.#terminate = false;
    const text = this.#text;
    if (text.charCodeAt(this.#at + 1) === SLASH) {
      const newline = text.indexOf("\n", this.#at);
      this.#at = newline < 0 ? text.length : newline;
      return Token.Comment;
    }
    const close = text.indexOf("*/", this.#at + 2);
    if (close < 0) this.#onError(this.#at, "unterminated-comment", "block comment not terminated");
    this.#at = close < 0 ? text.length : close + 2;
    return Token.Comment;
  }

  /** Whether the comment here, and those directly behind it, run to the end of the line. */
  #reachesLineEnd(): boolean {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const second = text.charCodeAt(at + 1);
      if (second === SLASH) return true;
      if (second !== STAR) return false;
      const close = text.indexOf("*/", at + 2);
      if (close < 0 || text.slice(at + 2, close).includes("\n")) return true;
      at = close + 2;
      while (isBlank(text.charCodeAt(at))) at += 1;
      if (at >= text.length || text.charCodeAt(at) === NEWLINE) return true;
      if (text.charCodeAt(at) !== SLASH) return false;
    }
  }

  #skipWhitespace(): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (!isBlank(code) && (code !== NEWLINE || this.#terminate)) return;
      this.#at += 1;
    }
  }

  #reportIllegal(): void {
    for (; this.#illegal[this.#reported]! <= this.#at; this.#reported++) {
      const offset = this.#illegal[this.#reported]!;
      const code = this.#text.charCodeAt(offset);
      if (code === 0) this.#onError(offset, "illegal-character", "illegal character NUL");
      else if (code === BYTE_ORDER_MARK) this.#onError(offset, "illegal-character", "illegal byte order mark");
      else this.#onError(offset, "illegal-character", "illegal UTF-8 encoding");
    }
  }
}

/** NULs, byte order marks past the start, and lone surrogates (bytes that are no UTF-8, see `text.ts`). */
function findIllegal(text: string): readonly number[] {
  if (text.isWellFormed() && !text.includes("\0") && !text.includes("\uFEFF", 1)) return [];
  const offsets: number[] = [];
  for (const match of text.matchAll(/[\0\uFEFF\uD800-\uDFFF]/gu)) {
    if (match[0] !== "\uFEFF" || match.index > 0) offsets.push(match.index);
  }
  return offsets;
}

/** `U+0040 '@'`, or only the number where there is nothing to see. */
function describeCharacter(code: number): string {
  const shown = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
  const character = String.fromCodePoint(shown);
  const number = `U+${shown.toString(16).toUpperCase().padStart(4, "0")}`;
  return isPrintable(character) ? `${number} '${character}'` : number;
}

function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

function isDecimal(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}

function digitValue(code: number): number {
  if (isDecimal(code)) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : 16;
}
