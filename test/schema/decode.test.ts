import { expect, test } from "vitest";
import { DiagnosticError, formatDiagnostic } from "#src/diag/diagnostic.ts";
import { decodeBody, UnknownValueError } from "#src/schema/decode.ts";
import { attr, block, type Infer } from "#src/schema/field.ts";
import * as t from "#src/schema/type.ts";
import { Handle } from "#src/value/host.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Target } from "#src/value/target.ts";
import type { Value } from "#src/value/value.ts";
import { emptyScope } from "#src/vm/scope.ts";
import { parseBlock } from "#test/kit/parse-block.ts";
import { shape } from "./shape.ts";

function decode(body: string, names: Readonly<Record<string, Value>> = {}) {
  return decodeBody(shape, parseBlock(`x {\n${body}\n}`), { lookup: (name) => names[name] });
}

function good(body: string, names: Readonly<Record<string, Value>> = {}): Infer<typeof shape> {
  const decoded = decode(`needed = ""\n${body}`, names);
  if (!decoded.ok) throw new Error(decoded.diagnostics.map(formatDiagnostic).join("\n"));
  return decoded.value;
}

function wrong(body: string, names: Readonly<Record<string, Value>> = {}): string[] {
  const decoded = decode(`needed = ""\n${body}`, names);
  return decoded.ok ? [] : decoded.diagnostics.map(formatDiagnostic);
}

test("what is not given takes its default", () => {
  expect(good("")).toEqual({
    text: "hello",
    needed: "",
    whole: 7,
    tiny: 0,
    real: 0.5,
    flag: true,
    wait: 1000,
    room: 1024,
    mode: "fast",
    names: [],
    extra: new Map(),
    targets: [],
    forward_to: [],
    later: "off",
    always: { depth: 3 },
    many: [],
    named: [],
    stage: [],
  });
});

test("values are converted to the host types of their fields", () => {
  const secret = new Secret("s3");
  const sink = { receives: "x" };
  const value = good(
    `text = 12
     whole = "34"
     tiny = 300
     real = 2
     wait = "1m30s"
     room = "10MiB"
     mode = "slow"
     key = k
     content = "clear"
     names = ["a", 1, 2.5]
     extra = {a = 1, b = "2.5"}
     targets = [{"__address__" = "h:1", n = 2}]
     forward_to = [r, null]
     record = {a = 3.9}
     when = "4"
     anything = [1, {a = true}]`,
    { k: secret, r: new Handle("Receiver", sink) },
  );
  expect(value).toMatchObject({
    text: "12",
    whole: 34,
    tiny: 44,
    real: 2,
    wait: 90_000,
    room: 10_485_760,
    mode: "slow",
  });
  expect(value.key).toBe(secret);
  expect(value.content?.equals(new OptionalSecret("clear", false))).toBe(true);
  expect(value.names).toEqual(["a", "1", "2.5"]);
  expect(value.extra).toEqual(
    new Map([
      ["a", 1],
      ["b", 2.5],
    ]),
  );
  expect(
    value.targets[0]?.equals(
      new Target(
        new Map([
          ["n", "2"],
          ["__address__", "h:1"],
        ]),
      ),
    ),
  ).toBe(true);
  expect(value.forward_to).toEqual([sink]);
  expect(value.record).toEqual({ a: 3, b: "b" });
  expect(value.when).toEqual({ days: 4 });
  expect(value.anything).toEqual([1n, new Map([["a", true]])]);
});

test("null gives the zero value, not the default, and satisfies a required attribute", () => {
  const value = good("text = null\nwhole = null\nflag = null\nwait = null\nnames = null\nalways {\n depth = null\n}");
  expect(value).toMatchObject({ text: "", whole: 0, flag: false, wait: 0, names: [], always: { depth: 0 } });
  const decoded = decode("needed = null");
  expect(decoded.ok && decoded.value.needed).toBe("");
});

test("null leaves optional fields unset, and types without a zero value at their default", () => {
  const value = good("key = null\nwhen = null\nmode = null\nrecord = null");
  expect([value.key, value.when, value.mode, value.record]).toEqual([undefined, undefined, "fast", undefined]);
});

test("blocks nest, repeat, carry labels and keep the order of variants", () => {
  const value = good(
    `once { second = "2" }
     many { second = "a" }
     named "one" { value = "1" }
     many {
       first  = "f"
       second = "b"
     }
     named "two" { }
     dotted.name { x = 5 }
     stage.drop { }
     stage.json { field = "f" }
     stage.drop { reason = "r" }`,
  );
  expect(value.once).toEqual({ first: "one", second: "2" });
  expect(value.many).toEqual([
    { first: "one", second: "a" },
    { first: "f", second: "b" },
  ]);
  expect(value.named).toEqual([
    { label: "one", value: "1" },
    { label: "two", value: "" },
  ]);
  expect(value["dotted.name"]).toEqual({ x: 5 });
  expect(value.stage).toEqual([
    { name: "drop", reason: "" },
    { name: "json", field: "f" },
    { name: "drop", reason: "r" },
  ]);
});

test("decoded lists are never shared between two decodings", () => {
  expect(good(`many { second = "a" }`).many).toHaveLength(1);
  expect(good("").many).toEqual([]);
});

test("all problems of a block are reported, each at its place, with Alloy's words", () => {
  const decoded = decode(
    `bogus = 1
     text = "a"
     text = "b"
     once = 1
     mode { }
     nothing { }
     once { }
     once { }
     named { }
     many "label" { second = "" }
     whole = true
     names = ["a", {}]`,
  );
  expect(decoded.ok ? [] : decoded.diagnostics.map(formatDiagnostic)).toEqual([
    'test:2:1: unrecognized attribute name "bogus"',
    'test:4:6: attribute "text" may only be provided once',
    'test:5:6: "once" must be a block, but is used as an attribute',
    'test:6:6: "mode" must be an attribute, but is used as a block',
    'test:7:6: unrecognized block name "nothing"',
    'test:8:6: block "once" may only be specified once',
    'test:9:6: block "once" may only be specified once',
    'test:10:6: block "named" requires non-empty label',
    'test:11:6: block "many" does not support specifying labels',
    "test:12:14: true should be number, got bool",
    "test:13:20: {} should be string, got object",
    'test:1:1: missing required attribute "needed"',
  ]);
});

test("a mistyped name is answered with the one that was meant", () => {
  const decoded = decode('needed = ""\nflga = true');
  expect(decoded.ok || decoded.diagnostics[0]?.hint).toBe("Did you mean flag?");
});

test.for([
  ["key = 1", "test:3:7: 1 should be capsule, got number"],
  ["text = k", "test:3:8: k secrets may not be converted into strings"],
  ["wait = 5", 'test:3:8: 5 time: missing unit in duration "5"'],
  ['mode = "warp"', 'test:3:8: "warp" is not one of "fast", "slow"'],
  ['when = "soon"', 'test:3:8: "soon" is not a valid day: it is no number of days'],
  ["names = v", "test:3:9: v[1] should be string, got bool"],
  ["extra = o", "test:3:9: o.b should be number, got bool"],
  ["record = {c = 1}", 'test:3:10: {c = 1} does not have field named "c"'],
  ["forward_to = [k]", 'test:3:15: k expected capsule("Receiver"), got capsule("Secret")'],
  ["forward_to = [true]", "test:3:15: true should be capsule, got bool"],
  ["targets = [{a = k}]", "test:3:17: k cannot use a secret as a target value"],
  ["text = missing", 'test:3:8: identifier "missing" does not exist'],
] as const)("%s is refused: %s", ([body, message]) => {
  const names = { k: new Secret("s3"), v: ["a", true], o: new Map<string, Value>([["b", false]]) };
  expect(wrong(body, names)).toEqual([message]);
});

test("no secret is in a message", () => {
  expect(JSON.stringify(decode("text = k\nneeded = k", { k: new Secret("hunter2") }))).not.toContain("hunter2");
});

test("what is not supported yet is refused when it is set, and only then", () => {
  expect(wrong('later = "off"')).toEqual([]);
  expect(wrong('later = ""')).toEqual([]);
  expect(wrong("later = x", { x: "on" })).toEqual(['test:3:1: attribute "later" is not supported yet']);
  expect(wrong("never { }")).toEqual(['test:3:1: block "never" is not supported yet']);
});

test("a block that is absent by default may still have required fields when it is there", () => {
  const optional = { b: block({ a: attr(t.string, "A.") }, "B.") };
  const decoded = decodeBody(optional, parseBlock("x {\n b { }\n}"), { lookup: () => undefined });
  expect(decoded.ok ? [] : decoded.diagnostics.map(formatDiagnostic)).toEqual([
    'test:2:2: missing required attribute "a"',
  ]);
});

test("an attribute that is not known is not evaluated, and reading it says so", () => {
  const body = parseBlock('x {\nneeded = nowhere\ntext = "t"\n}');
  const decoded = decodeBody(shape, body, emptyScope, ({ name }) => name !== "needed");
  if (!decoded.ok) throw new DiagnosticError(decoded.diagnostics);
  expect(decoded.value.text).toBe("t");
  expect(() => decoded.value.needed).toThrow(UnknownValueError);
});
