import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRules } from "#src/relabel/relabel.ts";
import { checkRules } from "#src/relabel/rule-args.ts";
import { Labels } from "#src/signal/labels.ts";
import { naiveRelabel } from "./naive.ts";
import { rule, type RuleText } from "./rule.ts";

interface Case {
  readonly name: string;
  readonly rules: readonly RuleText[];
  readonly labels: Readonly<Record<string, string>>;
  readonly want: Readonly<Record<string, string>> | null;
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../golden/relabel.json"), "utf8")) as readonly Case[];
const toObject = (labels: Labels | undefined): unknown =>
  labels === undefined ? null : Object.fromEntries(labels.entries());

describe("each action does what Prometheus documents", () => {
  test.each(cases)("$name", ({ rules, labels, want }) => {
    const relabel = compileRules(rules.map(rule));
    const input = Labels.from(Object.entries(labels));
    expect(toObject(relabel(input))).toEqual(want);
    expect(toObject(relabel(input))).toEqual(want);
  });
});

test("labels that no rule changes come back as the same object", () => {
  const relabel = compileRules([
    rule({ source_labels: ["a"], target_label: "a" }),
    rule({ regex: "x", action: "labeldrop" }),
  ]);
  const labels = Labels.from([["a", "1"]]);
  expect(relabel(labels)).toBe(labels);
});

test("names beyond the old character set are written only where the scheme allows it", () => {
  const rules = [rule({ target_label: "a.b", replacement: "x" })];
  const labels = Labels.from([["a", "1"]]);
  expect(compileRules(rules)(labels)).toBe(labels);
  expect(toObject(compileRules(rules, { names: "utf8" })(labels))).toEqual({ a: "1", "a.b": "x" });
});

test("a plan agrees with the plain reading of its rules, in whatever order label sets come", () => {
  const name = fc.constantFrom("a", "b", "ab", "b_c", "c", "d", "__name__", "tmp_x");
  const value = fc.constantFrom("", "x", "y", "xy", "a", "b", "1:2", "ÄÖ", "😀x");
  const ruleText = fc.record(
    {
      action: fc.constantFrom<RuleText["action"][]>(
        ...([
          "replace",
          "keep",
          "drop",
          "labelmap",
          "labeldrop",
          "labelkeep",
          "uppercase",
          "keepequal",
          "hashmod",
        ] as const),
      ),
      source_labels: fc.array(name, { maxLength: 3 }),
      separator: fc.constantFrom(";", "", "_"),
      regex: fc.constantFrom("(.*)", "(.+)", "a|b", "x.*", "([^_]*)_?(.*)", "(?i)X(y)?", "", "(.)(.?)", "[a-c]"),
      modulus: fc.constant(7),
      target_label: fc.constantFrom("a", "c", "e", "$1", "t_${2}"),
      replacement: fc.constantFrom("$1", "v", "${1}_$2", "", "a"),
    },
    { requiredKeys: ["action", "target_label", "modulus"] },
  );
  const labelSet = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(ruleText, { maxLength: 5 }), fc.array(labelSet, { maxLength: 4 }), (texts, sets) => {
      const rules = texts.map((text) => rule(text as RuleText));
      const relabel = compileRules(rules);
      for (const set of [...sets, ...sets]) {
        const labels = Labels.from(Object.entries(set));
        expect(toObject(relabel(labels))).toEqual(toObject(naiveRelabel(rules, labels)));
      }
    }),
    { numRuns: 2000, seed: 20261123 },
  );
});

describe("wrong rules are refused by field", () => {
  test.each<[RuleText, string, string]>([
    [{ action: "hashmod", target_label: "a" }, "modulus", "non-zero modulus"],
    [{ source_labels: ["a"] }, "target_label", "requires 'target_label'"],
    [{ action: "keepequal" }, "target_label", "requires 'target_label'"],
    [{ target_label: "a-$1" }, "target_label", "is invalid 'target_label'"],
    [{ target_label: "$" }, "target_label", "is invalid 'target_label'"],
    [{ action: "lowercase", target_label: "a", replacement: "x" }, "replacement", "can not be set"],
    [{ action: "labelmap", replacement: "a b" }, "replacement", "is invalid 'replacement'"],
    [{ action: "labeldrop", regex: "a", source_labels: [] }, "action", "requires only 'regex'"],
    [{ action: "labelkeep", regex: "a", separator: "," }, "action", "requires only 'regex'"],
    [{ action: "dropequal", target_label: "a", regex: "x" }, "action", "requires only 'source_labels'"],
  ])("%j", (text, field, message) => {
    const problems = checkRules([rule({ target_label: "fine" }), rule(text)], "rule");
    expect(problems).toEqual([{ path: `rule[1].${field}`, message: expect.stringContaining(message) as string }]);
  });

  test("a name with many groups is judged at once", () => {
    const target = `${"$a".repeat(30_000)}-`;
    expect(checkRules([rule({ target_label: target })], "rule")).toHaveLength(1);
  });
});
