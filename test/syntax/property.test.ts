/** Whatever comes in, the parser ends and answers; what it takes, the printer writes back and keeps so. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Expression, Statement } from "#src/syntax/ast.ts";
import { parse } from "#src/syntax/parse.ts";
import { format } from "#src/syntax/print.ts";

const word = fc.constantFrom("a", "b1", "long_name", "é", "true", "null");
const soup = fc.array(
  fc.oneof(
    word,
    fc.constantFrom(
      "1",
      "1.5",
      "1e",
      '"s"',
      '"\\x',
      "`r\n`",
      "'q'",
      "//c\n",
      "/* c */",
      "/* c\n*/",
      "/*",
      "\n",
      "\r\n",
      "\0",
      "\uFEFF",
      "\ud800",
    ),
    fc.constantFrom(...Array.from("|&!=<>+-*/%^{}()[],.;@ ")),
    fc.string(),
  ),
  { maxLength: 60 },
);

test("no text makes the parser throw, hang or point outside of it", () => {
  fc.assert(
    fc.property(soup, (parts) => {
      const text = parts.join("");
      const { file, diagnostics } = parse("f", text);
      for (const { start } of diagnostics) expect(start!.offset).toBeLessThanOrEqual(text.length);
      for (const statement of file.body) checkSpans(statement, text.length);
      if (diagnostics.length === 0) format(file);
    }),
    { numRuns: 2000 },
  );
});

function checkSpans({ start, end }: Statement, length: number): void {
  expect(start).toBeGreaterThanOrEqual(0);
  expect(end).toBeGreaterThanOrEqual(start);
  expect(end).toBeLessThanOrEqual(length);
}

test("no bytes make the parser throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void parse("f", bytes)),
    { numRuns: 1000 },
  );
});

const gap = fc.constantFrom("", " ", "\t", "\n", "\n\n\n", "/* c */", " // c\n", "\n// c\n\n", "/* c\n*/");
const name = fc.constantFrom("a", "name", "a_longer_name", "été");
const literal = fc.constantFrom("1", "2.5", '"text"', '"esc\\n\\\\"', "`raw\n\t text `", "true", "null");
const key = fc.oneof(name, fc.constantFrom('"quoted key"', '"back\\\\slash"', "`raw key`", "`a\\b`", '""'));

/** Expressions as text, with line breaks wherever the language takes them. */
const { expression } = fc.letrec<{ expression: string; primary: string }>((tie) => {
  const list = fc
    .array(fc.tuple(gap, tie("expression")), { maxLength: 3 })
    .chain((items) => fc.tuple(fc.constant(items.map(([space, item]) => `${space}${item}`)), gap))
    .map(([items, end]) => (items.length === 0 ? "" : items.join(",") + (end.includes("\n") ? `,${end}` : end)));
  const fields = fc
    .array(fc.tuple(gap, key, tie("expression")), { maxLength: 3 })
    .map(
      (items) => items.map(([space, k, value]) => `${space}${k}=${value}`).join(",") + (items.length > 0 ? ",\n" : ""),
    );
  return {
    primary: fc.oneof(
      { maxDepth: 4 },
      literal,
      name,
      list.map((items) => `[${items}]`),
      fields.map((items) => `{${items}}`),
      tie("expression").map((inner) => `(${inner})`),
      fc.tuple(name, list).map(([callee, args]) => `${callee}(${args})`),
      fc.tuple(name, name, tie("expression")).map(([value, field, index]) => `${value}.${field}[${index}]`),
    ),
    expression: fc.oneof(
      { maxDepth: 4 },
      tie("primary"),
      tie("primary").map((value) => `!${value}`),
      fc
        .tuple(tie("primary"), fc.constantFrom("+", "-", "*", "^", "==", "&&", "||"), gap, tie("expression"))
        .map(([left, operator, space, right]) => `${left}${operator}${space}${right}`),
    ),
  };
});

const attribute = fc
  .tuple(name, fc.constantFrom("", " ", "\t", " /* c */ "), expression)
  .map(([n, space, value]) => `${n}${space}=${value}`);
const { body } = fc.letrec<{ body: string; block: string }>((tie) => ({
  block: fc
    .tuple(name, fc.boolean(), fc.oneof({ maxDepth: 3 }, fc.constant(""), tie("body")))
    .map(([n, labelled, inner]) => `${n}.x${labelled ? ' "label"' : ""} {\n${inner}\n}`),
  body: fc
    .array(fc.tuple(fc.oneof(attribute, tie("block")), fc.constantFrom("\n", "\n\n", "\n\n\n\n")), { maxLength: 4 })
    .map((statements) => statements.map((pair) => pair.join("")).join("")),
}));

test("what is printed means the same, and printing it again changes nothing", () => {
  fc.assert(
    fc.property(body, (text) => {
      const first = parse("f", text);
      expect(first.diagnostics).toEqual([]);
      const printed = format(first.file);
      const second = parse("f", printed);
      expect(second.diagnostics).toEqual([]);
      expect(second.file.body.map(meaning)).toEqual(first.file.body.map(meaning));
      expect(second.file.comments.flat()).toHaveLength(first.file.comments.flat().length);
      expect(format(second.file)).toBe(printed);
    }),
    { numRuns: 500 },
  );
});

/** A statement without its places. */
function meaning(statement: Statement): unknown {
  if (statement.kind === "attribute") return [statement.name, bare(statement.value)];
  return [statement.name, statement.label, statement.body.map(meaning)];
}

function bare(e: Expression): unknown {
  switch (e.kind) {
    case "identifier":
      return e.name;
    case "literal":
      return [e.literal, e.raw];
    case "array":
      return ["array", ...e.elements.map(bare)];
    case "object":
      return ["object", ...e.fields.map((field) => [field.name, field.quoted, bare(field.value)])];
    case "access":
      return ["access", bare(e.value), e.name];
    case "index":
      return ["index", bare(e.value), bare(e.index)];
    case "call":
      return ["call", bare(e.callee), ...e.args.map(bare)];
    case "unary":
      return [e.operator, bare(e.value)];
    case "binary":
      return [e.operator, bare(e.left), bare(e.right)];
    case "paren":
      return ["paren", bare(e.inner)];
  }
}
