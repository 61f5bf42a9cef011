import { expect, test } from "vitest";
import { printDiagnostics } from "#src/diag/print.ts";
import type { Expression, File, Statement } from "#src/syntax/ast.ts";
import { parse } from "#src/syntax/parse.ts";
import { format } from "#src/syntax/print.ts";
import { expectGolden, goldenCases } from "#test/kit/golden.ts";

test.each(goldenCases("syntax", ".alloy"))("$name parses as written down", ({ name, bytes }) => {
  const { file, diagnostics } = parse(`${name}.alloy`, bytes);
  expectGolden("syntax", `${name}.txt`, `${outline(file)}\n${printDiagnostics(diagnostics, [file.source])}`);
});

test.each(goldenCases("fmt", ".in"))("$name is formatted as written down", ({ name, bytes }) => {
  const { file, diagnostics } = parse(name, bytes);
  expect(diagnostics).toEqual([]);
  const formatted = format(file);
  expectGolden("fmt", `${name}.out`, `${formatted}\n`);
  expect(format(parse(name, formatted).file)).toBe(formatted);
});

/** The tree with every bracket that precedence leaves out. */
function outline(file: File): string {
  return [...file.body.map((statement) => outlineStatement(statement, "")), ...outlineComments(file)].join("");
}

function outlineComments({ comments }: File): string[] {
  return comments.map((group) => `comments ${JSON.stringify(group.map(({ text }) => text))}\n`);
}

function outlineStatement(statement: Statement, indent: string): string {
  if (statement.kind === "attribute") return `${indent}${statement.name} = ${show(statement.value)}\n`;
  const inner = statement.body.map((child) => outlineStatement(child, `${indent}  `)).join("");
  return `${indent}block ${statement.name} label ${JSON.stringify(statement.label)}\n${inner}`;
}

function show(e: Expression): string {
  switch (e.kind) {
    case "identifier":
      return e.name;
    case "literal":
      return `${e.literal} ${e.raw}`;
    case "array":
      return `[${e.elements.map(show).join(", ")}]`;
    case "object":
      return `{${e.fields.map((f) => `${f.quoted ? "quoted " : ""}${f.name} = ${show(f.value)}`).join(", ")}}`;
    case "access":
      return `(${show(e.value)}).${e.name}`;
    case "index":
      return `(${show(e.value)})[${show(e.index)}]`;
    case "call":
      return `(${show(e.callee)})(${e.args.map(show).join(", ")})`;
    case "unary":
      return `${e.operator}(${show(e.value)})`;
    case "binary":
      return `(${show(e.left)} ${e.operator} ${show(e.right)})`;
    case "paren":
      return `paren ${show(e.inner)}`;
  }
}
