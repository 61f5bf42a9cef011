import { describe, expect, test } from "vitest";
import { equal } from "#src/value/equal.ts";
import { Handle } from "#src/value/host.ts";
import { encodeJson } from "#src/value/json.ts";
import { formatFloat } from "#src/value/number.ts";
import { render } from "#src/value/render.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Target } from "#src/value/target.ts";
import { compareText } from "#src/value/text.ts";
import { FunctionValue, type Value } from "#src/value/value.ts";

const f = new FunctionValue("f", () => null);
const receiver = {};
const target = (...labels: [string, string][]) => new Target(new Map(labels));

describe("equality", () => {
  test.each<[Value, Value]>([
    [null, null],
    [3n, 3],
    [
      [1n, [2]],
      [1, [2n]],
    ],
    [Buffer.from("a"), [97n]],
    [
      new Map<string, Value>([
        ["a", 1n],
        ["b", 2n],
      ]),
      new Map<string, Value>([
        ["b", 2],
        ["a", 1],
      ]),
    ],
    [target(["a", "1"], ["b", "2"]), target(["b", "2"], ["a", "1"])],
    [new Handle("R", receiver), new Handle("R", receiver)],
    [new Secret("x"), new Secret("x")],
  ])("%o is %o", (a, b) => expect(equal(a, b) && equal(b, a)).toBe(true));

  test.each<[Value, Value]>([
    [null, 0n],
    [1n, "1"],
    [1n, true],
    [NaN, NaN],
    [[], new Map()],
    [new Map([["a", null]]), new Map([["b", null]])],
    [f, f],
    [new Handle("R", {}), new Handle("R", {})],
    [new Secret("x"), new OptionalSecret("x", true)],
    [target(["a", "1"]), target(["a", "2"])],
  ])("%o is not %o", (a, b) => expect(equal(a, b) || equal(b, a)).toBe(false));
});

test("values print as configuration, secrets masked", () => {
  const value = new Map<string, Value>([
    ["z z", [1n, 2.5, null, true]],
    ["a", new Secret("hidden")],
    ["b", new OptionalSecret('open "x"', false)],
    ["c", new Map([["t", target(["l", "v\n"])]])],
    ["d", new Handle("MetricsReceiver", receiver)],
    ["e", f],
    ["true", new Map()],
  ]);
  expect(render(value)).toBe(
    [
      "{",
      "\ta = (secret),",
      '\tb = "open \\"x\\"",',
      "\tc = {",
      "\t\tt = {",
      '\t\t\tl = "v\\n",',
      "\t\t},",
      "\t},",
      '\td = capsule("MetricsReceiver"),',
      "\te = function,",
      '\t"true" = {},',
      '\t"z z" = [1, 2.5, null, true],',
      "}",
    ].join("\n"),
  );
  expect(JSON.stringify(encodeJson(value))).not.toContain("hidden");
});

test("the UI gets values with their types", () => {
  expect(encodeJson([1n, "x", null, new Secret("s"), new OptionalSecret("o", false), target(["a", "b"]), f])).toEqual({
    type: "array",
    value: [
      { type: "number", value: 1 },
      { type: "string", value: "x" },
      { type: "null", value: null },
      { type: "capsule", value: "(secret)" },
      { type: "capsule", value: '"o"' },
      { type: "object", value: [{ key: "a", value: { type: "string", value: "b" } }] },
      { type: "function", value: "function" },
    ],
  });
  expect(() => encodeJson(-Infinity)).toThrow("json: unsupported value: -Inf");
});

test("texts are ordered by their bytes", () => {
  const sorted = ["", "A", "a", "ab", "é", "ﬀ", "😀"];
  expect([...sorted].reverse().sort(compareText)).toEqual(sorted);
});

test("floats print with the digits they have, ties to even", () => {
  expect([0.5, 1.5, 2.5, 0.125].map((n) => formatFloat(n, "f", n === 0.125 ? 2 : 0))).toEqual(["0", "2", "2", "0.12"]);
  expect([1e6, 123456, 1e-5, 0.0001].map((n) => formatFloat(n, "g", -1))).toEqual([
    "1e+06",
    "123456",
    "1e-05",
    "0.0001",
  ]);
  expect(formatFloat(5e-324, "e", 20)).toBe("4.94065645841246544177e-324");
});
