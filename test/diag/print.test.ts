import { expect, test } from "vitest";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import { SourceText } from "#src/diag/source-text.ts";

/** A diagnostic on two places of a text, each `line:column`. */
function on(source: SourceText, start: string, end?: string): Diagnostic {
  const place = (text: string): NonNullable<Diagnostic["start"]> => {
    const [line, column] = text.split(":").map(Number) as [number, number];
    return { file: source.name, offset: 0, line, column };
  };
  return {
    severity: "error",
    code: "unexpected-token",
    message: "something is wrong",
    start: place(start),
    ...(end !== undefined && { end: place(end) }),
  };
}

const source = new SourceText("f.alloy", 'first "x" {\n\ta\t= [\n\t\t1,\n\t]\n}\n// é and more\r\nlast = 1');

test("a range within a line is underlined, tabs as four blanks", () => {
  expect(printDiagnostics([on(source, "2:2", "2:4")], [source])).toBe(`Error: f.alloy:2:2: something is wrong

1 | first "x" {
2 |     a    = [
  |     ^    ^
3 |         1,
`);
});

test("a place without an end is one character, and columns are bytes", () => {
  expect(printDiagnostics([on(source, "6:7")], [source])).toBe(`Error: f.alloy:6:7: something is wrong

5 | }
6 | // é and more
  |      ^
7 | last = 1
`);
});

test("a range of several lines has a bar at its left", () => {
  expect(printDiagnostics([on(source, "1:7", "4:2")], [source])).toBe(`Error: f.alloy:1:7: something is wrong

1 |   first "x" {
  |  _______^^^^^
2 | |     a    = [
3 | |         1,
4 | |     ]
  | |_____^
5 |   }
`);
});

test("line numbers are padded to the widest", () => {
  const long = new SourceText("f", "x\n".repeat(11));
  expect(printDiagnostics([on(long, "9:1")], [long])).toBe(`Error: f:9:1: something is wrong

 8 | x
 9 | x
   | ^
10 | x
`);
});

test("several are set apart, warnings named so, hints come last, and what has no place or no text has no excerpt", () => {
  const diagnostics: Diagnostic[] = [
    { severity: "warning", code: "cycle", message: "nowhere", hint: "Look elsewhere." },
    on(new SourceText("unknown", ""), "1:1"),
  ];
  expect(printDiagnostics(diagnostics, [source])).toBe(`Warning: nowhere

Hint: Look elsewhere.

Error: unknown:1:1: something is wrong
`);
  expect(printDiagnostics(diagnostics.slice(0, 1), [], { hints: false })).toBe("Warning: nowhere\n");
});

test("colour comes only when asked for", () => {
  const colored = printDiagnostics([on(source, "1:1")], [source], { color: true });
  expect(colored.split("\n")[0]).toBe("\x1b[31;1mError: \x1b[0m\x1b[1mf.alloy:1:1: something is wrong\x1b[0m");
  expect(printDiagnostics([on(source, "1:1")], [source])).not.toContain("\x1b");
});

test("excerpts of endless lines and ranges are left out", () => {
  const wide = new SourceText("wide", `${"x".repeat(5000)}\ny`);
  expect(printDiagnostics([on(wide, "1:1")], [wide])).toBe("Error: wide:1:1: something is wrong\n");
  const tall = new SourceText("tall", "x\n".repeat(5000));
  expect(printDiagnostics([on(tall, "1:1", "4000:1")], [tall])).toBe("Error: tall:1:1: something is wrong\n");
});
