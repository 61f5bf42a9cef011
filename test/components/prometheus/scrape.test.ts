import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import scrape from "#components/prometheus/scrape.ts";
import type { Context, Handler, Instance } from "#src/component/define.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import type { Infer } from "#src/schema/field.ts";
import { Secret } from "#src/value/secret.ts";
import { Target } from "#src/value/target.ts";
import { fakeClock } from "#test/kit/clock.ts";
import { fakeContext, type FakeContext } from "#test/kit/context.ts";
import { openExporter, type ExporterServer } from "./exporter-server.ts";
import { show, showOwn, Sink } from "./sink.ts";

type Args = Infer<typeof scrape.args>;

let server: ExporterServer;
let sink: Sink;
let context: FakeContext<object>;
let running: Instance<Args>[];

beforeEach(async () => {
  server = await openExporter("a 1\n");
  sink = new Sink();
  context = fakeContext({ id: "prometheus.scrape.x" });
  running = [];
});
afterEach(async () => {
  sink.hold = undefined;
  for (const instance of running) await instance.stop!();
  context.dispose();
  await server.close();
});

const targetOf = (labels: Readonly<Record<string, string>>): Target => new Target(new Map(Object.entries(labels)));
const here = (labels: Readonly<Record<string, string>> = {}): Target =>
  targetOf({ __address__: server.address, ...labels });
const argsOf = (given: Partial<Args> = {}): Args => ({
  ...defaultsOf(scrape.args),
  targets: [here()],
  forward_to: [sink],
  ...given,
});
async function open(given: Partial<Args> = {}, ctx: Context<object> = context): Promise<Instance<Args>> {
  const instance = await scrape.create(argsOf(given), ctx);
  running.push(instance);
  await instance.start!();
  return instance;
}
/** Lets one interval pass and gives the batch of that scrape. */
async function scrapeOnce(): Promise<Awaited<ReturnType<Sink["next"]>>> {
  await context.clock.advance(60_000);
  return sink.next();
}
const health = (instance: Instance<Args>): readonly Readonly<Record<string, unknown>>[] =>
  (instance.debug!() as { readonly targets: readonly Readonly<Record<string, unknown>>[] }).targets;
const apply = async (instance: Instance<Args>, given: Partial<Args>): Promise<void> => {
  const prepared = await instance.update!(argsOf(given));
  (typeof prepared === "function" ? prepared : prepared.apply)();
};

describe("a scrape", () => {
  test("gives samples, the synthetic series, and job and instance", async () => {
    server.page('a{x="1"} 1.5\nb 2\n');
    const instance = await open();
    const batch = await scrapeOnce();
    expect(show(batch)).toEqual({
      "a{x=1}": 1.5,
      b: 2,
      up: 1,
      scrape_duration_seconds: expect.any(Number) as number,
      scrape_samples_scraped: 2,
      scrape_samples_post_metric_relabeling: 2,
      scrape_series_added: 2,
    });
    for (const labels of batch.series) {
      expect(labels.get("job")).toBe("prometheus.scrape.x");
      expect(labels.get("instance")).toBe(server.address);
    }
    expect(new Set(batch.time)).toEqual(new Set([context.clock.now()].map(() => batch.time[0])));
    expect(health(instance)).toEqual([
      expect.objectContaining({
        url: `http://${server.address}/metrics`,
        health: "up",
        last_error: "",
        job: "prometheus.scrape.x",
      }),
    ]);
    expect(context.metric("prometheus_forwarded_samples_total")).toBe(7);
    expect(context.metric("prometheus_scrape_targets_gauge")).toBe(1);
  });

  test("asks as Prometheus asks", async () => {
    await open({ scrape_timeout: 1500 });
    await scrapeOnce();
    const { headers, url, method } = server.requests[0]!;
    expect([method, url]).toEqual(["GET", "/metrics"]);
    expect(headers.accept).toBe(
      "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
        "text/plain;version=1.0.0;escaping=underscores;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    );
    expect(headers["accept-encoding"]).toBe("gzip");
    expect(headers["x-prometheus-scrape-timeout-seconds"]).toBe("1.5");
    expect(headers["user-agent"]).toMatch(/^Invar\//);
  });

  test("hands out the same table of series while the page has the same", async () => {
    await open();
    const first = await scrapeOnce();
    server.page("a 2\n");
    const second = await scrapeOnce();
    expect(second.series).toBe(first.series);
    expect(second.row).toBe(first.row);
    expect(second.time[0]! - first.time[0]!).toBe(60_000);
    expect(show(second)).toMatchObject({ a: 2, scrape_series_added: 0 });
  });

  test("takes labels of the target for address, scheme, path and parameters", async () => {
    await open({
      targets: [
        here({
          __metrics_path__: "/p q",
          __param_module: "m",
          __scheme__: "http",
          __meta_x: "y",
          team: "t",
          empty: "",
        }),
      ],
      params: new Map([
        ["module", ["x", "y"]],
        ["z", ["1 2"]],
      ]),
      job_name: "j",
    });
    const batch = await scrapeOnce();
    expect(server.requests[0]!.url).toBe("/p%20q?module=m&module=y&z=1+2");
    expect([...batch.series[0]!.entries()]).toEqual([
      ["__name__", "a"],
      ["instance", server.address],
      ["job", "j"],
      ["team", "t"],
    ]);
  });

  test("of two equal targets is made once", async () => {
    await open({ targets: [here(), here({ __meta_a: "b" })] });
    await scrapeOnce();
    await scrapeOnce();
    expect(server.requests).toHaveLength(2);
  });

  test("obeys interval and timeout labels", async () => {
    await open({ targets: [here({ __scrape_interval__: "10s", __scrape_timeout__: "5s" })] });
    await context.clock.advance(10_000);
    await sink.next();
    await context.clock.advance(10_000);
    await sink.next();
    expect(server.requests[1]!.headers["x-prometheus-scrape-timeout-seconds"]).toBe("5");
  });

  test("reads OpenMetrics, compressed pages, exemplars and metadata", async () => {
    const page = '# TYPE a counter\n# HELP a Help.\na_total 1 # {id="x"} 0.5 12.5\n# EOF\n';
    server.page(gzipSync(page), "application/openmetrics-text; version=1.0.0", { "content-encoding": "gzip" });
    await open({ honor_metadata: true, extra_metrics: true, sample_limit: 10 });
    const batch = await scrapeOnce();
    expect(show(batch)).toMatchObject({
      a_total: 1,
      scrape_timeout_seconds: 10,
      scrape_sample_limit: 10,
      scrape_body_size_bytes: page.length,
    });
    expect(batch.exemplars).toEqual([{ row: 0, labels: expect.anything() as object, value: 0.5, time: 12_500 }]);
    expect(batch.metadata).toEqual([{ family: "a", type: "counter", help: "Help.", unit: "" }]);
    expect((await scrapeOnce()).metadata).toBeUndefined();
  });

  test("of a component in this process uses no socket", async () => {
    const handler: Handler = ({ path }) => ({
      status: 200,
      headers: { "Content-Type": "text/plain" },
      body: `own{path="${path}"} 1\n`,
    });
    const local = new Map([["mem:1/api/v0/component/e/metrics", handler]]);
    const ctx = fakeContext({ id: "prometheus.scrape.x", clock: context.clock, local });
    await open(
      {
        targets: [targetOf({ __address__: "mem:1", __metrics_path__: "/api/v0/component/e/metrics", __param_a: "b" })],
      },
      ctx,
    );
    expect(showOwn(await scrapeOnce())).toEqual({ "own{path=/api/v0/component/e/metrics?a=b}": 1 });
    expect(server.requests).toHaveLength(0);
    ctx.dispose();
  });

  test("of a component that does not answer ends in time", async () => {
    let asked: AbortSignal | undefined;
    const handler: Handler = ({ signal }) => {
      asked = signal;
      return new Promise(() => undefined);
    };
    const local = new Map([["mem:1/metrics", handler]]);
    const ctx = fakeContext({ id: "prometheus.scrape.x", clock: context.clock, local });
    const instance = await open({ targets: [targetOf({ __address__: "mem:1" })] }, ctx);
    await context.clock.advance(70_000);
    expect(show(await sink.next())).toMatchObject({ up: 0 });
    expect(health(instance)[0]!["last_error"]).toContain("no answer within 10s");
    expect(asked!.aborted).toBe(true);
    ctx.dispose();
  });

  test("authenticates with the HTTP client's arguments", async () => {
    const basic = { username: "u", password: new Secret("p"), password_file: undefined };
    await open({ basic_auth: basic });
    await scrapeOnce();
    expect(server.requests[0]!.headers.authorization).toBe(`Basic ${Buffer.from("u:p").toString("base64")}`);
  });
});

describe("staleness", () => {
  test("a series that vanishes is marked, once", async () => {
    server.page("a 1\nb 1\n");
    await open();
    await scrapeOnce();
    server.page("b 2\n");
    expect(showOwn(await scrapeOnce())).toEqual({ b: 2 });
    expect(show(await sink.next())).toEqual({ a: "stale" });
    expect(showOwn(await scrapeOnce())).toEqual({ b: 2 });
    expect(sink.waiting).toBe(0);
  });

  test("a failed scrape marks all series and says so; they come back as known ones", async () => {
    server.page("a 1\nb 1\n");
    const instance = await open();
    const good = await scrapeOnce();
    server.status(503);
    const bad = await scrapeOnce();
    expect(show(bad)).toMatchObject({ a: "stale", b: "stale", up: 0, scrape_samples_scraped: 0 });
    expect(bad.series).toBe(good.series);
    expect(health(instance)[0]).toMatchObject({
      health: "down",
      last_error: "server returned HTTP status 503 Service Unavailable",
    });
    expect(showOwn(await scrapeOnce())).toEqual({});
    server.page("a 1\nb 1\n");
    expect(show(await scrapeOnce())).toMatchObject({ a: 1, b: 1, up: 1, scrape_series_added: 0 });
    expect(sink.waiting).toBe(0);
  });

  test("the same series written in another way does not end", async () => {
    server.page('a{x="1",y="2"} 1\n');
    await open();
    await scrapeOnce();
    server.page('a{y="2",x="1"} 2\n');
    expect(showOwn(await scrapeOnce())).toEqual({ "a{x=1,y=2}": 2 });
    expect(sink.waiting).toBe(0);
  });

  test("an empty page is a good one without series", async () => {
    await open();
    await scrapeOnce();
    server.page("");
    expect(show(await scrapeOnce())).toMatchObject({ up: 1, scrape_samples_scraped: 0 });
    expect(show(await sink.next())).toEqual({ a: "stale" });
  });

  test("series with times of their own end only when that is asked for", async () => {
    const at = context.clock.now() + 1000;
    for (const track of [false, true]) {
      server.page(`a 1 ${at}\nb 1\n`);
      const instance = await open({ track_timestamps_staleness: track });
      expect((await scrapeOnce()).time[0]).toBe(at);
      server.page("b 1\n");
      await scrapeOnce();
      if (track) expect(show(await sink.next())).toEqual({ a: "stale" });
      expect(sink.waiting).toBe(0);
      await instance.stop!();
    }
  });

  test("times are ignored unless honoured", async () => {
    server.page("a 1 1000\n");
    await open({ honor_timestamps: false });
    const batch = await scrapeOnce();
    expect(batch.time[0]).toBe(batch.time[1]);
    server.page("b 1\n");
    await scrapeOnce();
    expect(show(await sink.next())).toEqual({ a: "stale" });
  });

  test("repeated samples and those from the future are left out and counted", async () => {
    const later = context.clock.now() + 3_600_000;
    server.page(`a 1\na 2\nb 1 ${later}\nc 1 5\nc 2 6\n`);
    await open();
    const batch = await scrapeOnce();
    expect(showOwn(batch)).toEqual({ a: 1, c: 2 });
    expect(batch.row.length).toBe(3 + 5);
    expect(show(batch)).toMatchObject({ scrape_samples_scraped: 5, scrape_samples_post_metric_relabeling: 5 });
    expect(context.metric("prometheus_target_scrapes_sample_duplicate_timestamp_total")).toBe(1);
    expect(context.metric("prometheus_target_scrapes_sample_out_of_bounds_total")).toBe(1);
  });
});

describe("labels of the page", () => {
  const page = 'a{job="own",instance="i",x="1"} 1\na{job="own",exported_job="e"} 2\n';
  test("move aside for those of the target", async () => {
    server.page(page);
    await open({ targets: [here({ job: "j", instance: "t" })] });
    expect(showOwn(await scrapeOnce(), [])).toEqual({
      "a{exported_instance=i,exported_job=own,instance=t,job=j,x=1}": 1,
      "a{exported_exported_job=own,exported_job=e,instance=t,job=j}": 2,
    });
  });
  test("stay with honor_labels", async () => {
    server.page(page);
    await open({ targets: [here({ job: "j", instance: "t" })], honor_labels: true });
    expect(showOwn(await scrapeOnce(), [])).toEqual({
      "a{instance=i,job=own,x=1}": 1,
      "a{exported_job=e,instance=t,job=own}": 2,
    });
  });
  test("may have any name with the utf8 scheme only", async () => {
    server.page('{"a.b","c.d"="e"} 1\n');
    const instance = await open();
    expect(show(await scrapeOnce())).toMatchObject({ up: 0 });
    expect(String(health(instance)[0]!["last_error"])).toContain("invalid metric name or label names");
    await apply(instance, { metric_name_validation_scheme: "utf8" });
    expect(showOwn(await scrapeOnce())).toEqual({ "a.b{c.d=e}": 1 });
  });
});

describe("limits fail the whole scrape", () => {
  test.each<[string, Partial<Args>, string, string]>([
    ["samples", { sample_limit: 2 }, "sample limit exceeded", "prometheus_target_scrapes_exceeded_sample_limit_total"],
    [
      "labels",
      { label_limit: 4 },
      "label_limit exceeded (metric: b, number of labels: 5, limit: 4)",
      "prometheus_target_scrape_pool_exceeded_label_limits_total",
    ],
    [
      "label names",
      { label_name_length_limit: 8 },
      "label_name_length_limit exceeded (metric: b, label name: long_name, length: 9, limit: 8)",
      "prometheus_target_scrape_pool_exceeded_label_limits_total",
    ],
    [
      "label values",
      { label_value_length_limit: 19 },
      "label_value_length_limit exceeded",
      "prometheus_target_scrape_pool_exceeded_label_limits_total",
    ],
    [
      "bytes",
      { body_size_limit: 59 },
      "body size limit exceeded",
      "prometheus_target_scrapes_exceeded_body_size_limit_total",
    ],
    [
      "targets",
      { target_limit: 1 },
      "target_limit exceeded (number of targets: 2, limit: 1)",
      "prometheus_target_scrape_pool_exceeded_target_limit_total",
    ],
  ])("%s", async (_, limit, error, metric) => {
    server.page("a 1\n");
    const other = targetOf({ __address__: "127.0.0.1:1", __scrape_interval__: "100d" });
    const instance = await open({ targets: [here()] });
    await scrapeOnce();
    server.page('a 1\nb{long_name="a value that is long",y="2"} 1\nc{d="e"} 1\n');
    await apply(instance, {
      targets: "target_limit" in limit ? [here(), other] : [here()],
      extra_metrics: true,
      ...limit,
    });
    expect(show(await scrapeOnce())).toMatchObject({
      a: "stale",
      up: 0,
      scrape_body_size_bytes: "body_size_limit" in limit ? -1 : "target_limit" in limit ? 0 : 59,
    });
    expect(health(instance)[0]!["last_error"]).toContain(error);
    expect(context.metric(metric)).toBe(1);
  });

  test("a page at its limits is fine", async () => {
    server.page("a 1\nb 1\n");
    await open({ sample_limit: 2, label_limit: 3, label_name_length_limit: 8, body_size_limit: 9 });
    expect(show(await scrapeOnce())).toMatchObject({ up: 1, a: 1, b: 1 });
  });
});

describe("what a target answers", () => {
  test.each<[string, string, Partial<Args>, number, string]>([
    ["a broken page", "text/plain", {}, 0, "line 1: metric name not set"],
    ["OpenMetrics without an end", "application/openmetrics-text", {}, 0, "line 1: metric name not set"],
    ["protobuf", "application/vnd.google.protobuf; proto=x", {}, 0, "protobuf format, which is not supported yet"],
    ["no type at all, without fallback", "", { scrape_fallback_protocol: "" }, 0, "blank Content-Type"],
    [
      "another type, without fallback",
      "text/html",
      { scrape_fallback_protocol: "" },
      0,
      'unsupported Content-Type "text/html"',
    ],
  ])("%s", async (_, contentType, given, up, error) => {
    server.page("{} 1\n", contentType);
    const instance = await open(given);
    expect(show(await scrapeOnce())).toMatchObject({ up });
    expect(health(instance)[0]!["last_error"]).toContain(error);
  });
  test("an unknown type is read by the fallback", async () => {
    server.page("a 1\n# EOF\n", "odd");
    await open({ scrape_fallback_protocol: "OpenMetricsText1.0.0" });
    expect(show(await scrapeOnce())).toMatchObject({ up: 1, a: 1 });
  });
  test("nothing, in time", async () => {
    server.answer = () => undefined;
    const instance = await open({ scrape_timeout: 20 });
    expect(show(await scrapeOnce())).toMatchObject({ up: 0 });
    expect(health(instance)[0]!["last_error"]).toContain("no answer within 0.02s");
  });
  test("failures go to the file", async () => {
    server.status(404);
    const file = join(context.dataDir, "failures.log");
    const instance = await open({ scrape_failure_log_file: file });
    await scrapeOnce();
    await instance.stop!();
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      level: "ERROR",
      msg: "server returned HTTP status 404 Not Found",
      job_name: "prometheus.scrape.x",
      target: `http://${server.address}/metrics`,
    });
  });
});

describe("changes", () => {
  test("a target that stays is scraped on, at the same times", async () => {
    const instance = await open();
    const first = await scrapeOnce();
    await apply(instance, { targets: [here(), targetOf({ __address__: "127.0.0.1:1" })], sample_limit: 100 });
    await apply(instance, { scrape_timeout: 5000 });
    const second = await scrapeOnce();
    expect(second.series).toBe(first.series);
    expect(second.time[0]! - first.time[0]!).toBe(60_000);
    expect(show(second)).toMatchObject({ scrape_series_added: 0 });
  });

  test("of targets keep connections, those of credentials do not lose a scrape", async () => {
    const instance = await open();
    await scrapeOnce();
    await apply(instance, { targets: [here(), targetOf({ __address__: "127.0.0.1:1", __scrape_interval__: "100d" })] });
    await scrapeOnce();
    await apply(instance, { bearer_token: new Secret("t") });
    expect(show(await scrapeOnce())).toMatchObject({ a: 1, up: 1 });
    const [first, second, third] = server.requests;
    expect(second!.socket).toBe(first!.socket);
    expect(third!.headers.authorization).toBe("Bearer t");
  });

  test("a target that is gone ends after a while", async () => {
    const instance = await open();
    const last = await scrapeOnce();
    await apply(instance, { targets: [] });
    await context.clock.advance(last.time[0]! + 125_999 - context.clock.now());
    expect(sink.waiting).toBe(0);
    await context.clock.advance(1);
    const end = await sink.next();
    expect(show(end)).toEqual({
      a: "stale",
      up: "stale",
      scrape_duration_seconds: "stale",
      scrape_samples_scraped: "stale",
      scrape_samples_post_metric_relabeling: "stale",
      scrape_series_added: "stale",
    });
    expect(end.time[0]).toBe(last.time[0]! + 60_000);
    expect(health(instance)).toEqual([]);
    expect(context.clock.pending).toBe(0);
  });

  test("one that comes back in time goes on as if nothing had been", async () => {
    const instance = await open();
    const first = await scrapeOnce();
    await apply(instance, { targets: [] });
    await context.clock.advance(first.time[0]! + 100_000 - context.clock.now());
    await apply(instance, {});
    const second = await scrapeOnce();
    expect(second.series).toBe(first.series);
    expect((second.time[0]! - first.time[0]!) % 60_000).toBe(0);
    for (let i = 0; i < 3; i++) expect(showOwn(await scrapeOnce())).toEqual({ a: 1 });
  });

  test("series that another target has taken over do not end", async () => {
    const instance = await open({ targets: [here({ instance: "i" })] });
    await scrapeOnce();
    await apply(instance, { targets: [here({ instance: "i", __param_new: "1" })] });
    for (let i = 0; i < 4; i++) expect(showOwn(await scrapeOnce())).toEqual({ a: 1 });
    expect(sink.waiting).toBe(0);
  });

  test("of how labels are merged end no series that keep their labels", async () => {
    server.page('a 1\nb{job="own"} 1\n');
    const instance = await open();
    await scrapeOnce();
    await apply(instance, { honor_labels: true });
    expect(showOwn(await scrapeOnce(), ["instance"])).toEqual({ "a{job=prometheus.scrape.x}": 1, "b{job=own}": 1 });
    expect(showOwn(await sink.next(), ["instance"])).toEqual({
      "b{exported_job=own,job=prometheus.scrape.x}": "stale",
    });
  });

  test("a new interval counts at once", async () => {
    const instance = await open();
    await scrapeOnce();
    await apply(instance, { scrape_interval: 20_000 });
    await context.clock.advance(20_000);
    await sink.next();
  });

  test("a successor takes over without losing or doubling a scrape", async () => {
    const old = await open();
    const first = await scrapeOnce();
    const next = fakeContext<object>({ id: "prometheus.scrape.x", clock: context.clock });
    const shared = Object.create(next, { acquire: { value: context.acquire.bind(context) } }) as Context<object>;
    await open({}, shared);
    await old.stop!();
    const second = await scrapeOnce();
    expect(second.series).toBe(first.series);
    expect(second.time[0]! - first.time[0]!).toBe(60_000);
    expect(sink.waiting).toBe(0);
    expect(server.requests).toHaveLength(2);
    next.dispose();
  });

  test("a successor also ends the targets that its predecessor has given up", async () => {
    const old = await open();
    const last = await scrapeOnce();
    await apply(old, { targets: [] });
    const clock = fakeClock(context.clock.now());
    const next = fakeContext<object>({ id: "prometheus.scrape.x", clock });
    const shared = Object.create(next, { acquire: { value: context.acquire.bind(context) } }) as Context<object>;
    await open({ targets: [] }, shared);
    await old.stop!();
    await clock.advance(last.time[0]! + 126_000 - clock.now());
    expect(show(await sink.next())).toMatchObject({ a: "stale", up: "stale" });
    expect(clock.pending).toBe(0);
    next.dispose();
  });

  test("one that was built and never started leaves the running one alone", async () => {
    await open();
    const shared = Object.create(fakeContext<object>({ clock: context.clock }), {
      acquire: { value: context.acquire.bind(context) },
      globalId: { value: context.globalId },
    }) as Context<object>;
    await (
      await scrape.create(argsOf(), shared)
    ).stop!();
    await scrapeOnce();
  });
});

describe("running", () => {
  test("a slow consumer delays the next scrape, and what is left out is counted", async () => {
    let release = (): void => undefined;
    sink.hold = new Promise((resolve) => (release = resolve));
    await open();
    const first = await scrapeOnce();
    await context.clock.advance(first.time[0]! + 190_000 - context.clock.now());
    expect(server.requests).toHaveLength(1);
    sink.hold = undefined;
    release();
    await context.clock.advance(0);
    const second = await sink.next();
    expect(second.time[0]! - first.time[0]!).toBe(190_000);
    expect(context.metric("prometheus_target_scrapes_missed_total")).toBe(2);
  });

  test("a consumer that fails does not stop the scraping", async () => {
    const broken = { consume: () => Promise.reject(new Error("full")) };
    await open({ forward_to: [broken, sink] });
    await scrapeOnce();
    await scrapeOnce();
    await context.clock.advance(0);
    expect(context.lines.filter((line) => line.level === "error")).toHaveLength(2);
  });

  test("stopping ends a scrape under way, silently, and leaves nothing behind", async () => {
    server.answer = () => undefined;
    const instance = await open();
    await context.clock.advance(60_000);
    await instance.stop!();
    expect(sink.waiting).toBe(0);
    expect(context.clock.pending).toBe(0);
    expect(context.held).toEqual([]);
  });

  test("targets spread over the interval and keep their places", async () => {
    const targets = Array.from({ length: 20 }, (_, i) => here({ n: String(i) }));
    await open({ targets });
    await context.clock.advance(60_000);
    const times = new Map<string, number>();
    for (let i = 0; i < 20; i++) {
      const batch = await sink.next();
      times.set(batch.series[0]!.get("n"), batch.time[0]!);
    }
    expect(new Set(times.values()).size).toBeGreaterThan(15);
    await context.clock.advance(60_000);
    for (let i = 0; i < 20; i++) {
      const batch = await sink.next();
      expect(batch.time[0]! - times.get(batch.series[0]!.get("n"))!).toBe(60_000);
    }
  });

  test("targets that cannot be scraped are named and left out", async () => {
    const wrong = [
      {},
      { __address__: "a/b" },
      { __address__: "a", __scrape_interval__: "x" },
      { __address__: "a", __scrape_timeout__: "2m" },
      { __address__: "a:b:c" },
    ];
    const instance = await open({ targets: [...wrong.map(targetOf), here()] });
    expect(health(instance)).toHaveLength(1);
    expect(context.lines.map((line) => String(line.fields["err"]))).toEqual([
      "target 0: no address",
      'target 1: "a/b" is not a valid hostname',
      'target 2: error parsing scrape interval: not a valid duration string: "x"',
      "target 3: scrape timeout cannot be greater than scrape interval (2m > 1m)",
      expect.stringContaining("is not a URL") as string,
    ]);
    expect(context.metric("prometheus_target_sync_failed_total")).toBe(5);
  });
});

test.each<[Partial<Args>, string, string]>([
  [{ scrape_timeout: 70_000 }, "scrape_timeout", "scrape_timeout (1m10s) greater than scrape_interval (1m)"],
  [{ scrape_interval: 0, scrape_timeout: 0 }, "scrape_interval", "greater than 0"],
  [{ scheme: "ftp" }, "scheme", "not supported"],
  [{ scrape_protocols: ["PrometheusText0.0.4", "PrometheusText0.0.4"] }, "scrape_protocols", "duplicate"],
  [{ scrape_protocols: ["PrometheusProto"] }, "scrape_protocols", "not supported yet"],
  [{ scrape_fallback_protocol: "PrometheusProto" }, "scrape_fallback_protocol", "not supported yet"],
  [{ metric_name_escaping_scheme: "allow-utf-8" }, "metric_name_escaping_scheme", "cannot be set"],
  [{ bearer_token: new Secret("a"), bearer_token_file: "b" }, "bearer_token_file", "at most one"],
])("%o is refused", (given, path, message) => {
  const problems = scrape.check!({ ...defaultsOf(scrape.args), targets: [], forward_to: [], ...given });
  expect(problems[0]).toMatchObject({ path, message: expect.stringContaining(message) as string });
});
