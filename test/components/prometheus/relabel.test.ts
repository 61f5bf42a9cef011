import { afterEach, beforeEach, describe, expect, test } from "vitest";
import relabel from "#components/prometheus/relabel.ts";
import type { Instance, Prepared } from "#src/component/define.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import type { Infer } from "#src/schema/field.ts";
import { Labels } from "#src/signal/labels.ts";
import { setStale, words, type SampleBatch } from "#src/signal/samples.ts";
import { fakeContext, type FakeContext } from "#test/kit/context.ts";
import { rule } from "../../relabel/rule.ts";
import { show, Sink } from "./sink.ts";

type Args = Infer<typeof relabel.args>;
type Exports = Infer<typeof relabel.exports>;

let sink: Sink;
let context: FakeContext<Exports>;
let instance: Instance<Args, Exports> | undefined;

beforeEach(() => {
  sink = new Sink();
  context = fakeContext({ id: "prometheus.relabel.x" });
});
afterEach(async () => {
  await instance?.stop?.();
  context.dispose();
});

const argsOf = (given: Partial<Args> = {}): Args => ({ ...defaultsOf(relabel.args), forward_to: [sink], ...given });
async function open(given: Partial<Args>): Promise<void> {
  instance = await relabel.create(argsOf(given), context);
}
const send = (batch: SampleBatch): void | Promise<void> => context.exported.receiver!.consume(batch);
const apply = (prepared: Prepared<Exports>): void => {
  if (typeof prepared === "function") return prepared();
  if (prepared.exports !== undefined) context.export(prepared.exports);
  prepared.apply();
};
const series = (...names: string[]): readonly Labels[] =>
  names.map((name) =>
    Labels.from([
      ["__name__", name],
      ["x", "1"],
    ]),
  );
function batchOf(table: readonly Labels[], row = table.map((_, i) => i)): SampleBatch {
  return {
    series: table,
    row: Uint32Array.from(row),
    time: Float64Array.from(row, (_, i) => 1000 + i),
    value: Float64Array.from(row, (_, i) => i),
  };
}
const drop = (regex: string): Args["rule"][number] => rule({ source_labels: ["__name__"], regex, action: "drop" });

describe("batches", () => {
  test("get new labels, and lose what rules drop", async () => {
    await open({ rule: [drop("b"), rule({ target_label: "y", replacement: "2" })] });
    const table = series("a", "b", "c");
    const exemplars = [0, 1, 2].map((row) => ({ row, labels: Labels.empty, value: row, time: 1 }));
    void send({ ...batchOf(table, [2, 1, 0, 2]), exemplars });
    const got = await sink.next();
    expect(got.series.map(String)).toEqual(['{__name__="a", x="1", y="2"}', '{__name__="c", x="1", y="2"}']);
    expect([[...got.row], [...got.time], [...got.value]]).toEqual([
      [1, 0, 1],
      [1000, 1002, 1003],
      [0, 2, 3],
    ]);
    expect(got.exemplars!.map(({ row, value }) => [row, value])).toEqual([
      [0, 0],
      [1, 2],
    ]);
    expect(context.metric("prometheus_relabel_metrics_processed")).toBe(4);
    expect(context.metric("prometheus_relabel_metrics_written")).toBe(3);
  });

  test("of the same table and rows keep the same table and rows", async () => {
    await open({ rule: [drop("b")] });
    const batch = batchOf(series("a", "b"));
    void send(batch);
    void send({ ...batch, value: Float64Array.from([7, 8]) });
    const [first, second] = [await sink.next(), await sink.next()];
    expect(second.series).toBe(first.series);
    expect(second.row).toBe(first.row);
    expect([...second.value]).toEqual([7]);
  });

  test("that no rule changes go on as they are", async () => {
    await open({ rule: [drop("z")] });
    const batch = batchOf(series("a", "b"));
    void send(batch);
    expect(await sink.next()).toBe(batch);
  });

  test("that lose everything do not go on", async () => {
    await open({ rule: [drop("a"), rule({ regex: ".*", action: "labeldrop" })] });
    void send(batchOf(series("a", "b")));
    expect(sink.waiting).toBe(0);
  });

  test("keep staleness markers, dropped samples or not", async () => {
    await open({ rule: [drop("b")] });
    const batch = batchOf(series("a", "b"));
    setStale(words(batch.value), 0);
    void send(batch);
    expect(show(await sink.next(), ["x"])).toEqual({ a: "stale" });
  });

  test("push back as far as the consumer does", async () => {
    let release = (): void => undefined;
    sink.hold = new Promise((resolve) => (release = resolve));
    await open({});
    const wait = send(batchOf(series("a")));
    expect(wait).toBeInstanceOf(Promise);
    release();
    await wait;
    expect(context.metric("prometheus_forwarded_samples_total")).toBe(1);
  });
});

describe("what is remembered", () => {
  const metrics = (): unknown[] =>
    ["hits", "misses", "size"].map((name) => context.metric(`prometheus_relabel_cache_${name}`));

  test("is a bounded number of series", async () => {
    await open({ rule: [rule({ target_label: "y", replacement: "2" })], max_cache_size: 2 });
    const [a, b, c] = series("a", "b", "c");
    void send(batchOf([a!, b!]));
    expect(metrics()).toEqual([0, 2, 2]);
    void send(batchOf([a!, c!]));
    expect(metrics()).toEqual([1, 3, 2]);
    void send(batchOf([b!]));
    expect(metrics()).toEqual([1, 4, 2]);
    const table = [b!];
    const before = batchOf(table);
    void send(before);
    void send(before);
    expect(metrics()).toEqual([3, 4, 2]);
  });

  test("or what was used within a time", async () => {
    await open({ max_cache_size: 0, cache_ttl: 60_000 });
    const [a, b] = series("a", "b");
    void send(batchOf([a!, b!]));
    await context.clock.advance(40_000);
    void send(batchOf([a!]));
    await context.clock.advance(40_000);
    expect(metrics()).toEqual([1, 2, 1]);
    expect(context.metric("prometheus_relabel_cache_ttl_evictions")).toBe(1);
    await instance!.stop!();
    expect(context.clock.pending).toBe(0);
  });
});

describe("new arguments", () => {
  test("change rules and destinations for the next batch, and export the rules", async () => {
    await open({ rule: [drop("a")] });
    const before = context.exported.rules;
    const other = new Sink();
    const prepared = await instance!.update!(argsOf({ rule: [drop("b")], forward_to: [other] }));
    const batch = batchOf(series("a", "b"));
    void send(batch);
    expect(show(await sink.next(), ["x"])).toEqual({ b: 1 });
    apply(prepared);
    void send(batch);
    expect(show(await other.next(), ["x"])).toEqual({ a: 0 });
    expect(context.exported.rules).not.toBe(before);
  });

  test("equal rules export the same value and keep what is remembered", async () => {
    await open({ rule: [drop("a")] });
    void send(batchOf(series("a", "b")));
    const before = context.exported.rules;
    apply(await instance!.update!(argsOf({ rule: [drop("a")] })));
    expect(context.exported.rules).toBe(before);
    expect(context.metric("prometheus_relabel_cache_size")).toBe(2);
  });
});

test.each<[Partial<Args>, string]>([
  [{ max_cache_size: -1 }, "max_cache_size"],
  [{ max_cache_size: 0 }, "max_cache_size"],
  [{ cache_ttl: 60_000 }, "cache_ttl"],
  [{ max_cache_size: 0, cache_ttl: 59_000 }, "cache_ttl"],
  [{ rule: [rule({ action: "hashmod", target_label: "a" })] }, "rule[0].modulus"],
])("%o is refused", (given, path) => {
  expect(relabel.check!(argsOf(given)).map((problem) => problem.path)).toContain(path);
});
