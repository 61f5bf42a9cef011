/** One real pipeline from pages to queries: exporters, discovery, scrape, relabel and remote write, read back from a real Prometheus. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { killCollectors, startCollector, type Collector } from "#test/kit/collector.ts";
import { serve, type TestServer } from "#test/kit/http.ts";
import { canUse } from "#test/kit/programs.ts";
import { startPrometheus, type Prometheus, type QueriedSeries } from "#test/kit/prometheus.ts";
import { until } from "#test/kit/until.ts";

/** A page with something of everything that the text format has. Bounds are as Prometheus 3 would make them, and we do. */
const PAGE = `# HELP app_requests_total Requests, by "path" \\\\ and code.
# TYPE app_requests_total counter
app_requests_total{path="/",code="200"} 1027
app_requests_total{path="/a b\\"c\\\\d\\ne",code="404"} 3.5e+03
# TYPE app_temperature gauge
app_temperature{unit="ü"} -12.25
app_temperature{unit="inf"} +Inf
app_temperature{unit="minus"} -Inf
app_temperature{unit="nan"} NaN
# HELP app_duration_seconds How long.
# TYPE app_duration_seconds histogram
app_duration_seconds_bucket{le="0.1"} 5
app_duration_seconds_bucket{le="1.0"} 9
app_duration_seconds_bucket{le="+Inf"} 12
app_duration_seconds_sum 9.5
app_duration_seconds_count 12
# TYPE app_size summary
app_size{quantile="0.5"} 10
app_size{quantile="0.99"} 1e-3
app_size_sum 1234567.125
app_size_count 42
app_untyped 0
app_clash{job="of the page",instance="too"} 1
empty_label{a=""} 1
`;

describe.skipIf(!canUse("prometheus"))("a pipeline into a real Prometheus", () => {
  let folder: string;
  let target: TestServer;
  let prometheus: Prometheus;
  let collector: Collector;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "invar-pipeline-"));
    target = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(PAGE);
    });
    prometheus = await startPrometheus(
      folder,
      `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: own
    static_configs: [{ targets: ["127.0.0.1:${target.port}"] }]
`,
    );
    const config = join(folder, "main.alloy");
    await writeFile(
      config,
      `
prometheus.exporter.unix "host" { }

prometheus.exporter.self "collector" { }

discovery.relabel "app" {
  targets = [
    {__address__ = "127.0.0.1:${target.port}", zone = "a-1"},
    {__address__ = "127.0.0.1:1", zone = "drop"},
  ]
  rule {
    source_labels = ["zone"]
    regex         = "drop"
    action        = "drop"
  }
  rule {
    source_labels = ["zone"]
    regex         = "(.)-(.*)"
    target_label  = "place"
    replacement   = "$2/\${1}"
  }
  rule {
    regex  = "zone"
    action = "labeldrop"
  }
}

prometheus.scrape "app" {
  targets         = discovery.relabel.app.output
  job_name        = "app"
  honor_metadata  = true
  scrape_interval = "500ms"
  scrape_timeout  = "500ms"
  forward_to      = [prometheus.relabel.all.receiver]
}

prometheus.scrape "inside" {
  targets         = array.concat(prometheus.exporter.unix.host.targets, prometheus.exporter.self.collector.targets)
  scrape_interval = "1s"
  scrape_timeout  = "1s"
  forward_to      = [prometheus.relabel.all.receiver]
}

prometheus.relabel "all" {
  rule {
    source_labels = ["__name__"]
    regex         = "app_untyped"
    action        = "drop"
  }
  rule {
    source_labels = ["job"]
    target_label  = "seen"
    replacement   = "yes-$1"
  }
  forward_to = [prometheus.remote_write.out.receiver]
}

prometheus.remote_write "out" {
  external_labels = {cluster = "e2e", place = "of the cluster"}
  endpoint {
    url = "${prometheus.writeUrl}"
    queue_config { batch_send_deadline = "200ms" }
    metadata_config { send_interval = "1s" }
    write_relabel_config {
      source_labels = ["__name__"]
      regex         = "scrape_samples_scraped"
      action        = "drop"
    }
  }
}
`,
    );
    collector = await startCollector(config, join(folder, "data"));
  });
  afterAll(async () => {
    await killCollectors();
    await prometheus.close();
    await target.close();
    await rm(folder, { recursive: true, force: true });
  });

  const find = (expression: string): Promise<readonly QueriedSeries[]> =>
    until(`an answer to ${expression}`, async () => {
      const found = await prometheus.query(expression);
      return found.length > 0 && found;
    });
  const value = async (expression: string): Promise<number> => (await find(expression))[0]!.points[0]![1];

  test("values arrive with the labels of targets, rules and the cluster", async () => {
    const instance = `127.0.0.1:${target.port}`;
    const [requests] = await find('app_requests_total{code="404",cluster="e2e"}');
    expect(requests!.labels).toEqual({
      __name__: "app_requests_total",
      path: '/a b"c\\d\ne',
      code: "404",
      job: "app",
      instance,
      place: "1/a",
      seen: "yes-app",
      cluster: "e2e",
    });
    expect(requests!.points[0]![1]).toBe(3500);
    expect(await value('up{job="app",cluster="e2e"}')).toBe(1);
    expect(await value('scrape_series_added{job="app",cluster="e2e"} >= 0')).toBeGreaterThanOrEqual(0);
    expect(await prometheus.query('{__name__=~"app_untyped|scrape_samples_scraped",cluster="e2e"}')).toEqual([]);
    const [clash] = await find('app_clash{cluster="e2e"}');
    expect(clash!.labels).toMatchObject({ job: "app", exported_job: "of the page", exported_instance: "too" });
  });

  test("the host's and the collector's own metrics arrive without a socket between", async () => {
    expect(await value('node_memory_MemTotal_bytes{cluster="e2e"}')).toBeGreaterThan(2 ** 24);
    expect(await value('sum(node_cpu_seconds_total{cluster="e2e"})')).toBeGreaterThan(0);
    const [uname] = await find('node_uname_info{cluster="e2e"}');
    expect(uname!.labels).toMatchObject({ nodename: hostname(), job: "integrations/unix" });
    expect(await value('invar_generation_number{cluster="e2e"}')).toBe(1);
    expect(await value('count(up{cluster="e2e"} == 1)')).toBe(3);
  });

  test("Prometheus has read the same from the same page, series by series", async () => {
    const own = new Set(["job", "instance", "place", "seen", "cluster"]);
    const table = async (selector: string): Promise<Record<string, string>> => {
      const rows = (await find(selector)).map(({ labels, points }) => {
        const kept = Object.entries(labels)
          .filter(([name]) => !own.has(name))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        return [JSON.stringify(kept), String(points[0]![1])] as const;
      });
      return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
    };
    const names = '__name__=~"app_.*|empty_label|up",__name__!="app_untyped"';
    const theirs = await table(`{${names},job="own"}`);
    expect(Object.keys(theirs)).toHaveLength(18);
    expect(await table(`{${names},job="app"}`)).toEqual(theirs);
  });

  test("metadata is sent, and taken", async () => {
    // What Prometheus 2.42 takes it does not show.
    const count = (name: string, text: string): number =>
      Number(new RegExp(`^prometheus_remote_storage_${name}_total(?:\\{.*\\})? (\\d+)$`, "m").exec(text)?.[1]);
    const text = await until("sent metadata", async () => {
      const page = (await collector.get("/metrics")).text;
      return count("metadata", page) > 0 && page;
    });
    expect(count("metadata_failed", text)).toBe(0);
  });

  test("promtool finds nothing wrong with our /metrics but style", async () => {
    const { text } = await collector.get("/metrics");
    expect(text).toContain("# TYPE invar_generation_number gauge\n");
    // Exit status 1 is for what cannot be read, 3 for remarks on style alone.
    const { status, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    expect([0, 3], stderr).toContain(status);
    expect(stderr).not.toMatch(/error while linting|parse|no help text|non-counter|must/i);
  });

  test("a target that goes away is stale within two scrapes, and up says so", async () => {
    const begun = Date.now() / 1000;
    await find('app_temperature{unit="ü",cluster="e2e"}');
    await target.close();
    await until("up to be 0", async () => (await prometheus.query('up{job="app",cluster="e2e"} == 0')).length === 1);
    const ended = Date.now() / 1000;
    // Without a marker the last value would be seen for five minutes.
    expect(await prometheus.query('app_temperature{unit="ü",cluster="e2e"}')).toEqual([]);
    const range = (from: number, to: number): Promise<readonly QueriedSeries[]> =>
      prometheus.queryRange('app_temperature{unit="ü",cluster="e2e"}', from, to, 0.25);
    expect((await range(begun - 5, ended))[0]!.points.at(-1)![0]).toBeLessThan(ended);
    expect(await range(ended, ended + 2)).toEqual([]);
    expect(collector.process.exitCode).toBeNull();
  });

  test("a target that leaves the configuration is stale too", async () => {
    const config = join(folder, "main.alloy");
    await find('node_load1{cluster="e2e"}');
    const text = await readFile(config, "utf8");
    await writeFile(config, text.replace(/array\.concat\(.*\)/, "prometheus.exporter.self.collector.targets"));
    expect((await collector.post("/-/reload")).status).toBe(200);
    await until(
      "the end of the series",
      async () => (await prometheus.query('up{cluster="e2e",job="integrations/unix"}')).length === 0,
    );
    expect(await prometheus.query('node_load1{cluster="e2e"}')).toEqual([]);
    expect(await value('invar_generation_number{cluster="e2e"}')).toBe(2);
    expect(await collector.end()).toBe(0);
  });
});
