import { expect, test } from "vitest";
import { parse, parseExpression } from "#src/syntax/parse.ts";
import { format } from "#src/syntax/print.ts";

const many = 100_000;

test.each([
  ["parentheses", "(".repeat(many)],
  ["arrays", "[".repeat(many)],
  ["objects", "{a=".repeat(many)],
  ["calls", "f(".repeat(many)],
  ["chains of fields", `a${".b".repeat(many)}`],
  ["chains of indices", `a${"[0]".repeat(many)}`],
  ["unary operators", `${"-".repeat(many)}1`],
  ["sums", `1${"+1".repeat(many)}`],
  ["powers", `${"2^".repeat(many)}1`],
  ["mixed operators", "(1||1&&1==1+1*1^-".repeat(many)],
  ["blocks that should be values", "x {\ny = ".repeat(many)],
])("%s nested without end are refused, once", (_, text) => {
  for (const { diagnostics } of [parseExpression("", text), parse("", `a = ${text}`)]) {
    expect(diagnostics.map(({ code }) => code)).toEqual(["nested-too-deeply"]);
  }
});

test("blocks nested without end are refused, once", () => {
  expect(parse("", "a {\n".repeat(many)).diagnostics.map(({ code }) => code)).toEqual(["nested-too-deeply"]);
});

test("what is as deep as allowed parses and prints", () => {
  const { file, diagnostics } = parse("", `a = ${"(".repeat(498)}1${")".repeat(498)}\nb = 1${" + 1".repeat(498)}`);
  expect(diagnostics).toEqual([]);
  expect(format(parse("", format(file)).file)).toBe(format(file));
});

test("parsing stops after too many errors", () => {
  const { diagnostics } = parse("", "a = ]\n".repeat(many), { maxDiagnostics: 10 });
  expect(diagnostics).toHaveLength(11);
  expect(diagnostics.at(-1)!.message).toBe("more than 10 errors, the rest of the file is not read");
});

test("a text that is too long is not read", () => {
  const { file, diagnostics } = parse("", "a = 1", { maxLength: 4 });
  expect(file.body).toEqual([]);
  expect(diagnostics.map(({ code }) => code)).toEqual(["file-too-large"]);
});

test("time is linear in comments without line breaks", () => {
  expect(parse("", "a/**/".repeat(many)).diagnostics.length).toBeGreaterThan(0);
});
