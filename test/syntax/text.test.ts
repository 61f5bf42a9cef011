import { expect, test } from "vitest";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { SourceText } from "#src/diag/source-text.ts";
import { isIdentifier } from "#src/util/identifier.ts";
import { parse } from "#src/syntax/parse.ts";
import { decodeText } from "#src/syntax/text.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test.each<[string, Uint8Array, string]>([
  [
    "UTF-32 LE",
    bytes(0xff, 0xfe, 0, 0, 97, 0, 0, 0),
    "f:1:1: configuration is encoded with UTF32LittleEndian but must be utf8",
  ],
  ["UTF-32 BE", bytes(0, 0, 0xfe, 0xff), "f:1:1: configuration is encoded with UTF32BigEndian but must be utf8"],
  ["UTF-16 LE", bytes(0xff, 0xfe, 97, 0), "f:1:1: configuration is encoded with UTF16LittleEndian but must be utf8"],
  ["UTF-16 BE", bytes(0xfe, 0xff, 0, 97), "f:1:1: configuration is encoded with UTF16BigEndian but must be utf8"],
  ["what is no encoding", bytes(97, 10, 97, 0xe9, 10), "f:2:2: unknown encoding for config"],
])("a main configuration in %s is refused", (_, content, message) => {
  const decoded = decodeText("f", content);
  expect("diagnostic" in decoded && formatDiagnostic(decoded.diagnostic)).toBe(message);
});

test("UTF-8 with and without a byte order mark is read, and the mark counts as three columns", () => {
  expect(decodeText("f", Buffer.from("é = 1"))).toEqual({ text: "é = 1" });
  const marked = decodeText("f", Buffer.from("\uFEFFa = 1"));
  expect(marked).toEqual({ text: "\uFEFFa = 1" });
  const { file, diagnostics } = parse("f", Buffer.from("\uFEFFa = 1"));
  expect(diagnostics).toEqual([]);
  expect(file.source.position(file.body[0]!.start)).toMatchObject({ line: 1, column: 4 });
});

test("bytes that are not UTF-8 are reported one by one, each a column wide", () => {
  const { diagnostics } = parse(
    "f",
    Buffer.from([0x61, 0x20, 0x3d, 0x20, 0x22, 0xff, 0xe2, 0x82, 0xc3, 0xa9, 0x22, 0x5d]),
  );
  expect(diagnostics.map(formatDiagnostic)).toEqual([
    "f:1:6: illegal UTF-8 encoding",
    "f:1:7: illegal UTF-8 encoding",
    "f:1:8: illegal UTF-8 encoding",
    "f:1:12: expected TERMINATOR, got ]",
  ]);
});

test("positions count lines, bytes and the last byte of a range", () => {
  const source = new SourceText("f", "a\n é😀b\n");
  expect(source.position(6)).toEqual({ file: "f", offset: 6, line: 2, column: 8 });
  expect(source.endPosition(6)).toEqual({ file: "f", offset: 5, line: 2, column: 7 });
  expect(source.endPosition(2)).toMatchObject({ line: 1, column: 2 });
  expect(source.lineAt(8)).toBe(3);
  expect([source.line(2), source.line(3), source.line(4)]).toEqual([" é😀b", "", undefined]);
});

test("identifiers are letters, digits and underscores of any script, but no keywords", () => {
  for (const word of ["a", "_", "été", "日本", "a1", "x٣", "True", "declare"])
    expect(isIdentifier(word), word).toBe(true);
  for (const word of ["", "1a", "a-b", "a b", "true", "false", "null", "٣x", "a\n"]) {
    expect(isIdentifier(word), word).toBe(false);
  }
});
