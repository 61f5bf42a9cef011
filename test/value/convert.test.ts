import { describe, expect, test } from "vitest";
import * as convert from "#src/value/convert.ts";
import { ValueError } from "#src/value/errors.ts";
import { Handle } from "#src/value/host.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { FunctionValue, type Value } from "#src/value/value.ts";

function reasonOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ValueError) return error.message;
    throw error;
  }
  return "no error";
}

const object = new Map<string, Value>([["a", 1n]]);

describe("text", () => {
  test.each<[Value, string]>([
    ["x", "x"],
    [null, ""],
    [12n, "12"],
    [18446744073709551615n, "18446744073709551615"],
    [1e21, "1000000000000000000000"],
    [1e-7, "0.0000001"],
    [2.5, "2.5"],
    [Buffer.from("é"), "é"],
    [new OptionalSecret("open", false), "open"],
  ])("of %o is %s", (value, text) => expect(convert.toStringValue(value)).toBe(text));

  test.each<[string, Value]>([
    ["should be string, got bool", true],
    ["should be string, got array", [1n]],
    ["should be string, got object", object],
    ["should be string, got function", new FunctionValue("f", () => null)],
    ["should be string, got capsule", new Handle("MetricsReceiver", {})],
    ["secrets may not be converted into strings", new Secret("s")],
    ["secrets may not be converted into strings", new OptionalSecret("s", true)],
  ])("%s", (reason, value) => expect(reasonOf(() => convert.toStringValue(value))).toBe(reason));
});

describe("numbers", () => {
  test.each<[Value, bigint | number]>([
    ["12", 12n],
    ["-12", -12n],
    ["1.5", 1.5],
    ["1e3", 1000],
    ["18446744073709551615", 18446744073709551615n],
    [null, 0n],
    [new OptionalSecret("7", false), 7n],
  ])("of %o is %s", (value, number) => expect(convert.toNumberValue(value)).toBe(number));

  test.each<[Value]>([[""], ["-1.5"], ["+5"], ["0x1"], ["18446744073709551616"], ["1e999"], ["x"], [true]])(
    "%o is none",
    (value) => expect(reasonOf(() => convert.toNumberValue(value))).toMatch(/^should be number, got /),
  );

  test("integers are truncated and wrap around", () => {
    expect(convert.toInteger(3.9, 64, true)).toBe(3n);
    expect(convert.toInteger(300n, 8, true)).toBe(44n);
    expect(convert.toInteger(-1n, 64, false)).toBe(18446744073709551615n);
    expect(convert.toInteger(1e300, 64, true)).toBe(-9223372036854775808n);
  });
});

describe("durations", () => {
  test.each<[Value, number]>([
    ["1h30m", 5_400_000],
    ["-1.5s", -1500],
    ["250us", 0.25],
    ["0", 0],
    [null, 0],
  ])("%o is %d ms", (value, milliseconds) => expect(convert.toDuration(value)).toBe(milliseconds));

  test.each<[Value, string]>([
    ["5", 'time: missing unit in duration "5"'],
    [5n, 'time: missing unit in duration "5"'],
    ["5d", 'time: unknown unit "d" in duration "5d"'],
    ["", 'time: invalid duration ""'],
    ["1h x", 'time: unknown unit "h x" in duration "1h x"'],
    [true, "should be string, got bool"],
  ])("%o: %s", (value, reason) => expect(reasonOf(() => convert.toDuration(value))).toBe(reason));
});

test("secrets take texts and each other, and nothing else", () => {
  expect(convert.toSecret("x").reveal()).toBe("x");
  expect(convert.toSecret(new OptionalSecret("x", false)).reveal()).toBe("x");
  expect(convert.toOptionalSecret(new Secret("x")).isSecret).toBe(true);
  expect(convert.toOptionalSecret("x").isSecret).toBe(false);
  expect(reasonOf(() => convert.toSecret(1n))).toBe("should be capsule, got number");
  expect(reasonOf(() => convert.toSecret(new Handle("R", {})))).toBe('expected capsule("Secret"), got capsule("R")');
});

test("lists and maps convert each element, and say which is wrong", () => {
  expect(convert.toList(["a", 1n], convert.toStringValue)).toEqual(["a", "1"]);
  expect(convert.toList(Buffer.from("a"), convert.toStringValue)).toEqual(["97"]);
  expect(convert.toMap(object, convert.toStringValue)).toEqual(new Map([["a", "1"]]));
  const nested = new Map<string, Value>([["l", ["a", true]]]);
  const read = (v: Value) => convert.toMap(v, (element) => convert.toList(element, convert.toStringValue));
  expect(reasonOf(() => read(nested))).toBe(".l[1] should be string, got bool");
});

test("a target is made of texts, numbers and bools, and of no secret", () => {
  const labels = new Map<string, Value>([
    ["a", "x"],
    ["b", 1n],
    ["c", 1e6],
    ["d", true],
    ["e", new OptionalSecret("open", false)],
  ]);
  expect([...convert.toTarget(labels).labels.values()]).toEqual(["x", "1", "1e+06", "true", "open"]);
  expect(reasonOf(() => convert.toTarget(new Map([["a", new Secret("s")]])))).toContain("cannot use a secret");
  expect(reasonOf(() => convert.toTarget(new Map([["a", null]])))).toContain("nil value");
});
