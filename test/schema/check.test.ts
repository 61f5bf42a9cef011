import { expect, test } from "vitest";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { checkBody } from "#src/schema/check.ts";
import { attr } from "#src/schema/field.ts";
import * as t from "#src/schema/type.ts";
import { parseBlock } from "#test/kit/parse-block.ts";
import { shape } from "./shape.ts";

function check(body: string): string[] {
  return checkBody(shape, parseBlock(`x {\nneeded = ""\n${body}\n}`)).map(formatDiagnostic);
}

test.for([
  ["text = true", "test:3:8: expected string, got bool"],
  ['names = ["test", true]', "test:3:18: expected string, got bool"],
  ["names = 1", "test:3:9: expected array, got number"],
  ["text = []", "test:3:8: expected string, got array"],
  ["text = {}", "test:3:8: expected string, got object"],
  ["wait = {}", "test:3:8: expected string, got object"],
  ["whole = []", "test:3:9: expected number, got array"],
  ['extra = {"a" = true}', "test:3:16: expected number, got bool"],
  ["key = 1", "test:3:7: expected capsule, got number"],
  ["key = {}", "test:3:7: expected capsule, got object"],
  ['whole = -"test"', "test:3:10: expected number, got string"],
  ['whole = 1 + "test"', "test:3:9: expected number, got string"],
  ['flag = 10 < "test"', "test:3:8: expected number, got string"],
  ["flag = 1 + 2", "test:3:8: expected bool, got number"],
  ["whole = 1 / 0", "test:3:9: divide by zero error"],
  ["wait = 5", 'test:3:8: time: missing unit in duration "5"'],
  ["record = {}", 'test:3:10: missing required attribute "a"'],
  ["record = {a = 1, z = 2}", 'test:3:18: unrecognized attribute name "z"'],
  ["real = 1e999", "test:3:8: number 1e999 is out of range"],
  ['later = "on"', 'test:3:1: attribute "later" is not supported yet'],
  ["never { }", 'test:3:1: block "never" is not supported yet'],
  ["named { }", 'test:3:1: block "named" requires non-empty label'],
  ["stage.json { }", 'test:3:1: missing required attribute "field"'],
  ["stage.nope { }", 'test:3:1: unrecognized block name "stage.nope"'],
] as const)("%s: %s", ([body, message]) => {
  const found = check(body);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

test.for([
  "whole = -1",
  "whole = 1 + 1",
  "text = 5",
  'whole = "5"',
  "text = null",
  "text = some.reference",
  'names = [some.reference, "a"]',
  "flag = !some.reference",
  "text = (true)",
  "targets = [{a = true}]",
  "targets = some.targets",
  "anything = [1, {a = [true]}]",
  'later = "off"',
  'later = ""',
  "later = null",
  "later = some.reference",
  'fresh = "x"',
])("%s is not objected to before it runs", (body) => {
  expect(check(body)).toEqual([]);
});

test("all problems come in the order of the text, what is missing at the end", () => {
  expect(
    checkBody(shape, parseBlock("x {\nbogus = 1\nonce {\n bad = 1\n}\nwhole = true\n}")).map(formatDiagnostic),
  ).toEqual([
    'test:2:1: unrecognized attribute name "bogus"',
    'test:4:2: unrecognized attribute name "bad"',
    'test:3:1: missing required attribute "second"',
    "test:6:9: expected number, got bool",
    'test:1:1: missing required attribute "needed"',
  ]);
});

test("a whole block is marked from its name to its brace", () => {
  const [problem] = checkBody({ a: attr(t.string, "A.") }, parseBlock('x "label" {\n}'));
  expect([problem?.start, problem?.end]).toMatchObject([
    { line: 1, column: 1 },
    { line: 2, column: 1 },
  ]);
});

test("a deprecated attribute is a warning that says what to use", () => {
  expect(checkBody(shape, parseBlock('x {\nneeded = ""\nold = "x"\n}'))).toMatchObject([
    { severity: "warning", code: "deprecated-attribute", hint: "Use text instead." },
  ]);
});

test("fields have a stability of their own", () => {
  const block = parseBlock('x {\nneeded = ""\nfresh = "x"\n}');
  const [problem] = checkBody(shape, block, { stability: "generally-available" });
  expect(problem?.message).toMatch(/^attribute "fresh" is at stability level "experimental", which is below/);
  expect(checkBody(shape, block, { stability: "experimental" })).toEqual([]);
});
