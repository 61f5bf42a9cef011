import { describe, expect, test } from "vitest";
import { parseExpression } from "#src/syntax/parse.ts";
import { toList, toStringValue } from "#src/value/convert.ts";
import { Handle } from "#src/value/host.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Target } from "#src/value/target.ts";
import { Capsule, type Value } from "#src/value/value.ts";
import { evaluate, evaluateAs, EvaluationError } from "#src/vm/evaluate.ts";
import { functionStability, findReplacement, isDeprecated, isStdlib } from "#src/vm/stdlib.ts";

const variables = new Map<string, Value>([
  ["target", new Target(new Map([["job", "x"]]))],
  ["empty", new Target(new Map())],
  ["receiver", new Handle("MetricsReceiver", {})],
  ["hidden", new Secret("hidden")],
  ["open", new OptionalSecret("open", false)],
  ["closed", new OptionalSecret("hidden", true)],
  ["string", "shadow"],
]);
const scope = { lookup: (name: string) => variables.get(name) };

function run(text: string): Value {
  const { expression, source } = parseExpression("main.alloy", text);
  return evaluate(expression, source, scope);
}

function errorOf(attempt: () => unknown): EvaluationError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
  throw new Error("it succeeded");
}

test("the scope hides the standard library", () => {
  expect(run("string")).toBe("shadow");
  expect(run("sys.env")).toBeDefined();
});

describe("capsules", () => {
  test("targets read as objects", () => {
    expect(run("target.job")).toBe("x");
    expect(run('target["job"]')).toBe("x");
    expect(run('target["nothing"]')).toBe(null);
    expect(run("coalesce(empty, target)")).toBe(variables.get("target"));
    expect(run('array.group_by([target], "job", true)')).toEqual([
      new Map<string, Value>([
        ["job", "x"],
        ["items", [new Map([["job", "x"]])]],
      ]),
    ]);
    expect(errorOf(() => run("target.nothing")).text).toBe('main.alloy:1:8: field "nothing" does not exist');
  });

  test("others do not", () => {
    const message = "receiver expected object or array or a capsule convertible to an object, got capsule";
    expect(errorOf(() => run("receiver.x")).text).toBe(`main.alloy:1:1: ${message}`);
    expect(errorOf(() => run("receiver + receiver")).message).toContain("could not perform binop +");
  });
});

describe("secrets", () => {
  test.each<[string, string, string]>([
    ['"a" + hidden', "Secret", "ahidden"],
    ['hidden + "a"', "Secret", "hiddena"],
    ["open + hidden", "Secret", "openhidden"],
    ["hidden + closed", "Secret", "hiddenhidden"],
    ['closed + "a"', "OptionalSecret", "hiddena"],
    ['"a" + closed', "OptionalSecret", "ahidden"],
    ["open + closed", "OptionalSecret", "openhidden"],
  ])("%s is a %s", (text, capsule, revealed) => {
    const value = run(text) as Secret | OptionalSecret;
    expect(value).toBeInstanceOf(Capsule);
    expect(value.capsule).toBe(capsule);
    expect(value.reveal()).toBe(revealed);
    expect(String(value)).toBe("(secret)");
  });

  test("what is open stays text", () => {
    expect(run('"a" + open')).toBe("aopen");
    expect(run('open + "a"')).toBe("opena");
    expect((run("open + open") as OptionalSecret).describe()).toBe("openopen");
  });

  test("they compare with texts", () => {
    expect(run('hidden == "hidden"')).toBe(true);
    expect(run('open == "open"')).toBe(true);
    expect(run('closed != "x"')).toBe(true);
    expect(run("hidden == closed")).toBe(true);
  });

  test("one door lets them out", () => {
    expect(run("convert.nonsensitive(hidden)")).toBe("hidden");
    expect(run("convert.nonsensitive(closed)")).toBe("hidden");
  });
});

test("a value of the wrong type is named by the way that leads to it", () => {
  const read = (text: string) => {
    const { expression, source } = parseExpression("main.alloy", text);
    return evaluateAs(expression, source, scope, (value) => toList(value, toStringValue));
  };
  expect(read('["a", 1]')).toEqual(["a", "1"]);
  expect(errorOf(() => read('["a", true]')).text).toBe("main.alloy:1:7: true should be string, got bool");
  const error = errorOf(() => read('encoding.from_json("[1, {}]")'));
  expect(error.text).toBe('main.alloy:1:1: encoding.from_json("[1, {}]")[1] should be string, got object');
  expect(error.diagnostics[0]).toMatchObject({ code: "wrong-type", value: "{}", end: { column: 29 } });
});

test("results are bounded", () => {
  for (const text of [
    'replace(format("%1000000s", ""), "", format("%1000s", ""))',
    'format("%1000000d %[1]1000000v", array.concat([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9]))',
  ]) {
    expect(errorOf(() => run(text)).message).toContain("would be longer than");
  }
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (let i = 0; i < 8; i++) {
    const [previous, name] = [String.fromCharCode(97 + i), String.fromCharCode(98 + i)];
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${previous}`).join(", ")}]`);
  }
  const text = `encoding.from_yaml(${JSON.stringify(bomb.join("\n"))})`;
  expect(errorOf(() => run(text)).message).toContain("document contains excessive aliasing");
  const deep = `encoding.from_json(${JSON.stringify("[".repeat(100_000))})`;
  expect(errorOf(() => run(deep)).message).toContain("exceeded max depth");
});

test("the standard library knows its old and its unstable names", () => {
  expect(isStdlib("json_path")).toBe(true);
  expect(isStdlib("toString")).toBe(false);
  expect(isDeprecated("concat")).toBe(true);
  expect(isDeprecated("constructor")).toBe(false);
  expect(findReplacement("json_decode")).toBe("encoding.from_json");
  expect(functionStability("array.group_by")).toBe("experimental");
  expect(functionStability("array.concat")).toBe("generally-available");
});
