/** The formatter against the corpus: byte for byte where it has the result, and stable on everything that parses. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { parse } from "#src/syntax/parse.ts";
import { format } from "#src/syntax/print.ts";
import { findCorpus } from "#test/kit/corpus.ts";

const corpus = findCorpus();

describe.skipIf(corpus === undefined)("printed like Alloy's printer does", () => {
  const inputs = corpus === undefined ? [] : globSync(join(corpus, "{fmt,syntax-printer}/*.in"));
  test.each(inputs.map((path) => [basename(path), path]))("%s", (_, path) => {
    const { file, diagnostics } = parse(path, readFileSync(path));
    const failure = path.replace(/in$/, "error");
    if (existsSync(failure)) {
      expect(formatDiagnostic(diagnostics[0]!)).toContain(readFileSync(failure, "utf8").trim());
      return;
    }
    expect(diagnostics).toEqual([]);
    expect(`${format(file)}\n`).toBe(`${readFileSync(path.replace(/in$/, "expect"), "utf8").replace(/\n+$/, "")}\n`);
  });
});

test.skipIf(corpus === undefined)("formatting what was formatted changes nothing", () => {
  for (const path of globSync(join(corpus!, "**/*.{alloy,in}"))) {
    const first = parse(path, readFileSync(path));
    if (first.diagnostics.length > 0) continue;
    const text = format(first.file);
    const second = parse(path, text);
    expect(second.diagnostics, path).toEqual([]);
    expect(format(second.file), path).toBe(text);
  }
});
