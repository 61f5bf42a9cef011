import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkRemoteWrite, settingsOf } from "#components/prometheus/_remote_write/check.ts";
import { Engine, type EngineOptions } from "#components/prometheus/_remote_write/engine.ts";
import type { RemoteWriteArgs } from "#components/prometheus/_remote_write/args.ts";
import { RecordWriter, SampleColumns } from "#components/prometheus/_remote_write/record.ts";
import { Resharder } from "#components/prometheus/_remote_write/resharder.ts";
import { EndpointStats } from "#components/prometheus/_remote_write/stats.ts";
import definition from "#components/prometheus/remote_write.ts";
import { SegmentLog } from "#src/queue/segment-log.ts";
import { compileRegex } from "#src/regex/regex.ts";
import { Labels } from "#src/signal/labels.ts";
import { setStale, words, type SampleBatch, type SampleConsumer } from "#src/signal/samples.ts";
import { silentLogger } from "#src/util/log.ts";
import { fakeClock, type FakeClock } from "#test/kit/clock.ts";
import { fakeContext } from "#test/kit/context.ts";
import { faultyFs } from "#test/kit/faulty-fs.ts";
import { endpointArgs, remoteWriteArgs, type EndpointArgs } from "#test/kit/remote-write-args.ts";
import { remoteWriteSink, type RemoteWriteSink } from "#test/kit/remote-write-sink.ts";

let sink: RemoteWriteSink;
let clock: FakeClock;
let folder: string;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  clock = fakeClock();
  folder = mkdtempSync(join(tmpdir(), "invar-rw-"));
  sink = await remoteWriteSink();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await sink.close();
  rmSync(folder, { recursive: true });
});

const rule = (over: object) => ({
  action: "replace" as const,
  source_labels: undefined,
  separator: ";",
  regex: compileRegex("(.*)", { anchored: true }),
  modulus: 0,
  target_label: "",
  replacement: "$1",
  ...over,
});

const endpoint = (over: Partial<EndpointArgs> = {}, queue: Partial<EndpointArgs["queue_config"]> = {}): EndpointArgs =>
  endpointArgs({ url: sink.url, name: "sink", ...over }, queue);
function args(endpoints: readonly EndpointArgs[] = [endpoint()], over: Partial<RemoteWriteArgs> = {}): RemoteWriteArgs {
  return { ...remoteWriteArgs({ url: sink.url }), endpoint: endpoints, ...over };
}

const table = (count: number, extra: readonly (readonly [string, string])[] = []): Labels[] =>
  Array.from({ length: count }, (_, i) => Labels.from([["__name__", "m"], ["n", String(i)], ...extra]));
function batch(series: readonly Labels[], value: (row: number) => number, time = clock.now()): SampleBatch {
  const row = Uint32Array.from(series, (_, i) => i);
  return {
    series,
    row,
    time: new Float64Array(row.length).fill(time),
    value: Float64Array.from(series, (_, i) => value(i)),
  };
}

async function engineWith(config = args(), options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = new Engine({ folder, clock, log: silentLogger, ...options });
  cleanups.push(() => engine.close());
  engine.configure(settingsOf(config));
  engine.start();
  return engine;
}
async function closeEngine(engine: Engine): Promise<void> {
  cleanups.splice(0);
  await engine.close();
}
/** Moves time on in steps until something has come true, so that real answers and fake timers can take turns. */
async function advanceUntil(condition: () => boolean, step = 1000): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i += 1) await clock.advance(step);
  expect(condition()).toBe(true);
}
/** What the ledger does not account for, once all is at rest. */
async function unaccounted(engine: Engine): Promise<number> {
  const [e] = [...engine.endpoints.values()];
  await advanceUntil(() => e!.queued === 0);
  const dropped = Object.values(e!.stats.dropped).reduce((a, b) => a + b, 0);
  return engine.received + e!.stats.recovered - e!.stats.delivered - dropped - e!.queued;
}

describe("delivery", () => {
  test("what is received arrives as it is, in order, in requests of the protocol", async () => {
    const engine = await engineWith();
    const series = table(3);
    for (let n = 0; n < 10; n += 1) await engine.consume(batch(series, () => n));
    await advanceUntil(() => sink.samples === 30);
    expect(sink.values.get('m{n="1"}')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(sink.requests[0]!.headers).toMatchObject({
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "x-prometheus-remote-write-version": "0.1.0",
    });
    expect(sink.requests[0]!.headers["user-agent"]).toMatch(/^Invar\//);
    expect(await unaccounted(engine)).toBe(0);
  });

  test("a full request goes at once, the rest after the deadline", async () => {
    const engine = await engineWith(args([endpoint({}, { max_samples_per_send: 10 })]));
    await engine.consume(batch(table(25), (i) => i));
    await sink.until(() => sink.samples === 20);
    await clock.advance(4999);
    expect(sink.samples).toBe(20);
    await clock.advance(1);
    await sink.until(() => sink.samples === 25);
    expect(sink.requests.map((r) => r.series.length)).toEqual([10, 10, 5]);
  });

  test("staleness markers keep their bits, exemplars and metadata come along", async () => {
    const engine = await engineWith();
    const stale = batch(table(2), () => 1.5);
    setStale(words(stale.value), 1);
    const exemplars = [{ row: 0, labels: Labels.from([["trace_id", "t"]]), value: 2, time: 99 }];
    const metadata = [{ family: "m", type: "counter", help: "Help.", unit: "" }] as const;
    await engine.consume({ ...stale, exemplars, metadata });
    await advanceUntil(() => sink.metadata.size === 1);
    const all = sink.requests.flatMap((r) => r.series);
    expect(all.flatMap((s) => s.samples).map((s) => s.bits)).toEqual([0x3ff8000000000000n, 0x7ff0000000000002n]);
    expect(all.flatMap((s) => s.exemplars)).toEqual([{ labels: ["trace_id", "t"], value: 2, time: 99 }]);
    expect(sink.metadata.get("m")).toMatchObject({ type: "counter", help: "Help." });
  });

  test("external labels are added where there is none, rules come after them", async () => {
    const rules = [
      rule({ action: "drop", source_labels: ["n"], regex: compileRegex("1", { anchored: true }) }),
      rule({ source_labels: ["cluster"], target_label: "where" }),
    ];
    const external = new Map([
      ["cluster", "eu"],
      ["n", "never"],
    ]);
    const engine = await engineWith(args([endpoint({ write_relabel_config: rules })], { external_labels: external }));
    await engine.consume(batch(table(2), (i) => i));
    await advanceUntil(() => sink.samples === 1);
    expect([...sink.values.keys()]).toEqual(['m{cluster="eu",n="0",where="eu"}']);
    expect(await unaccounted(engine)).toBe(0);
  });

  test("many shards keep the order of each series", async () => {
    const engine = await engineWith(args([endpoint({}, { min_shards: 8, max_samples_per_send: 7, capacity: 20 })]));
    const series = table(50);
    for (let n = 0; n < 40; n += 1) await engine.consume(batch(series, () => n));
    await advanceUntil(() => sink.samples === 2000);
    for (const values of sink.values.values()) expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(sink.values.size).toBe(50);
    expect(await unaccounted(engine)).toBe(0);
  });

  test("each endpoint gets everything, at its own pace", async () => {
    const other = await remoteWriteSink();
    cleanups.push(() => other.close());
    other.mode = { status: 503 };
    const engine = await engineWith(args([endpoint(), endpoint({ name: "other", url: other.url })]));
    await engine.consume(batch(table(5), (i) => i));
    await advanceUntil(() => sink.samples === 5);
    expect(other.samples).toBe(0);
    other.mode = "take";
    await advanceUntil(() => other.samples === 5);
  });
});

describe("a server in trouble", () => {
  test.each([
    ["refuses connections", async () => sink.down(), async () => sink.up()],
    ["hangs", async () => void (sink.mode = "hang"), async () => void (sink.mode = "take")],
    ["resets connections", async () => void (sink.mode = "reset"), async () => void (sink.mode = "take")],
    ["answers 500", async () => void (sink.mode = { status: 500 }), async () => void (sink.mode = "take")],
    ["answers 429", async () => void (sink.mode = { status: 429 }), async () => void (sink.mode = "take")],
  ])("%s: nothing is lost, and it is the world's fault", async (_name, fail, heal) => {
    await fail();
    const engine = await engineWith(args([endpoint({ remote_timeout: 1000 })]));
    const healths: string[] = [];
    engine.onHealth = (state, _message, fault) => void healths.push(`${state} ${fault}`);
    const series = table(4);
    for (let n = 0; n < 3; n += 1) await engine.consume(batch(series, () => n));
    const [e] = [...engine.endpoints.values()];
    await advanceUntil(() => e!.stats.retried > 8);
    expect(engine.endpoints.size).toBe(1);
    await heal();
    await advanceUntil(() => sink.samples >= 12);
    await advanceUntil(() => e!.queued === 0);
    expect(sink.values.get('m{n="0"}')).toEqual([0, 1, 2]);
    expect(healths).toEqual(["unhealthy world", "healthy own"]);
    expect(await unaccounted(engine)).toBe(0);
  });

  test("Retry-After is honoured, up to a limit", async () => {
    sink.mode = { status: 503, headers: { "retry-after": "60" } };
    const engine = await engineWith();
    await engine.consume(batch(table(1), () => 1));
    await advanceUntil(() => sink.attempts === 1);
    const [e] = [...engine.endpoints.values()];
    await advanceUntil(() => e!.stats.retried === 1, 0);
    sink.mode = "take";
    await clock.advance(59_000);
    expect(sink.attempts).toBe(1);
    await clock.advance(1000);
    await sink.until(() => sink.samples === 1);
  });

  test("a request refused for good is dropped alone and counted", async () => {
    sink.mode = { status: 400, times: 1 };
    const engine = await engineWith(args([endpoint({}, { max_samples_per_send: 10 })]));
    await engine.consume(batch(table(30), (i) => i));
    await sink.until(() => sink.samples === 20);
    const [e] = [...engine.endpoints.values()];
    await advanceUntil(() => e!.queued === 0);
    expect(e!.stats.dropped.rejected).toBe(10);
    expect(e!.failure).toBeUndefined();
    expect(await unaccounted(engine)).toBe(0);
  });

  test("429 is final where the user says so", async () => {
    sink.mode = { status: 429, times: 1 };
    const engine = await engineWith(args([endpoint({}, { retry_on_http_429: false })]));
    await engine.consume(batch(table(3), (i) => i));
    const [e] = [...engine.endpoints.values()];
    await advanceUntil(() => e!.stats.dropped.rejected === 3);
  });

  test("a request that is too large is split until it fits", async () => {
    sink.limit = 3;
    const engine = await engineWith();
    await engine.consume(batch(table(20), (i) => i));
    await advanceUntil(() => sink.samples === 20);
    expect([...sink.values.values()].flat()).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await unaccounted(engine)).toBe(0);
  });

  test("samples over the age limit are dropped and counted, before and while they wait", async () => {
    sink.mode = { status: 500 };
    const engine = await engineWith(args([endpoint({}, { sample_age_limit: 60_000 })]));
    await engine.consume(batch(table(2), (i) => i, clock.now() - 61_000));
    await engine.consume(batch(table(3), (i) => i));
    const [e] = [...engine.endpoints.values()];
    await advanceUntil(() => e!.stats.dropped.too_old === 2);
    await advanceUntil(() => e!.stats.dropped.too_old === 5);
    await engine.consume(batch(table(4), (i) => i));
    sink.mode = "take";
    await advanceUntil(() => sink.samples === 4);
    expect(await unaccounted(engine)).toBe(0);
  });
});

describe("what outlives a process", () => {
  test("an endpoint goes on where it left off, in the middle of a batch too", async () => {
    let engine = await engineWith(args([endpoint({}, { max_samples_per_send: 10 })]));
    const series = table(35);
    await engine.consume(batch(series, (i) => i));
    await sink.until(() => sink.samples === 30);
    const [e] = [...engine.endpoints.values()];
    await advanceUntil(() => e!.queued === 5, 0);
    await sink.down();
    await closeEngine(engine);
    await sink.up();
    engine = await engineWith(args([endpoint({}, { max_samples_per_send: 10 })]));
    expect([...engine.endpoints.values()][0]!.stats.recovered).toBe(5);
    await engine.consume(batch(series, (i) => 100 + i));
    await advanceUntil(() => sink.samples === 70);
    for (let i = 0; i < 35; i += 1) expect(sink.values.get(`m{n="${i}"}`)).toEqual([i, 100 + i]);
    expect(await unaccounted(engine)).toBe(0);
  });

  test("closing delivers what it can, and keeps what it cannot", async () => {
    let engine = await engineWith();
    await engine.consume(batch(table(7), (i) => i));
    await closeEngine(engine);
    expect(sink.samples).toBe(7);
    sink.mode = "hang";
    engine = await engineWith();
    await engine.consume(batch(table(7), (i) => i));
    cleanups.splice(0);
    const closed = engine.close();
    await advanceUntil(() => sink.attempts === 2, 0);
    await clock.advance(10_000);
    await closed;
    sink.mode = "take";
    engine = await engineWith();
    await advanceUntil(() => sink.samples === 14);
    expect(engine.wal.stats.damaged).toBe(0);
  });

  test("an endpoint whose address or name changes takes its backlog along", async () => {
    await sink.down();
    const engine = await engineWith(args([endpoint({ name: undefined })]));
    await engine.consume(batch(table(7), (i) => i));
    const other = await remoteWriteSink();
    cleanups.push(() => other.close());
    engine.configure(settingsOf(args([endpoint({ name: "new", url: other.url })])));
    await advanceUntil(() => other.samples === 7);
    expect(engine.wal.cursorNames()).toHaveLength(1);
  });

  test("new rules take effect with what is read next, and nothing is lost or repeated", async () => {
    const engine = await engineWith(args([endpoint({}, { max_samples_per_send: 5 })]));
    const series = table(5);
    await engine.consume(batch(series, () => 1));
    await sink.until(() => sink.samples === 5);
    engine.configure(settingsOf(args([endpoint()], { external_labels: new Map([["x", "y"]]) })));
    await engine.consume(batch(series, () => 2));
    await advanceUntil(() => sink.samples === 10);
    expect(sink.values.get('m{n="3"}')).toEqual([1]);
    expect(sink.values.get('m{n="3",x="y"}')).toEqual([2]);
  });

  test("an endpoint whose place was lost sends all again rather than nothing", async () => {
    let engine = await engineWith();
    await engine.consume(batch(table(5), (i) => i));
    await advanceUntil(() => sink.samples === 5);
    await closeEngine(engine);
    for (const name of readdirSync(folder)) if (name.endsWith(".cursor")) writeFileSync(join(folder, name), "");
    engine = await engineWith();
    await advanceUntil(() => sink.samples === 10);
    expect(await unaccounted(engine)).toBe(0);
  });

  test("the log is truncated behind the endpoints, and by age before them: that loss is counted", async () => {
    await sink.down();
    const wal = { truncate_frequency: 60_000, min_keepalive_time: 1000, max_keepalive_time: 600_000 };
    const engine = await engineWith(args([endpoint()], { wal }));
    const series = table(10);
    await engine.consume(batch(series, () => 1));
    await engine.wal.commit();
    await clock.advance(700_000);
    expect(engine.wal.stats.segments).toBe(0);
    await sink.up();
    const [e] = [...engine.endpoints.values()];
    await engine.consume(batch(series, () => 2));
    await advanceUntil(() => e!.queued === 0);
    expect(sink.values.get('m{n="0"}')!.at(-1)).toBe(2);
    expect(await unaccounted(engine)).toBe(0);
    await engine.wal.commit();
    await clock.advance(70_000);
    expect(engine.wal.stats.segments).toBe(0);
  });
});

describe("a disk in trouble", () => {
  test("that is full holds producers up, loses nothing, and goes on by itself", async () => {
    const io = faultyFs();
    const engine = await engineWith(args(), { io });
    const healths: string[] = [];
    engine.onHealth = (state) => void healths.push(state);
    const series = table(3);
    await engine.consume(batch(series, () => 0));
    io.fail(0, "ENOSPC", Infinity, ["write", "open"]);
    const waits = [1, 2, 3].map((n) => engine.consume(batch(series, () => n)));
    expect(waits.every((wait) => wait instanceof Promise)).toBe(true);
    await clock.advance(3000);
    expect(engine.waiting).toBe(9);
    io.heal();
    await clock.advance(1000);
    for (const wait of waits) await wait;
    await engine.consume(batch(series, () => 4));
    await advanceUntil(() => sink.samples === 15);
    expect(sink.values.get('m{n="2"}')).toEqual([0, 1, 2, 3, 4]);
    expect(healths.slice(0, 1).concat(healths.slice(-1))).toEqual(["unhealthy", "healthy"]);
    expect(await unaccounted(engine)).toBe(0);
  });

  test("that cannot be read is read again until it can", async () => {
    const io = faultyFs();
    const engine = await engineWith(args(), { io });
    const healths: string[] = [];
    engine.onHealth = (state) => void healths.push(state);
    io.fail(0, "EIO", 3, ["read"]);
    await engine.consume(batch(table(3), (i) => i));
    await advanceUntil(() => sink.samples === 3);
    expect(await unaccounted(engine)).toBe(0);
    expect(healths).toEqual(["unhealthy", "healthy"]);
  });

  test("an instance that has ended takes nothing more", async () => {
    const engine = await engineWith();
    await closeEngine(engine);
    expect(() => engine.consume(batch(table(1), () => 1))).toThrow("is closed");
  });

  test("refuses loudly what memory cannot hold", async () => {
    const engine = await engineWith(args(), { maxBytes: 1 });
    const series = table(1000);
    const waiting: unknown[] = [];
    const many = batch(series, () => 1);
    const big = {
      ...many,
      row: new Uint32Array(600_000),
      time: new Float64Array(600_000),
      value: new Float64Array(600_000),
    };
    waiting.push(Promise.resolve(engine.consume(big)).catch((error: Error) => error.message));
    expect(() => engine.consume(big)).toThrow("600000 samples wait already");
    expect(engine.refused).toBe(600_000);
    await closeEngine(engine);
    expect(String(await waiting[0])).toContain("did not take samples before the end");
    expect(engine.refused).toBe(1_200_000);
  });
});

describe("shards", () => {
  test("grow with slow answers and a backlog, shrink again, and stand still while nothing is delivered", async () => {
    const stats = new EndpointStats();
    stats.shards = 2;
    const { queue } = settingsOf(args([endpoint({}, { max_shards: 20 })])).endpoints[0]!;
    let queued = 0;
    const resharder = new Resharder(clock, stats, () => ({ queue, queued }));
    resharder.start(() => undefined);
    cleanups.push(() => resharder.stop());
    queued = 50_000;
    await clock.advance(10_000);
    expect(resharder.wanted(2)).toBe(2);
    // 1 ms for a sample, 5000 of them arriving in a second, and a tenth of the backlog.
    stats.sentSamples += 10_000;
    stats.sendTime += 10_000;
    stats.delivered += 50_000;
    await clock.advance(10_000);
    expect(stats.desiredShards).toBeCloseTo(10);
    expect(resharder.wanted(2)).toBe(10);
    stats.shards = 10;
    queued = 0;
    stats.sentSamples += 60_000;
    stats.sendTime += 600;
    stats.delivered += 60_000;
    await clock.advance(10_000);
    expect(resharder.wanted(10)).toBe(1);
  });

  test("change their number between samples, never the order of a series", async () => {
    const engine = await engineWith(args([endpoint({}, { min_shards: 1, max_samples_per_send: 7 })]));
    const series = table(30);
    for (let n = 0; n < 30; n += 1) {
      await engine.consume(batch(series, () => n));
      if (n % 5 === 4)
        engine.configure(
          settingsOf(args([endpoint({}, { min_shards: 1 + (n % 4), max_shards: 4, max_samples_per_send: 7 })])),
        );
      await clock.advance(10);
    }
    await advanceUntil(() => sink.samples === 900);
    for (const values of sink.values.values()) expect(values).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(await unaccounted(engine)).toBe(0);
  });
});

describe("records", () => {
  test("any values, times and rows come back bit by bit, in few bytes", async () => {
    const log = SegmentLog.open({ folder: join(folder, "records"), clock, log: silentLogger });
    cleanups.push(() => log.close());
    const writer = new RecordWriter(log);
    const bits = new BigUint64Array(5000);
    let seed = 88172645463325252n;
    for (let i = 0; i < bits.length; i += 1) {
      seed = BigInt.asUintN(64, seed ^ (seed << 13n));
      seed ^= seed >> 7n;
      seed = BigInt.asUintN(64, seed ^ (seed << 17n));
      bits[i] = BigInt.asUintN(64, (seed << BigInt((i % 9) * 8)) & ((1n << 64n) - 1n));
    }
    const value = new Float64Array(bits.buffer);
    const row = Uint32Array.from(bits, (_, i) => (i * 7) % 100);
    const time = Float64Array.from(bits, (_, i) => (i % 3 === 0 ? 1 - i : 1.7e12 + i));
    writer.write({ series: table(100), row, time, value });
    const reader = log.reader({ segment: 1, offset: 0, index: 0, items: 0 });
    reader.next();
    const frame = reader.next()!;
    const columns = new SampleColumns();
    columns.read(frame.payload, frame.items);
    expect(columns.count).toBe(5000);
    expect([...columns.number.subarray(0, 5000)]).toEqual([...row]);
    expect([...columns.time.subarray(0, 5000)]).toEqual([...time]);
    expect(Buffer.from(columns.words.buffer, 0, 40_000).equals(Buffer.from(bits.buffer))).toBe(true);
    reader.close();
    // A payload cut at any byte is refused, not misread.
    for (let cut = 0; cut < 300; cut += 1)
      expect(() => columns.read(frame.payload.subarray(0, cut), frame.items)).toThrow();
  });
});

describe("the component", () => {
  test("receives before its start, takes over from a predecessor, and shows itself in metrics and health", async () => {
    const ctx = fakeContext<{ receiver: SampleConsumer }>({ id: "prometheus.remote_write.x", clock });
    cleanups.push(() => ctx.dispose());
    const first = await definition.create(args(), ctx);
    const series = table(5);
    await ctx.exported.receiver!.consume(batch(series, () => 1));
    await first.start?.();
    await advanceUntil(() => sink.samples === 5);
    const second = await definition.create(args([endpoint({ name: "b" })]), ctx);
    expect(ctx.held).toHaveLength(1);
    await ctx.exported.receiver!.consume(batch(series, () => 2));
    await second.start?.();
    await first.stop?.();
    await ctx.exported.receiver!.consume(batch(series, () => 3));
    await advanceUntil(() => sink.samples === 15);
    expect(sink.values.get('m{n="4"}')).toEqual([1, 2, 3]);
    const { name, url } = { name: "b", url: sink.url };
    expect(ctx.metric("prometheus_remote_storage_samples_total", { remote_name: name, url })).toBeGreaterThanOrEqual(
      10,
    );
    expect(ctx.metric("prometheus_remote_write_wal_samples_appended_total")).toBeGreaterThanOrEqual(15);
    expect(ctx.healths.at(-1)).toMatchObject({ state: "healthy" });
    const prepared = await second.update!(args([endpoint({ name: "c" })]));
    if (typeof prepared === "function") prepared();
    await ctx.exported.receiver!.consume(batch(series, () => 4));
    await second.stop?.();
    expect(sink.samples).toBe(20);
    expect(ctx.held).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test.each([
    [{ url: "mimir:9009" }, "endpoint[0].url"],
    [{ headers: new Map([["Content-Type", "x"]]) }, "endpoint[0].headers"],
    [{ no_proxy: "x" }, "endpoint[0].no_proxy"],
    [{ write_relabel_config: [rule({ target_label: "" })] }, "endpoint[0].write_relabel_config[0].target_label"],
  ])("%j is refused at its field", (over, path) => {
    expect(checkRemoteWrite(args([endpoint(over)])).map((p) => p.path)).toEqual([path]);
  });

  test("queues and the log are checked", () => {
    const bad = args([endpoint({}, { max_shards: 0, min_backoff: 9000 }), endpoint()], {
      wal: { truncate_frequency: 0, min_keepalive_time: 5, max_keepalive_time: 5 },
    });
    expect(checkRemoteWrite(bad).map((p) => p.path)).toEqual([
      "endpoint[0].queue_config.max_shards",
      "endpoint[0].queue_config.min_shards",
      "endpoint[0].queue_config.min_backoff",
      "endpoint[1].name",
      "wal.truncate_frequency",
      "wal.min_keepalive_time",
    ]);
  });
});
