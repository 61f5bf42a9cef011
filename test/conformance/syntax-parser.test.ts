/** The parser against the corpus: errors where its files mark them, the errors its evaluator met, and nothing else. */
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { SourceText } from "#src/diag/source-text.ts";
import { parse, parseExpression } from "#src/syntax/parse.ts";
import { Scanner } from "#src/syntax/scanner.ts";
import { Token, tokenName } from "#src/syntax/token.ts";
import { findCorpus } from "#test/kit/corpus.ts";

const corpus = findCorpus();
const MARK = /^\/\* *ERROR *(HERE)? *"([^"]*)" *\*\/$/;

/** Offsets of expected errors: at the token before the mark, or with HERE right after it. */
function findMarks(text: string): Map<number, RegExp> {
  const marks = new Map<number, RegExp>();
  const scanner = new Scanner(text, () => {});
  let start = 0;
  let end = 0;
  for (scanner.next(); scanner.token !== Token.End; scanner.next()) {
    if (scanner.token === Token.Comment) {
      const mark = MARK.exec(text.slice(scanner.start, scanner.end));
      if (mark !== null) marks.set(mark[1] === "HERE" ? end : start, new RegExp(mark[2]!));
    } else if (scanner.token !== Token.Terminator) {
      start = scanner.start;
      const written = scanner.token <= Token.String && scanner.token >= Token.Identifier;
      end = start + (written ? scanner.end - scanner.start : tokenName(scanner.token).length);
    }
  }
  return marks;
}

test.skipIf(corpus === undefined)("errors are where the files say", () => {
  const files = globSync(join(corpus!, "syntax-parser/*.alloy"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const marks = findMarks(text);
    for (const found of parse(file, text).diagnostics) {
      const mark = marks.get(found.start!.offset);
      expect(mark, formatDiagnostic(found)).toBeDefined();
      expect(found.message).toMatch(mark!);
      marks.delete(found.start!.offset);
    }
    expect([...marks], file).toEqual([]);
  }
});

test.skipIf(corpus === undefined)("valid files, fuzz seeds and what people run have no errors", () => {
  const folders = "{syntax-parser/valid,syntax-parser/fuzz*,modules,scenarios,helm,convert-*}/**/*.alloy";
  const files = globSync(join(corpus!, folders)).filter(
    // This file of the corpus ends without the closing brace of its last block.
    (file) => relative(corpus!, file) !== join("scenarios", "routing", "config.alloy"),
  );
  expect(files.length).toBeGreaterThan(100);
  for (const file of files) expect(parse(file, readFileSync(file)).diagnostics, file).toEqual([]);
});

test.skipIf(corpus === undefined)("expressions fail to parse exactly where Alloy's do", () => {
  const lines = readFileSync(join(corpus!, "expressions.jsonl"), "utf8").trim().split("\n");
  const syntax =
    /: (expected (TERMINATOR|expression|IDENT|field name|EOF|[^a-z\s])|illegal character|illegal single|string literal|missing ')/;
  for (const line of lines) {
    const { expr, error = "" } = JSON.parse(line) as { expr: string; error?: string };
    const { diagnostics } = parseExpression("", expr);
    const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more diagnostics)` : "";
    if (diagnostics.length > 0 || syntax.test(error)) {
      expect(diagnostics.length > 0 ? formatDiagnostic(diagnostics[0]!) + more : "", expr).toBe(error);
    }
  }
});

test.skipIf(corpus === undefined)("syntax errors print as the validator prints them", async () => {
  const { printDiagnostics } = await import("#src/diag/print.ts");
  const archive = readFileSync(join(corpus!, "validator/default/syntax_errors.txtar"), "utf8");
  const parts = archive.split(/^-- (.+) --\n/m).slice(1);
  const parsed = [];
  for (let i = 0; i < parts.length; i += 2) parsed.push(parse(parts[i]!, parts[i + 1]!));
  const sources: SourceText[] = parsed.map(({ file }) => file.source);
  const printed = printDiagnostics(
    parsed.flatMap(({ diagnostics }) => diagnostics),
    sources,
    { hints: false },
  );
  expect(printed).toBe(readFileSync(join(corpus!, "validator/default/syntax_errors.diags"), "utf8"));
});
