import { expect, test } from "vitest";
import { decodeValue, parseSize, zero } from "#src/schema/convert.ts";
import { decodeBody } from "#src/schema/decode.ts";
import { renderPage } from "#src/schema/docs.ts";
import { encodeValue, formatDuration } from "#src/schema/encode.ts";
import { equalArguments, equalHost, equalValues } from "#src/schema/equal.ts";
import { jsonSchema } from "#src/schema/json-schema.ts";
import * as t from "#src/schema/type.ts";
import { encodeFields, encodePlain, encodeValues } from "#src/schema/ui.ts";
import { Handle } from "#src/value/host.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Target } from "#src/value/target.ts";
import { FunctionValue, type Value } from "#src/value/value.ts";
import { parseBlock } from "#test/kit/parse-block.ts";
import { receiver, shape } from "./shape.ts";

function decode(body: string, names: Readonly<Record<string, Value>> = {}) {
  const decoded = decodeBody(shape, parseBlock(`x {\nneeded = ""\n${body}\n}`), { lookup: (name) => names[name] });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.diagnostics));
  return decoded.value;
}

const sink = { receives: "a" };

test("exports become values of the language, and decode to the same again", () => {
  const cases: readonly (readonly [t.Type<unknown>, unknown, unknown])[] = [
    [t.string, "a", "a"],
    [t.int, 5, 5n],
    [t.number, 5, 5],
    [t.size, 1024, 1024n],
    [t.duration, 90_000, "1m30s"],
    [t.list(t.int), [1, 2], [1n, 2n]],
    [t.map(t.bool), new Map([["a", true]]), new Map([["a", true]])],
    [shape.when.type, { days: 3 }, "3"],
  ];
  for (const [type, host, value] of cases) {
    expect(encodeValue(type, host)).toEqual(value);
    expect(equalValues(type, decodeValue(type, encodeValue(type, host)), host)).toBe(true);
  }
  expect(encodeValue(receiver, sink)).toEqual(new Handle("Receiver", sink));
  expect(encodeValue(receiver, zero(receiver))).toBeNull();
  expect(encodeValue(t.object({ a: shape.whole, b: shape.key }), { a: 1, b: undefined })).toEqual(
    new Map<string, Value>([
      ["a", 1n],
      ["b", null],
    ]),
  );
});

test("a host value that is not of its type is an error, not a wrong value", () => {
  expect(() => encodeValue(t.int, 1.5)).toThrow("a value of type int was expected");
  expect(() => encodeValue(t.secret, "text" as unknown as Secret)).toThrow("a value of type secret was expected");
});

test.for([
  [0, "0s"],
  [0.000001, "1ns"],
  [0.0015, "1.5µs"],
  [2.5, "2.5ms"],
  [1500, "1.5s"],
  [60_000, "1m0s"],
  [3_600_000, "1h0m0s"],
  [90_061_001, "25h1m1.001s"],
  [-1500, "-1.5s"],
] as const)("%d ms reads %s", ([ms, text]) => {
  expect(formatDuration(ms)).toBe(text);
  expect(decodeValue(t.duration, text)).toBe(ms);
});

test.for([
  ["512", 512],
  ["1B", 1],
  ["64KB", 65_536],
  ["10MiB", 10_485_760],
  ["1.5G", 1_610_612_736],
] as const)("%s is %d bytes", ([text, bytes]) => {
  expect(parseSize(text)).toBe(bytes);
});

test("what is no size says so", () => {
  for (const text of ["", "KB", "-1", "1XB", "1e3"]) expect(() => parseSize(text)).toThrow("invalid size");
});

const body = `
  key        = k
  targets    = [{a = "1", b = "2"}]
  forward_to = [r]
  when       = "3"
  names      = ["a"]
  once { second = "2" }
  named "n" { value = "v" }
  stage.drop { reason = "r" }`;
const names = { k: new Secret("s"), r: new Handle("Receiver", sink) };

test("arguments that were decoded twice from the same text are equal", () => {
  expect(equalArguments(shape, decode(body, names), decode(body, { ...names, k: new Secret("s") }))).toBe(true);
  const reordered = body.replace('a = "1", b = "2"', 'b = "2", a = "1"');
  expect(equalArguments(shape, decode(body, names), decode(reordered, names))).toBe(true);
});

test.for([
  ['a = "1"', 'a = "2"'],
  ['names      = ["a"]', "names = []"],
  ['when       = "3"', 'when = "4"'],
  ['second = "2"', 'second = "3"'],
  ['named "n"', 'named "m"'],
  ['value = "v"', 'value = "w"'],
  ['reason = "r"', 'reason = "s"'],
  ["stage.drop { ", "stage.drop { }\n stage.drop { "],
  ['once { second = "2" }', ""],
] as const)("a change of %j to %j is seen", ([before, after]) => {
  expect(equalArguments(shape, decode(body, names), decode(body.replace(before, after), names))).toBe(false);
});

test("secrets compare by their text, receivers by identity", () => {
  expect(equalArguments(shape, decode(body, names), decode(body, { ...names, k: new Secret("t") }))).toBe(false);
  const copy = { ...names, r: new Handle("Receiver", { ...sink }) };
  expect(equalArguments(shape, decode(body, names), decode(body, copy))).toBe(false);
});

test("a value that holds a function is never equal, so its dependants always see it", () => {
  const call = new FunctionValue("f", () => null);
  const args = decode("anything = [f]", { f: call });
  expect(equalArguments(shape, args, args)).toBe(false);
  expect(equalHost(call, call)).toBe(false);
});

test("the UI sees what was set, with secrets masked", () => {
  const shown = encodeFields(shape, decode(body, names));
  expect(shown.map((entry) => entry.name)).toEqual([
    "needed",
    "key",
    "names",
    "targets",
    "forward_to",
    "when",
    "once",
    "named",
    "stage.drop",
  ]);
  expect(shown.find((entry) => entry.name === "key")).toEqual({
    name: "key",
    type: "attr",
    value: { type: "capsule", value: "(secret)" },
  });
  expect(shown.find((entry) => entry.name === "named")).toEqual({
    name: "named",
    type: "block",
    label: "n",
    body: [{ name: "value", type: "attr", value: { type: "string", value: "v" } }],
  });
});

test("no secret gets out by any reader", () => {
  const args = decode("key = k\ncontent = o\nanything = [k]", {
    k: new Secret("hunter2"),
    o: new OptionalSecret("hunter2", true),
  });
  const target = new Target(new Map([["a", "b"]]));
  const seen = JSON.stringify([
    encodeFields(shape, args),
    encodeValues(
      new Map<string, Value>([
        ["k", new Secret("hunter2")],
        ["t", target],
      ]),
    ),
    encodePlain({ list: [{ deep: new Secret("hunter2") }] }),
  ]);
  expect(seen).not.toContain("hunter2");
  expect(seen).toContain("(secret)");
});

test("an infinite number does not keep a page from being shown", () => {
  expect(encodeValues(new Map([["n", Infinity]]))).toEqual([
    { name: "n", type: "attr", value: { type: "string", value: "+Inf" } },
  ]);
});

test("the reference page and the JSON Schema have every field", () => {
  const page = renderPage({
    name: "x.y",
    doc: "Does it.",
    args: shape,
    exports: { out: shape.text },
    examples: ["x {}"],
  });
  const schema = JSON.stringify(jsonSchema(shape));
  for (const name of Object.keys(shape)) {
    expect(page).toContain(name);
    expect(schema).toContain(name);
  }
  expect(page).toContain('| `wait` | duration | `"1s"` | Wait. |');
  expect(page).toContain("| `needed` | string | required | Needed. |");
  expect(page).toContain("Not supported yet.");
  expect(jsonSchema(shape)).toMatchObject({
    required: ["needed"],
    properties: {
      mode: { enum: ["fast", "slow"], default: "fast" },
      key: { writeOnly: true },
      named: { type: "array" },
    },
  });
});
