import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluateToJson } from "#src/cli/eval.ts";
import { findCorpus } from "#test/kit/corpus.ts";

interface Case {
  readonly expr: string;
  readonly result?: unknown;
  readonly error?: string;
  readonly raw?: string;
}

/** Through JSON, where the zero has no sign. */
function evaluateCase(expr: string): Case {
  const output = evaluateToJson(expr);
  const named = "type" in output ? { result: output } : output;
  return JSON.parse(JSON.stringify({ expr, ...named })) as Case;
}

const corpus = findCorpus();
const file = corpus === undefined ? undefined : join(corpus, "expressions.jsonl");

describe.skipIf(file === undefined || !existsSync(file))("expressions measured in Alloy", () => {
  test("all give the same values and errors, with places", () => {
    const cases = readFileSync(file!, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Case);
    expect(cases.length).toBeGreaterThan(0);
    const wrong = cases.filter((wanted) => JSON.stringify(evaluateCase(wanted.expr)) !== JSON.stringify(wanted));
    expect(wrong.map(({ expr }) => ({ wanted: cases.find((c) => c.expr === expr), got: evaluateCase(expr) }))).toEqual(
      [],
    );
  });
});

/** Golden files alternate an expression and what `invar eval --json` prints for it. */
describe("golden expressions", () => {
  for (const path of globSync(join(import.meta.dirname, "..", "golden", "vm", "*.txt")).sort()) {
    test(basename(path, ".txt"), () => {
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      const expressions = lines.filter((line) => !line.startsWith("=> "));
      const actual = expressions.map((expr) => `${expr}\n=> ${JSON.stringify(evaluateToJson(expr))}\n`).join("");
      if (process.env["UPDATE"] === "1") writeFileSync(path, actual);
      expect(actual).toBe(readFileSync(path, "utf8"));
    });
  }
});
