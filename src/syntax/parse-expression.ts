import type { BinaryOperator, Expression, LiteralKind, ObjectField, Statement, UnaryOperator } from "./ast.ts";
import { TokenReader } from "./token-reader.ts";
import { precedenceOf, Token, tokenName, type TokenKind } from "./token.ts";

const LITERALS: { readonly [token in TokenKind]?: LiteralKind } = {
  [Token.Number]: "number",
  [Token.Float]: "float",
  [Token.String]: "string",
  [Token.Bool]: "bool",
  [Token.Null]: "null",
};

const TRAILING_COMMA = "Put a comma after the last element, or the closing bracket on its line.";

/** The part of the parser that reads expressions. Every method notes the height of the tree it returns. */
export abstract class ExpressionParser extends TokenReader {
  #height = 0;

  protected abstract parseBody(until: typeof Token.RightCurly): Statement[];

  parseExpression(): Expression {
    return this.#parseBinary(1);
  }

  /** An expression one level deeper than where the parser stands. */
  protected parseNested(): Expression {
    if (!this.enter()) return this.#missing();
    const expression = this.#parseBinary(1);
    this.leave();
    return expression;
  }

  /** Operators of the same level are gathered in the loop, to the left; only `^` takes its like to its right. */
  #parseBinary(level: number): Expression {
    let left = this.#parseUnary();
    for (;;) {
      const token = this.token;
      const precedence = precedenceOf(token);
      if (precedence < level) return left;
      const height = this.#height;
      const operatorStart = this.start;
      this.next();
      if (!this.enter()) return left;
      const right = this.#parseBinary(token === Token.Power ? precedence : precedence + 1);
      this.leave();
      const operator = tokenName(token) as BinaryOperator;
      left = { kind: "binary", start: left.start, end: right.end, operator, operatorStart, left, right };
      this.#rise(Math.max(height, this.#height));
    }
  }

  /** Unary operators, an operand, and what follows it: fields, indices, calls. */
  #parseUnary(): Expression {
    if (!this.is(Token.Not) && !this.is(Token.Subtract)) return this.#parsePostfix(this.#parsePrimary());
    const operators: number[] = [];
    while (this.is(Token.Not) || this.is(Token.Subtract)) {
      operators.push(this.start);
      this.next();
    }
    let value = this.#parsePostfix(this.#parsePrimary());
    for (const start of operators.reverse()) {
      const operator: UnaryOperator = this.source.text[start] === "!" ? "!" : "-";
      value = { kind: "unary", start, end: value.end, operator, value };
      this.#rise(this.#height);
    }
    return value;
  }

  #parsePostfix(operand: Expression): Expression {
    let value = operand;
    for (;;) {
      switch (this.token) {
        case Token.Dot: {
          this.next();
          const name = this.tokenText();
          const [nameStart, end] = [this.start, this.end];
          this.expect(Token.Identifier);
          value = { kind: "access", start: value.start, end, value, name, nameStart };
          this.#rise(this.#height);
          break;
        }
        case Token.LeftBracket: {
          const height = this.#height;
          const lbracket = this.start;
          this.next();
          const index = this.parseNested();
          const end = this.end;
          this.expect(Token.RightBracket);
          value = { kind: "index", start: value.start, end, value, index, lbracket };
          this.#rise(Math.max(height, this.#height));
          break;
        }
        case Token.LeftParen: {
          const height = this.#height;
          const lparen = this.start;
          this.next();
          const args = this.#parseList(Token.RightParen);
          const end = this.end;
          this.expect(Token.RightParen);
          value = { kind: "call", start: value.start, end, callee: value, args, lparen };
          this.#rise(Math.max(height, this.#height));
          break;
        }
        case Token.String:
        case Token.LeftCurly:
          if (!this.#refuseBlock(value)) return value;
          break;
        default:
          return value;
      }
    }
  }

  /** A string or `{` after a value: most likely somebody assigns a block. False when the statement was given up. */
  #refuseBlock(value: Expression): boolean {
    if (this.is(Token.String)) this.next();
    if (!this.expect(Token.LeftCurly)) {
      this.skipStatement();
      return false;
    }
    if (this.enter()) {
      this.parseBody(Token.RightCurly);
      this.leave();
    }
    const end = this.end;
    if (!this.expect(Token.RightCurly)) {
      this.skipStatement();
      return false;
    }
    this.report({
      start: value.start,
      end,
      code: "block-as-expression",
      message: "cannot use a block as an expression",
      hint: "Remove the equals sign if a block is meant.",
    });
    return true;
  }

  #parsePrimary(): Expression {
    const { token, start, end } = this;
    this.#height = 1;
    switch (token) {
      case Token.Identifier: {
        const name = this.tokenText();
        this.next();
        return { kind: "identifier", start, end, name };
      }
      case Token.LeftParen: {
        this.next();
        const inner = this.parseNested();
        const close = this.end;
        this.expect(Token.RightParen);
        this.#rise(this.#height);
        return { kind: "paren", start, end: close, inner };
      }
      case Token.LeftBracket: {
        this.next();
        const elements = this.#parseList(Token.RightBracket);
        const close = this.end;
        this.expect(Token.RightBracket);
        this.#rise(this.#height);
        return { kind: "array", start, end: close, elements };
      }
      case Token.LeftCurly:
        return this.#parseObject();
    }
    const literal = LITERALS[token];
    if (literal === undefined) return this.#missing();
    const raw = this.tokenText();
    this.next();
    return { kind: "literal", start, end, literal, raw };
  }

  /** Stands in for an expression that is not there, and skips what is there instead. */
  #missing(): Expression {
    const { start } = this;
    this.unexpected(`expected expression, got ${tokenName(this.token)}`);
    while (!endsOperand(this.token)) this.next();
    this.#height = 1;
    return { kind: "literal", start, end: start, literal: "null", raw: "null" };
  }

  #parseList(until: TokenKind): Expression[] {
    const list: Expression[] = [];
    let height = 0;
    while (!this.is(until) && !this.is(Token.End)) {
      list.push(this.parseNested());
      height = Math.max(height, this.#height);
      if (this.is(until)) break;
      if (!this.is(Token.Comma)) {
        this.unexpected("missing ',' in expression list", TRAILING_COMMA, "missing-comma");
      }
      this.next();
    }
    this.#height = height;
    return list;
  }

  #parseObject(): Expression {
    const start = this.start;
    this.next();
    const fields: ObjectField[] = [];
    let height = 0;
    // A bracket in the place of the first field is left to the complaint about the missing brace.
    while (!this.is(Token.RightCurly) && !this.is(Token.End)) {
      if (fields.length === 0 && this.is(Token.RightBracket)) break;
      fields.push(this.#parseField());
      height = Math.max(height, this.#height);
      if (this.is(Token.RightCurly)) break;
      if (!this.is(Token.Comma)) {
        this.unexpected("missing ',' in field list", TRAILING_COMMA, "missing-comma");
      }
      this.next();
    }
    const end = this.end;
    this.expect(Token.RightCurly);
    this.#rise(height);
    return { kind: "object", start, end, fields };
  }

  /** Field names are what stands between the quotes, never unescaped; an empty name keeps its quotes. */
  #parseField(): ObjectField {
    const start = this.start;
    let name = "";
    let quoted = false;
    if (this.is(Token.String) || this.is(Token.Identifier)) {
      name = this.tokenText();
      if (this.is(Token.String) && name.length > 2) {
        name = name.slice(1, -1);
        quoted = true;
      }
      this.next();
    } else {
      this.unexpected(`expected field name (string or identifier), got ${tokenName(this.token)}`);
      this.skipTo(Token.Assign);
    }
    this.expect(Token.Assign);
    return { start, name, quoted, value: this.parseNested() };
  }

  /** One level above the highest child; chains of operators count, since they too are trees that others walk. */
  #rise(highest: number): void {
    this.#height = highest + 1;
    if (this.#height > this.limits.maxDepth) this.stopTooDeep();
  }
}

function endsOperand(token: TokenKind): boolean {
  switch (token) {
    case Token.End:
    case Token.Terminator:
    case Token.RightParen:
    case Token.RightCurly:
    case Token.RightBracket:
    case Token.Comma:
      return true;
    default:
      return false;
  }
}
