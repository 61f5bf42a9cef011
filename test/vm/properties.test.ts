import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExpression } from "#src/syntax/parse.ts";
import { render } from "#src/value/render.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import type { Value } from "#src/value/value.ts";
import { evaluate, EvaluationError } from "#src/vm/evaluate.ts";
import { lookupStdlib } from "#src/vm/stdlib.ts";

const functions = ["array", "convert", "encoding", "file", "string"].flatMap((namespace) =>
  [...(lookupStdlib(namespace) as ReadonlyMap<string, Value>).keys()].map((name) => `${namespace}.${name}`),
);
const texts = ["", "k", "a,b", "%s %v %q", "%[2]*d", "$..k", "$[?(@.k)]", '{"k":[1,"x"]}', "k: {a: 1}", "aGk=", "%41"];

/** Source texts of expressions, mostly calls of the standard library. */
function expressions(leaves: readonly string[], operators: readonly string[], names: readonly string[]) {
  const leaf = fc.oneof(
    fc.constantFrom(...leaves),
    fc.constantFrom(...texts).map((text) => JSON.stringify(text)),
    fc.constantFrom("0", "1", "2.5", "-1", "true", "null", "[]", "{}", "18446744073709551615", "1e308"),
  );
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc
        .tuple(fc.constantFrom(...names), fc.array(tie("node"), { maxLength: 3 }))
        .map(([f, a]) => `${f}(${a.join(", ")})`),
      fc.tuple(tie("node"), fc.constantFrom(...operators), tie("node")).map(([l, o, r]) => `(${l} ${o} ${r})`),
      fc.array(tie("node"), { maxLength: 3 }).map((a) => `[${a.join(", ")}]`),
      tie("node").map((v) => `{ k = ${v} }`),
      fc.tuple(tie("node"), tie("node")).map(([v, i]) => `(${v})[${i}]`),
      tie("node").map((v) => `(${v}).k`),
      tie("node").map((v) => `-${v}`),
    ),
  })).node;
}

function evaluateWith(text: string, lookup: (name: string) => Value | undefined): Value {
  const { expression, source, diagnostics } = parseExpression("", text);
  expect(diagnostics).toEqual([]);
  return evaluate(expression, source, { lookup });
}

test("an expression has a value or an EvaluationError", () => {
  const operators = ["+", "-", "*", "/", "%", "^", "==", "!=", "<", "<=", ">", ">=", "&&", "||"];
  const names = [...functions, "coalesce", "json_path", "sys.env", "format"];
  const scope = new Map<string, Value>([["s", new Secret("x")]]);
  fc.assert(
    fc.property(expressions(["s"], operators, names), (text) => {
      try {
        evaluateWith(text, (name) => scope.get(name));
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});

/** What anyone may see of an evaluation: the value with secrets masked, or the error. */
function visible(text: string, secret: string): string {
  const scope = new Map<string, Value>([
    ["s", new Secret(secret)],
    ["o", new OptionalSecret(secret, true)],
    ["n", new Map<string, Value>([["k", [new Secret(secret), "k"]]])],
  ]);
  try {
    return render(evaluateWith(text, (name) => scope.get(name)));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return JSON.stringify(error.diagnostics) + error.text;
  }
}

test("nothing that is seen of an expression depends on what a secret says", () => {
  const names = [...functions.filter((name) => name !== "convert.nonsensitive"), "json_path", "sys.env", "format"];
  fc.assert(
    fc.property(expressions(["s", "o", "n", "s", "n.k[0]"], ["+"], names), (text) => {
      expect(visible(text, "canary-Aq")).toBe(visible(text, "canary-Zx"));
    }),
    { numRuns: 3000, seed: 2 },
  );
});

test("what functions make of secrets is secret", () => {
  const secret = '{"k":[1,"x"]}';
  for (const text of [
    "string.to_upper(s)",
    'string.format("%s", s)',
    'string.format("%v", { a = [o] })',
    "encoding.to_json({ a = s })",
    'string.join(["a", s], ",")',
    'string.replace("a", "a", s)',
    'json_path(s, "$.k[1]")[0]',
    'encoding.from_json(string.format("%s", json_path(s, "$.k[0]")[0]))',
    "encoding.to_base64(s)",
    "encoding.from_base64(encoding.to_base64(s))",
    "file.path_join(s)",
    "sys.env(s)",
    's + "x"',
    '"x" + o',
  ]) {
    const shown = visible(text, secret);
    expect({ text, shown }).toEqual({ text, shown: expect.stringMatching(/^(\(secret\)|\[.*\]|\[\])$/) as string });
    expect(shown).not.toMatch(/[kx1]/);
  }
  expect(visible("convert.nonsensitive(s)", "plain")).toBe('"plain"');
  expect(visible("encoding.from_json(s)", secret)).toContain("keys would be readable");
});
