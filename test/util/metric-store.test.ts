import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { createMetricStore } from "#src/util/metric-store.ts";

async function page(store: { render(): Promise<string> }): Promise<string[]> {
  const lines = (await store.render()).split("\n");
  return lines.filter((line) => line !== "" && !line.includes("invar_metrics_update_failures_total"));
}

test("counters, gauges and histograms render with their owner's labels", async () => {
  const store = createMetricStore();
  const owner = store.owner({ component_id: "a.b" });
  owner.counter("jobs_total", "Jobs.", { kind: "x" }).inc(2);
  owner.gauge("depth", "Depth.").set(1.5);
  const histogram = owner.histogram("took_seconds", "Took.", [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
  expect(await page(store)).toEqual([
    "# HELP depth Depth.",
    "# TYPE depth gauge",
    'depth{component_id="a.b"} 1.5',
    "# HELP jobs_total Jobs.",
    "# TYPE jobs_total counter",
    'jobs_total{kind="x",component_id="a.b"} 2',
    "# HELP took_seconds Took.",
    "# TYPE took_seconds histogram",
    'took_seconds_bucket{component_id="a.b",le="0.1"} 2',
    'took_seconds_bucket{component_id="a.b",le="1"} 3',
    'took_seconds_bucket{component_id="a.b",le="+Inf"} 4',
    'took_seconds_sum{component_id="a.b"} 7.65',
    'took_seconds_count{component_id="a.b"} 4',
  ]);
});

test("the same name and labels give the same instrument", () => {
  const owner = createMetricStore().owner();
  expect(owner.gauge("g", "G.", { a: "1", b: "2" })).toBe(owner.gauge("g", "G.", { b: "2", a: "1" }));
});

test("of two owners with the same labels the newer counts, and each leaves with its own series", async () => {
  const store = createMetricStore();
  const labels = { component_id: "x" };
  const old = store.owner(labels);
  old.gauge("g", "G.").set(1);
  const successor = store.owner(labels);
  successor.gauge("g", "G.").set(2);
  expect(await page(store)).toContain('g{component_id="x"} 2');
  expect((await page(store)).filter((line) => line.startsWith("g{"))).toHaveLength(1);
  old.dispose();
  expect(await page(store)).toContain('g{component_id="x"} 2');
  successor.dispose();
  expect(await page(store)).toEqual([]);
});

test("a refused successor gives the series back to its predecessor", async () => {
  const store = createMetricStore();
  store.owner().gauge("g", "G.").set(1);
  const refused = store.owner();
  refused.gauge("g", "G.").set(2);
  refused.dispose();
  expect(await page(store)).toContain("g 1");
});

test("one series can be removed", async () => {
  const store = createMetricStore();
  const owner = store.owner();
  owner.gauge("g", "G.", { shard: "0" }).set(1);
  owner.gauge("g", "G.", { shard: "1" }).set(1);
  owner.remove("g", { shard: "0" });
  expect((await page(store)).filter((line) => line.startsWith("g{"))).toEqual(['g{shard="1"} 1']);
});

test("gauges are brought up to date before each rendering, and one that fails does not hide the rest", async () => {
  const store = createMetricStore();
  const owner = store.owner();
  let reads = 0;
  owner.beforeCollect(() => owner.gauge("reads", "Reads.").set(++reads));
  owner.beforeCollect(() => {
    throw new Error("broken");
  });
  expect(await page(store)).toContain("reads 1");
  expect(await store.render()).toMatch(/^invar_metrics_update_failures_total 2$/m);
});

test("a name cannot be of two kinds, nor any text", () => {
  const owner = createMetricStore().owner();
  owner.gauge("g", "G.");
  expect(() => owner.counter("g", "G.")).toThrow("metric g is a gauge already");
  expect(() => owner.gauge("a-b", "G.")).toThrow('"a-b" is no name for a metric');
});

const promtool = spawnSync("promtool", ["--version"]).status === 0;
test.skipIf(!promtool && process.env["CI"] !== "true")("promtool accepts what is rendered", async () => {
  const store = createMetricStore();
  const owner = store.owner({ component_id: 'quo"te\\back\nline' });
  owner.counter("jobs_total", "Jobs with \\ and\nline.").inc();
  owner.gauge("depth", "Depth.").set(Number.POSITIVE_INFINITY);
  owner.histogram("took_seconds", "Took.", [0.1, 1]).observe(NaN);
  const run = spawnSync("promtool", ["check", "metrics"], { input: await store.render(), encoding: "utf8" });
  expect([run.status, run.stderr]).toEqual([0, ""]);
});
