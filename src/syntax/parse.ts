/**
 * The parser (specification 1.5 and 1.6): text in, syntax tree and diagnostics out. It always returns a tree, as much of
 * it as could be made out, and never throws. Trees are at most `maxDepth` high, so that whoever walks one may recurse.
 */
import { SourceText } from "#src/diag/source-text.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { quote } from "#src/util/quote.ts";
import type { Attribute, Block, CommentGroup, Expression, File, Statement } from "./ast.ts";
import { ExpressionParser } from "./parse-expression.ts";
import { isIdentifier } from "#src/util/identifier.ts";
import { decodeLoosely } from "./text.ts";
import { Token, tokenName } from "./token.ts";
import type { ParseLimits } from "./token-reader.ts";

export type ParseOptions = Partial<ParseLimits>;

/** Characters (or bytes) of a text that are read unless another limit is given. */
export const MAX_SOURCE_LENGTH = 64 * 1024 * 1024;

const DEFAULT_LIMITS: ParseLimits = { maxLength: MAX_SOURCE_LENGTH, maxDepth: 500, maxDiagnostics: 1000 };

export interface ParsedFile {
  readonly file: File;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ParsedExpression {
  readonly source: SourceText;
  readonly expression: Expression;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a whole file; with errors among the diagnostics the tree is partial and good only for showing. */
export function parse(name: string, source: string | Uint8Array, options: ParseOptions = {}): ParsedFile {
  const parser = openParser(name, source, options);
  const body = parser.parseFile();
  const comments: readonly CommentGroup[] = parser.comments;
  return { file: { source: parser.source, body, comments }, diagnostics: parser.diagnostics };
}

/** Parses the expression that a text begins with. As in Alloy, lines after its end are not looked at. */
export function parseExpression(
  name: string,
  source: string | Uint8Array,
  options: ParseOptions = {},
): ParsedExpression {
  const parser = openParser(name, source, options);
  const expression = parser.parseExpression();
  parser.expect(Token.Terminator);
  return { source: parser.source, expression, diagnostics: parser.diagnostics };
}

function openParser(name: string, source: string | Uint8Array, options: ParseOptions): Parser {
  const limits = { ...DEFAULT_LIMITS, ...options };
  const fits = source.length <= limits.maxLength;
  const text = !fits ? "" : typeof source === "string" ? source : decodeLoosely(source);
  const parser = new Parser(new SourceText(name, text), limits);
  if (!fits) {
    const message = `file is ${source.length} long, the limit is ${limits.maxLength}`;
    parser.report({ start: 0, code: "file-too-large", message, hint: "Split it into several files or modules." });
  }
  return parser;
}

/** Name and label of a statement, before it shows whether an attribute or a block follows. */
interface Head {
  readonly names: readonly string[];
  readonly start: number;
  readonly label: string;
  readonly labelStart: number | undefined;
}

class Parser extends ExpressionParser {
  parseFile(): Statement[] {
    return this.parseBody(Token.End);
  }

  /** Body = [ Statement { terminator Statement } ], up to but not including `until`. */
  protected override parseBody(until: typeof Token.End | typeof Token.RightCurly): Statement[] {
    const body: Statement[] = [];
    while (!this.is(until) && !this.is(Token.End)) {
      const statement = this.#parseStatement();
      if (statement !== undefined) body.push(statement);
      if (this.is(until)) break;
      if (!this.is(Token.Terminator)) {
        const crowded = this.is(Token.Identifier) && !this.startsLine();
        const hint = crowded ? "Put each statement on its own line." : undefined;
        this.unexpected(`expected TERMINATOR, got ${tokenName(this.token)}`, hint);
        this.skipStatement();
      }
      this.next();
    }
    return body;
  }

  #parseStatement(): Statement | undefined {
    const head = this.#parseHead();
    if (head === undefined) {
      this.skipTo(Token.Identifier);
      return undefined;
    }
    if (this.is(Token.Assign)) return this.#parseAttribute(head);
    if (this.is(Token.LeftCurly)) return this.#parseBlock(head);
    const wanted = head.names.length === 1 && head.label === "" ? "attribute assignment or block body" : "block body";
    this.unexpected(`expected ${wanted}, got ${tokenName(this.token)}`);
    this.skipTo(Token.Identifier);
    return undefined;
  }

  #parseAttribute(head: Head): Attribute {
    this.next();
    const { start, label, labelStart } = head;
    const [name = ""] = head.names;
    if (head.names.length !== 1) {
      this.report({
        start,
        end: start + head.names.join(".").length,
        code: "invalid-attribute-name",
        message: `attribute names may only consist of a single identifier with no "."`,
      });
    } else if (labelStart !== undefined) {
      this.report({
        start: labelStart,
        end: labelStart + label.length + 2,
        code: "invalid-attribute-name",
        message: "attribute names may not have labels",
      });
    }
    const value = this.parseNested();
    return { kind: "attribute", source: this.source, start, end: value.end, name, value };
  }

  #parseBlock(head: Head): Block {
    const lcurly = this.start;
    this.next();
    let body: Statement[] = [];
    if (this.enter()) {
      body = this.parseBody(Token.RightCurly);
      this.leave();
    }
    const rcurly = this.start;
    const end = Math.max(this.end, rcurly);
    this.expect(Token.RightCurly);
    return {
      kind: "block",
      source: this.source,
      start: head.start,
      end,
      name: head.names.join("."),
      label: head.label,
      labelStart: head.label === "" ? undefined : head.labelStart,
      body,
      lcurly,
      rcurly,
    };
  }

  /** BlockName = identifier { "." identifier } [ string ]. */
  #parseHead(): Head | undefined {
    if (!this.is(Token.Identifier)) {
      this.unexpected(`expected identifier, got ${tokenName(this.token)}`);
      return undefined;
    }
    const start = this.start;
    const names = [this.tokenText()];
    this.next();
    while (this.is(Token.Dot)) {
      this.next();
      if (!this.is(Token.Identifier)) {
        this.unexpected(`expected identifier, got ${tokenName(this.token)}`);
      }
      names.push(this.tokenText());
      this.next();
    }
    if (this.is(Token.Assign) || this.is(Token.LeftCurly)) {
      return { names, start, label: "", labelStart: undefined };
    }
    const labelStart = this.is(Token.String) ? this.start : undefined;
    const label = this.#parseLabel();
    return { names, start, label, labelStart };
  }

  #parseLabel(): string {
    if (!this.is(Token.String)) {
      const hint = this.is(Token.Terminator) ? "Put the opening brace on the line of the block's name." : undefined;
      this.unexpected(`expected block label, got ${tokenName(this.token)}`, hint);
      this.next();
      return "";
    }
    const written = this.tokenText();
    if (!written.startsWith('"')) {
      const message = `expected block label to be a double quoted string, but got ${quote(written)}`;
      this.unexpected(message, undefined, "invalid-label");
    }
    const label = written.length > 2 ? written.slice(1, -1) : "";
    if (label !== "" && !isIdentifier(label)) {
      const message = `expected block label to be a valid identifier, but got ${quote(label)}`;
      this.unexpected(
        message,
        "Labels are made of letters, digits and underscores and do not start with a digit.",
        "invalid-label",
      );
    }
    this.next();
    return label;
  }
}
