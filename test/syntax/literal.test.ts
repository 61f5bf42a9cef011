import { expect, test } from "vitest";
import type { Literal } from "#src/syntax/ast.ts";
import { readLiteral } from "#src/syntax/literal.ts";
import { parseExpression } from "#src/syntax/parse.ts";

function read(text: string): ReturnType<typeof readLiteral> {
  const { expression, diagnostics } = parseExpression("", text);
  expect(diagnostics).toEqual([]);
  return readLiteral(expression as Literal);
}

test.each<[string, unknown]>([
  ["null", null],
  ["true", true],
  ["false", false],
  ["0", 0n],
  ["42", 42n],
  ["010", 8n],
  ["0000000000000000000000000000017", 15n],
  ["08", 8],
  ["9223372036854775807", 2n ** 63n - 1n],
  ["9223372036854775808", 2n ** 63n],
  ["18446744073709551615", 2n ** 64n - 1n],
  ["18446744073709551616", 2 ** 64],
  ["01777777777777777777777", 2n ** 64n - 1n],
  ["1.", 1],
  [".5", 0.5],
  ["1e3", 1000],
  ["1.5E-3", 0.0015],
  ["1e-400", 0],
  ['"plain"', "plain"],
  [String.raw`"\a\b\f\n\r\t\v\\\""`, '\x07\b\f\n\r\t\v\\"'],
  [String.raw`"\xc3\xa9 \303\251 \u00e9 \U0001F600 é"`, "é é é 😀 é"],
  [String.raw`"\xff"`, "\ufffd"],
  ["`raw \\n\r\nline`", "raw \\n\nline"],
])("%s", (text, value) => {
  expect(read(text)).toEqual({ value });
});

test.each(["1e999", "9".repeat(400)])("%s has no value", (text) => {
  expect(read(text)).toEqual({ error: expect.stringMatching(/^number .{1,41} is out of range$/) as string });
});
