import { expect, test } from "vitest";
import { DiagnosticError } from "#src/diag/diagnostic.ts";
import { checkProblems } from "#src/runtime/language.ts";
import { parseBlock } from "#test/kit/parse-block.ts";

const block = parseBlock(`a.b "c" {
  x = 1
  rule { }
  rule {
    y = 2
  }
  stage.json {
    z = 3
  }
}`);

test.each([
  ["x", 2],
  ["rule", 3],
  ["rule[1]", 4],
  ["rule[1].y", 5],
  ["rule[1].missing", 4],
  ["rule[7].y", 1],
  ["stage.json.z", 8],
  ["missing.x", 1],
  ["", 1],
])("a problem at %j is told at line %d", (path, line) => {
  const check = (): never => {
    checkProblems(() => [{ path, message: "wrong" }], {}, block);
    throw new Error("no problem");
  };
  expect(check).toThrow(DiagnosticError);
  try {
    check();
  } catch (error) {
    expect((error as DiagnosticError).diagnostics[0]!.start!.line).toBe(line);
  }
});
