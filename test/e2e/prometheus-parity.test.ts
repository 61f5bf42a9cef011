/** The same pages and the same rules for a real Prometheus and for us: the same series must come out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import scrape from "#components/prometheus/scrape.ts";
import { compileRules } from "#src/relabel/relabel.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import { Labels } from "#src/signal/labels.ts";
import type { SampleBatch } from "#src/signal/samples.ts";
import { Target } from "#src/value/target.ts";
import { openExporter, type ExporterServer } from "#test/components/prometheus/exporter-server.ts";
import { Sink } from "#test/components/prometheus/sink.ts";
import { fakeContext } from "#test/kit/context.ts";
import { rule, type RuleText } from "#test/relabel/rule.ts";
import { hasPrometheus, labelText, openPrometheus, type PrometheusServer } from "./kit/prometheus-server.ts";

interface Case {
  readonly name: string;
  readonly rules: readonly RuleText[];
  readonly labels: Readonly<Record<string, string>>;
  /** Why an older Prometheus, such as the one that can be installed here, gives something else. */
  readonly newer?: string;
}

const golden = readFileSync(join(import.meta.dirname, "../golden/relabel.json"), "utf8");
const cases = (JSON.parse(golden) as readonly Case[]).filter(({ newer }) => newer === undefined);
const openMetrics = "application/openmetrics-text; version=1.0.0";
const pages: Readonly<Record<string, readonly [page: string, contentType: string]>> = {
  text: [
    [
      "# HELP a Help.",
      "# TYPE a counter",
      'a{x="1",y="two\\n\\"three\\" \\\\",empty=""} 1',
      'a { x = "2" , } 2.5e3',
      'a{job="own",instance="mine",exported_job="e"} 3',
      "# TYPE h histogram",
      'h_bucket{le="0.5"} 1',
      'h_bucket{le="+Inf"} 2',
      "h_sum 0.30000000000000004",
      "h_count 2",
      "not_a_number NaN",
      "infinite -Inf",
      'ünïcode_value{v="ÄÖ😀"} 1'.replace("ünïcode", "unicode"),
      "",
    ].join("\n"),
    "text/plain; version=0.0.4",
  ],
  openmetrics: [
    '# TYPE c counter\n# HELP c Help.\nc_total{a="b"} 1.0 # {trace_id="x"} 0.5\nc_created{a="b"} 1.7e9\n# TYPE g_seconds gauge\n# UNIT g_seconds seconds\ng_seconds 5e-3\n# EOF\n',
    openMetrics,
  ],
  broken: ["a 1\nb{ 2\n", "text/plain"],
};

const printPage = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `relabeled{${pairs.join(",")}} 1\n`;
};

describe.skipIf(!hasPrometheus)("against a real Prometheus", () => {
  let exporter: ExporterServer;
  let prometheus: PrometheusServer | undefined;

  beforeAll(async () => {
    exporter = await openExporter();
    exporter.answer = (request, response) => {
      const [, kind = "", name = ""] = request.url!.split("/");
      const [page, type] = kind === "page" ? pages[name]! : [printPage(cases[Number(name)]!.labels), "text/plain"];
      response.writeHead(200, { "content-type": type }).end(page);
    };
    const job = (name: string, path: string, more: object = {}): object => ({
      job_name: name,
      metrics_path: path,
      static_configs: [{ targets: [exporter.address] }],
      ...more,
    });
    prometheus = await openPrometheus({
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [
        ...Object.keys(pages).map((name) => job(name, `/page/${name}`)),
        job("honor", "/page/text", { honor_labels: true }),
        ...cases.map(({ rules }, i) => job(`case_${i}`, `/case/${i}`, { metric_relabel_configs: rules })),
      ],
    });
  });
  afterAll(async () => {
    await prometheus?.close();
    await exporter.close();
  });

  async function scrapeHere(job: string, path: string, honor_labels: boolean): Promise<ReadonlyMap<string, number>> {
    const context = fakeContext<object>();
    const sink = new Sink();
    const targets = [
      new Target(
        new Map([
          ["__address__", exporter.address],
          ["__metrics_path__", path],
        ]),
      ),
    ];
    const instance = await scrape.create(
      { ...defaultsOf(scrape.args), targets, forward_to: [sink], job_name: job, honor_labels },
      context,
    );
    await instance.start!();
    await context.clock.advance(60_000);
    const batch: SampleBatch = await sink.next();
    await instance.stop!();
    context.dispose();
    return new Map(Array.from(batch.row, (row, i) => [labelText(batch.series[row]!.entries()), batch.value[i]!]));
  }

  const stable = (series: ReadonlyMap<string, number>): unknown =>
    Object.fromEntries([...series].filter(([labels]) => !/scrape_(duration|series_added)/.test(labels)));

  test.each([...Object.keys(pages), "honor"])("page %s", async (job) => {
    const path = `/page/${job === "honor" ? "text" : job}`;
    await prometheus!.find(`scrape_series_added{job="${job}"}`);
    const theirs = await prometheus!.query(`{__name__=~".+",instance=~"${exporter.address}|mine",job=~"${job}|own"}`);
    const ours = await scrapeHere(job, path, job === "honor");
    const own = [...theirs].filter(([labels]) => job === "honor" || labels.includes(`"${job}"`));
    expect(stable(new Map(own.filter(([labels]) => !labels.includes('"own"') || ours.has(labels))))).toEqual(
      stable(ours),
    );
  });

  test.each(cases.map(({ name }, i) => [name, i] as const))("rules: %s", async (_, i) => {
    const { rules, labels } = cases[i]!;
    const job = `case_${i}`;
    await prometheus!.find(`scrape_series_added{job="${job}"}`);
    const input = Labels.from([
      ...Object.entries(labels),
      ["__name__", "relabeled"],
      ["job", job],
      ["instance", exporter.address],
    ]);
    const relabeled = compileRules(rules.map(rule))(input);
    const ours = relabeled === undefined || relabeled.get("__name__") === "" ? [] : [labelText(relabeled.entries())];
    const theirs = await prometheus!.query(
      `{__name__=~"relabeled",job="${job}"} or {__name__!~"up|scrape_.*",job="${job}"}`,
    );
    expect([...theirs.keys()]).toEqual(ours);
  });
});
