import { expect, test } from "vitest";
import relabel from "#components/discovery/relabel.ts";
import type { Prepared } from "#src/component/define.ts";
import type { Infer } from "#src/schema/field.ts";
import { Target } from "#src/value/target.ts";
import { fakeContext } from "#test/kit/context.ts";
import { rule } from "../../relabel/rule.ts";

type Exports = Infer<typeof relabel.exports>;

const targetOf = (labels: Readonly<Record<string, string>>): Target => new Target(new Map(Object.entries(labels)));
const show = (targets: readonly Target[]): unknown => targets.map((target) => Object.fromEntries(target.labels));
const parts = (prepared: Prepared<Exports>): { readonly apply: () => void; readonly exports?: Partial<Exports> } =>
  typeof prepared === "function" ? { apply: prepared } : prepared;

const targets = [
  targetOf({ __address__: "a:1", __meta_env: "prod" }),
  targetOf({ __address__: "b:1", __meta_env: "dev" }),
  targetOf({ __address__: "c:1" }),
];
const keepEnv = rule({ source_labels: ["__meta_env"], regex: "(.*)", target_label: "env.name" });
const dropDev = rule({ source_labels: ["__meta_env"], regex: "dev", action: "drop" });

test("exports relabeled targets and the rules; names may be any text", async () => {
  const context = fakeContext<Exports>();
  await relabel.create({ targets, rule: [dropDev, keepEnv] }, context);
  expect(show(context.exported.output!)).toEqual([
    { __address__: "a:1", __meta_env: "prod", "env.name": "prod" },
    { __address__: "c:1" },
  ]);
  expect(context.exported.output![1]).toBe(targets[2]);
  expect(context.exported.rules!.rules).toHaveLength(2);
  context.dispose();
});

test("empty labels are gone once rules are through", async () => {
  const context = fakeContext<Exports>();
  await relabel.create({ targets: [targetOf({ __address__: "a", empty: "" })], rule: [] }, context);
  expect(show(context.exported.output!)).toEqual([{ __address__: "a" }]);
  context.dispose();
});

test("an update is prepared with its exports, and what stays equal stays the same", async () => {
  const context = fakeContext<Exports>();
  const instance = await relabel.create({ targets, rule: [dropDev, keepEnv] }, context);
  const before = context.exported;
  const again = parts(await instance.update!({ targets: [...targets], rule: [dropDev, keepEnv] }));
  expect(again.exports!.output).toBe(before.output);
  expect(again.exports!.rules).toBe(before.rules);
  again.apply();
  const next = parts(await instance.update!({ targets, rule: [keepEnv] }));
  expect(next.exports!.output).toHaveLength(3);
  expect(next.exports!.rules).not.toBe(before.rules);
  expect(context.exported.output).toHaveLength(2);
  context.dispose();
});

test("wrong rules are refused by field", () => {
  expect(relabel.check!({ targets: [], rule: [rule({})] })).toMatchObject([{ path: "rule[0].target_label" }]);
});
