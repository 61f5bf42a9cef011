import { component, type Problem } from "#src/component/define.ts";
import { samples } from "#src/component/types.ts";
import { checkHttpClient, httpClientArgs } from "#src/net/http-args.ts";
import { attr, block, type Infer, type Shape } from "#src/schema/field.ts";
import { bool, duration, list, map, number, oneOf, size, string, target, uint } from "#src/schema/type.ts";
import { createFanout } from "./_fanout.ts";
import { printPrometheusDuration } from "./_scrape/duration.ts";
import { createFailureLog, type FailureLog } from "./_scrape/failure-log.ts";
import type { ScrapeSettings } from "./_scrape/loop.ts";
import { ScrapePool } from "./_scrape/pool.ts";
import { printAccept, PROTOCOLS } from "./_scrape/protocol.ts";
import { createScrapeMetrics } from "./_scrape/scrape-metrics.ts";
import { buildTargets } from "./_scrape/target.ts";

const args = {
  targets: attr(list(target), "Targets to scrape."),
  forward_to: attr(list(samples), "Where the samples go."),
  job_name: attr(string, "Value of the `job` label; the component's name if not given.", { default: "" }),
  scrape_interval: attr(duration, "How often each target is scraped.", { default: 60_000 }),
  scrape_timeout: attr(duration, "How long a scrape may take.", { default: 10_000 }),
  scheme: attr(string, "URL scheme, `http` or `https`.", { default: "http" }),
  metrics_path: attr(string, "Path of the metrics.", { default: "/metrics" }),
  params: attr(map(list(string)), "Query parameters.", { optional: true }),
  honor_labels: attr(bool, "Keep a label of the page where the target has one of the same name.", { default: false }),
  honor_timestamps: attr(bool, "Use the times that the page gives.", { default: true }),
  track_timestamps_staleness: attr(bool, "Mark series as ended also where the page gives their times.", {
    default: false,
  }),
  honor_metadata: attr(bool, "Pass on type, help and unit of metrics.", { default: false, stability: "experimental" }),
  extra_metrics: attr(bool, "Also report timeout, sample limit and body size of each scrape.", { default: false }),
  scrape_protocols: attr(list(oneOf(...PROTOCOLS)), "Formats to ask for, in order of preference.", {
    default: ["OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4"],
  }),
  scrape_fallback_protocol: attr(oneOf("", ...PROTOCOLS), "Format of an answer whose Content-Type does not say it.", {
    default: "PrometheusText0.0.4",
  }),
  enable_compression: attr(bool, "Ask for compressed pages.", { default: true }),
  metric_name_validation_scheme: attr(oneOf("legacy", "utf8"), "Which names metrics and labels may have.", {
    default: "legacy",
  }),
  metric_name_escaping_scheme: attr(
    oneOf("", "allow-utf-8", "underscores", "dots", "values"),
    "How targets are asked to escape names: `underscores` if not given, or `allow-utf-8` with the validation scheme `utf8`.",
    { optional: true },
  ),
  body_size_limit: attr(size, "Size from which an uncompressed page makes the scrape fail; 0 for none.", {
    default: 0,
  }),
  sample_limit: attr(uint, "Number of samples above which the scrape fails; 0 for none.", { default: 0 }),
  target_limit: attr(uint, "Number of targets above which all scrapes fail; 0 for none.", { default: 0 }),
  label_limit: attr(uint, "Number of labels of a series above which the scrape fails; 0 for none.", { default: 0 }),
  label_name_length_limit: attr(uint, "Length of a label name above which the scrape fails; 0 for none.", {
    default: 0,
  }),
  label_value_length_limit: attr(uint, "Length of a label value above which the scrape fails; 0 for none.", {
    default: 0,
  }),
  scrape_failure_log_file: attr(string, "File that gets a line for each failed scrape.", { default: "" }),
  scrape_native_histograms: attr(bool, "Scrape native histograms.", { default: false, unsupported: true }),
  scrape_classic_histograms: attr(bool, "Scrape classic histograms that are exposed as native ones too.", {
    default: false,
    unsupported: true,
  }),
  convert_classic_histograms_to_nhcb: attr(bool, "Convert classic histograms to native ones with custom buckets.", {
    default: false,
    unsupported: true,
  }),
  native_histogram_bucket_limit: attr(uint, "Number of buckets of a native histogram.", {
    default: 0,
    unsupported: true,
  }),
  native_histogram_min_bucket_factor: attr(number, "Growth factor of native histograms.", {
    default: 0,
    unsupported: true,
  }),
  start_timestamp_zero_ingestion: attr(bool, "Add a zero sample at the start time of a counter.", {
    default: false,
    stability: "experimental",
    unsupported: true,
  }),
  enable_type_and_unit_labels: attr(bool, "Add type and unit of metrics as labels.", {
    default: false,
    stability: "experimental",
    unsupported: true,
  }),
  enable_protobuf_negotiation: attr(bool, "Ask for the protobuf format.", {
    default: false,
    deprecated: "use scrape_protocols",
    unsupported: true,
  }),
  ...httpClientArgs,
  clustering: block(
    {
      enabled: attr(bool, "Share the targets among the collectors of a cluster.", { unsupported: true }),
    },
    "How collectors of a cluster share the targets.",
  ),
} satisfies Shape;

type Args = Infer<typeof args>;

/** Scrapes targets: `up` and its like, staleness and limits as in Prometheus. */
export default component({
  name: "prometheus.scrape",
  stability: "generally-available",
  doc: "Scrapes Prometheus metrics from targets.",
  args,
  exports: {},
  examples: [
    `prometheus.exporter.self "default" { }

prometheus.scrape "default" {
  targets    = prometheus.exporter.self.default.targets
  forward_to = [prometheus.echo.default.receiver]
}

prometheus.echo "default" { }
`,
  ],
  check,
  async create(first, ctx) {
    const fanout = createFanout(first.forward_to, ctx.metrics);
    const metrics = createScrapeMetrics(ctx.metrics);
    const shared = await ctx.acquire(`prometheus.scrape/${ctx.globalId}`, () => new ScrapePool());
    const pool = shared.resource;
    let failures: FailureLog | undefined;
    let failuresPath = "";

    const prepare = (next: Args): (() => void) => {
      const job = next.job_name === "" ? ctx.globalId : next.job_name;
      const built = buildTargets(next.targets, next, job);
      return () => apply(next, job, built);
    };
    const apply = (next: Args, job: string, built: ReturnType<typeof buildTargets>): void => {
      if (next.scrape_failure_log_file !== failuresPath) {
        failuresPath = next.scrape_failure_log_file;
        failures =
          failuresPath === ""
            ? undefined
            : createFailureLog(failuresPath, ctx.clock, (error) =>
                ctx.log.error("cannot write to the scrape failure log", { file: failuresPath, err: error }),
              );
      }
      for (const failure of built.failures) ctx.log.error("Creating target failed", { err: failure });
      metrics.syncFailures.inc(built.failures.length);
      fanout.point(next.forward_to);
      pool.apply(built.targets, next, next.target_limit, {
        job,
        settings: settingsOf(next),
        clock: ctx.clock,
        log: ctx.log,
        metrics,
        out: fanout,
        failures,
        local: (address, path) => ctx.local(address, path),
      });
      ctx.health("healthy", `scraping ${built.targets.length} targets`);
    };
    const begin = prepare(first);
    return {
      start: begin,
      update: prepare,
      async stop() {
        await shared.release();
        await failures?.flush();
      },
      debug: () => ({ targets: pool.status() }),
    };
  },
});

function settingsOf(from: Args): ScrapeSettings {
  const scheme = from.metric_name_validation_scheme;
  const escaping = from.metric_name_escaping_scheme || (scheme === "utf8" ? "allow-utf-8" : "underscores");
  return {
    series: {
      honorLabels: from.honor_labels,
      scheme,
      labelLimit: from.label_limit,
      labelNameLengthLimit: from.label_name_length_limit,
      labelValueLengthLimit: from.label_value_length_limit,
    },
    fetch: {
      accept: printAccept(from.scrape_protocols, escaping),
      compress: from.enable_compression,
      bodySizeLimit: from.body_size_limit,
    },
    fallback: from.scrape_fallback_protocol,
    honorTimestamps: from.honor_timestamps,
    trackTimestamps: from.track_timestamps_staleness,
    sampleLimit: from.sample_limit,
    extraMetrics: from.extra_metrics,
    honorMetadata: from.honor_metadata,
  };
}

function check(given: Args): readonly Problem[] {
  const problems: Problem[] = [];
  const { scrape_interval: interval, scrape_timeout: timeout, scrape_protocols: protocols } = given;
  if (interval <= 0) problems.push({ path: "scrape_interval", message: "scrape_interval must be greater than 0" });
  if (timeout <= 0) problems.push({ path: "scrape_timeout", message: "scrape_timeout must be greater than 0" });
  if (timeout > interval)
    problems.push({
      path: "scrape_timeout",
      message: `scrape_timeout (${printPrometheusDuration(timeout)}) greater than scrape_interval (${printPrometheusDuration(interval)}) for scrape config with job name ${JSON.stringify(given.job_name)}`,
    });
  if (given.scheme !== "http" && given.scheme !== "https")
    problems.push({
      path: "scheme",
      message: `scheme ${JSON.stringify(given.scheme)} is not supported`,
      hint: "Use http or https.",
    });
  const twice = protocols.find((protocol, i) => protocols.indexOf(protocol) !== i);
  if (twice !== undefined)
    problems.push({
      path: "scrape_protocols",
      message: `duplicate scrape protocol ${JSON.stringify(twice)}: make sure the scrape protocols provided are unique`,
    });
  for (const path of ["scrape_protocols", "scrape_fallback_protocol"] as const)
    if ([given[path]].flat().includes("PrometheusProto"))
      problems.push({
        path,
        message: "scrape protocol PrometheusProto is not supported yet",
        hint: "Use the text formats; all classic metrics are the same in them.",
      });
  if (given.metric_name_escaping_scheme === "allow-utf-8" && given.metric_name_validation_scheme !== "utf8")
    problems.push({
      path: "metric_name_escaping_scheme",
      message:
        "metric_name_escaping_scheme cannot be set to 'allow-utf-8' while metric_name_validation_scheme is not set to 'utf8'",
    });
  return [...problems, ...checkHttpClient(given)];
}
