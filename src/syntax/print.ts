/** Prints trees as text in the one accepted form (specification 1.8); printing what was printed changes nothing. */
import type { SourceText } from "#src/diag/source-text.ts";
import { quote } from "#src/util/quote.ts";
import type { ArrayExpression, Attribute, Block, Call, Expression, File, ObjectExpression, Statement } from "./ast.ts";
import { parse } from "./parse.ts";
import { Printer } from "./printer.ts";
import { Scanner } from "./scanner.ts";
import { sameTokens } from "./same-tokens.ts";
import { Token } from "./token.ts";

export interface FormatOptions {
  /** Expressions for which `"(secret)"` is printed; comments within them are left out. */
  readonly redact?: (expression: Expression) => boolean;
}

/** How often a text is printed again until nothing changes; a second time is mostly enough. */
const MOST_PASSES = 8;

/**
 * The formatted text of a file that was parsed without errors, without a line break at its end. Where lines end in the
 * source decides on alignment and commas, and printing may join lines: so what was printed is printed again until it stays.
 */
export function format(file: File, options: FormatOptions = {}): string {
  let text = printFaithfully(file, options);
  for (let pass = 1; pass < MOST_PASSES; pass++) {
    const again = printFaithfully(parse(file.source.name, text).file, {});
    if (again === text) break;
    text = again;
  }
  return text;
}

/**
 * Alloy's printer only guesses where some tokens stood, and a comment next to one may move; that is kept as long as it
 * does no harm. Where the comment would end up inside of an expression and break it, every place is taken from the source.
 */
function printFaithfully(file: File, { redact }: FormatOptions): string {
  if (redact !== undefined) return printTree(file, true, redact);
  const text = printTree(file, false);
  const harmless = sameTokens(file.source.text, text) && parse("", text).diagnostics.length === 0;
  return harmless ? text : printTree(file, true);
}

function printTree(file: File, exact: boolean, redact?: FormatOptions["redact"]): string {
  const printer = new Printer(file.source, file.comments);
  new Walker(printer, file, exact, redact).printBody(file.body);
  return printer.finish();
}

/** The formatted text of one expression, without comments. */
export function formatExpression(source: SourceText, expression: Expression): string {
  const printer = new Printer(source, []);
  new Walker(printer, { source, body: [], comments: [] }, false, undefined).printExpression(expression);
  return printer.finish();
}

class Walker {
  readonly #printer: Printer;
  readonly #file: File;
  /** Whether the places of all tokens are told to the printer, or only those that Alloy tells. */
  readonly #exact: boolean;
  readonly #redact: FormatOptions["redact"];

  constructor(printer: Printer, file: File, exact: boolean, redact: FormatOptions["redact"]) {
    this.#printer = printer;
    this.#file = file;
    this.#exact = exact;
    this.#redact = redact;
  }

  printBody(body: readonly Statement[]): void {
    const printer = this.#printer;
    let previous: Statement | undefined;
    for (const statement of body) {
      if (previous !== undefined) {
        const apart = this.#line(statement.start) - this.#lastLine(previous) > 1;
        if (statement.kind === "block" || apart) printer.space("break");
      }
      if (statement.kind === "block") this.#printBlock(statement);
      else this.#printAttribute(statement);
      printer.space(this.#spansLines(statement) ? "break" : "newline");
      previous = statement;
    }
  }

  #printAttribute(attribute: Attribute): void {
    this.#put(attribute.start, attribute.name);
    this.#printer.space("align");
    this.#printer.token("=");
    this.#printer.space("blank");
    this.printExpression(attribute.value);
  }

  #printBlock(block: Block): void {
    const printer = this.#printer;
    this.#put(block.start, block.name);
    if (block.label !== "") {
      printer.space("blank");
      this.#put(block.labelStart ?? block.start, `"${block.label}"`);
    }
    printer.space("blank");
    this.#put(block.lcurly, "{");
    printer.space("indent");
    if (block.body.length > 0) {
      printer.space("break");
      this.printBody(block.body);
    } else printer.space("blank");
    printer.space("unindent");
    this.#put(block.rcurly, "}");
  }

  printExpression(expression: Expression): void {
    const printer = this.#printer;
    if (this.#redact?.(expression) === true) {
      this.#put(expression.start, '"(secret)"');
      printer.skip(expression.start, expression.end);
      return;
    }
    switch (expression.kind) {
      case "literal":
        return this.#put(expression.start, expression.raw);
      case "identifier":
        return this.#put(expression.start, expression.name);
      case "array":
        return this.#printArray(expression);
      case "object":
        return this.#printObject(expression);
      case "access":
        this.printExpression(expression.value);
        // A number would take the dot for its own.
        if (expression.value.kind === "literal" && expression.value.literal === "number") printer.space("blank");
        printer.token(".");
        return this.#putGuessed(expression.nameStart, expression.name);
      case "index":
        this.printExpression(expression.value);
        this.#put(expression.lbracket, "[");
        this.printExpression(expression.index);
        return this.#put(expression.end - 1, "]");
      case "call":
        return this.#printCall(expression);
      case "unary":
        this.#put(expression.start, expression.operator);
        return this.printExpression(expression.value);
      case "binary":
        this.printExpression(expression.left);
        printer.space("blank");
        this.#put(expression.operatorStart, expression.operator);
        printer.space("blank");
        return this.printExpression(expression.right);
      case "paren":
        this.#putGuessed(expression.start, "(");
        this.printExpression(expression.inner);
        return this.#putGuessed(expression.end - 1, ")");
    }
  }

  #printArray(array: ArrayExpression): void {
    const printer = this.#printer;
    const close = array.end - 1;
    this.#put(array.start, "[");
    let line = this.#line(array.start);
    for (const [i, element] of array.elements.entries()) {
      const moved = this.#line(element.start) !== line;
      // Indented before the line ends, so that comments before it are indented too.
      if (moved) printer.space("indent", "break");
      else if (i > 0) printer.space("blank");
      line = this.#lastLine(element);
      this.printExpression(element);
      if (i + 1 < array.elements.length) printer.token(",");
      if (moved) printer.space("unindent");
    }
    if (array.elements.length > 0 && this.#line(close) !== line) {
      printer.token(",");
      printer.space("indent", "break", "unindent");
    }
    this.#put(close, "]");
  }

  #printObject(object: ObjectExpression): void {
    const printer = this.#printer;
    const close = object.end - 1;
    this.#put(object.start, "{");
    printer.space("indent");
    let line = this.#line(object.start);
    for (const [i, field] of object.fields.entries()) {
      const previous = object.fields[i - 1];
      if (this.#line(field.start) !== line) {
        const aligned = previous !== undefined && !this.#spansLines(previous.value);
        printer.space(aligned ? "newline" : "break");
      } else if (i > 0) printer.space("blank");
      line = this.#line(field.start + field.name.length - 1);
      this.#put(field.start, field.quoted ? quoteKey(field.name) : field.name);
      printer.space("align");
      printer.token("=");
      printer.space("blank");
      this.printExpression(field.value);
      if (i + 1 < object.fields.length) printer.token(",");
    }
    if (object.fields.length > 0 && this.#line(close) !== line) {
      printer.token(",");
      printer.space("break");
    }
    printer.space("unindent");
    this.#put(close, "}");
  }

  #printCall(call: Call): void {
    const printer = this.#printer;
    this.printExpression(call.callee);
    this.#putGuessed(call.lparen, "(");
    let line = this.#line(call.lparen);
    for (const [i, argument] of call.args.entries()) {
      const moved = this.#line(argument.start) !== line;
      if (moved) printer.space("break", "indent");
      this.printExpression(argument);
      line = this.#lastLine(argument);
      if (i + 1 < call.args.length) {
        printer.token(",");
        printer.space("blank");
      }
      if (moved) printer.space("unindent");
    }
    if (call.args.length > 0 && this.#line(call.end - 1) !== line) {
      printer.token(",");
      printer.space("break");
    }
    this.#putGuessed(call.end - 1, ")");
  }

  #put(offset: number, text: string): void {
    this.#printer.moveTo(offset);
    this.#printer.token(text);
  }

  #putGuessed(offset: number, text: string): void {
    if (this.#exact) this.#printer.moveTo(offset);
    this.#printer.token(text);
  }

  #line(offset: number): number {
    return this.#file.source.lineAt(offset);
  }

  #lastLine(node: { readonly end: number }): number {
    return this.#line(node.end - 1);
  }

  #spansLines(node: { readonly start: number; readonly end: number }): boolean {
    return this.#line(node.start) !== this.#lastLine(node);
  }
}

/** Keys are never unescaped, so they are written back as they were; in backticks where quotes would not do. */
function quoteKey(name: string): string {
  const quoted = `"${name}"`;
  if (/^[^"\\\n\r]*$/.test(name) || isString(quoted)) return quoted;
  return name.includes("`") ? quote(name) : `\`${name}\``;
}

function isString(text: string): boolean {
  let fine = true;
  const scanner = new Scanner(text, () => {
    fine = false;
  });
  scanner.next();
  return fine && scanner.token === Token.String && scanner.end === text.length;
}
