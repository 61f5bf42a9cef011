/** Twenty rules of a Kubernetes kind over targets that are all different, and a repeated batch of samples, against a plain reading of the rules. */
import { BatchRelabeler } from "#components/prometheus/_relabel/batch-relabeler.ts";
import { createSeriesCache } from "#components/prometheus/_relabel/series-cache.ts";
import { compileRules } from "#src/relabel/relabel.ts";
import { Labels } from "#src/signal/labels.ts";
import { systemClock } from "#src/util/clock.ts";
import { noMetrics } from "#src/util/metrics.ts";
import { naiveRelabel } from "#test/relabel/naive.ts";
import { rule } from "#test/relabel/rule.ts";
import { interleave, median, print } from "./_measure.ts";

const ROUNDS = 7;
const POD = "__meta_kubernetes_pod_";
const NAMESPACE = "__meta_kubernetes_namespace";

const rules = [
  rule({ source_labels: [`${POD}container_port_name`], regex: ".*-metrics", action: "keep" }),
  rule({ source_labels: [`${POD}label_app`], regex: "", action: "drop" }),
  rule({ source_labels: [`${POD}phase`], regex: "Succeeded|Failed", action: "drop" }),
  rule({ source_labels: [`${POD}annotation_scrape`], regex: "false", action: "drop" }),
  rule({ source_labels: [`${POD}annotation_scheme`], regex: "(https?)", target_label: "__scheme__" }),
  rule({ source_labels: [`${POD}annotation_path`], regex: "(.+)", target_label: "__metrics_path__" }),
  rule({
    source_labels: ["__address__", `${POD}annotation_port`],
    regex: "(.+?)(\\:\\d+)?;(\\d+)",
    target_label: "__address__",
    replacement: "$1:$3",
  }),
  rule({ regex: `${POD}annotation_param_(.+)`, replacement: "__param_$1", action: "labelmap" }),
  rule({ regex: `${POD}label_public_(.+)`, action: "labelmap" }),
  rule({ regex: `${POD}annotation_public_(.+)`, action: "labelmap" }),
  rule({ source_labels: [NAMESPACE, `${POD}label_app`], separator: "/", target_label: "job" }),
  rule({ source_labels: [NAMESPACE], target_label: "namespace" }),
  rule({ source_labels: [`${POD}name`], target_label: "pod" }),
  rule({ source_labels: [`${POD}container_name`], target_label: "container" }),
  rule({
    source_labels: [`${POD}name`, `${POD}container_name`, `${POD}container_port_name`],
    separator: ":",
    target_label: "instance",
  }),
  rule({ target_label: "cluster", replacement: "eu-west-0" }),
  rule({ source_labels: [NAMESPACE], regex: "sandbox", action: "drop" }),
  rule({ source_labels: ["__address__"], target_label: "__tmp_shard", modulus: 1, action: "hashmod" }),
  rule({ source_labels: ["__tmp_shard"], regex: "^0$", action: "keep" }),
  rule({ regex: "__tmp_shard", action: "labeldrop" }),
];

function createTarget(i: number): Labels {
  const flat = (text: string): string => Array.from(text).join("");
  return Labels.from([
    ["__address__", flat(`10.1.${i % 250}.${i % 200}:80`)],
    ["__metrics_path__", "/metrics"],
    ["__scheme__", "http"],
    ["__scrape_interval__", "15s"],
    ["__scrape_timeout__", "10s"],
    ["job", "pods"],
    [NAMESPACE, `team-${i % 40}`],
    [`${POD}annotation_checksum`, flat(`50523b9759094a14${i}`)],
    [`${POD}annotationpresent_checksum`, "true"],
    [`${POD}container_init`, "false"],
    [`${POD}container_name`, "app"],
    [`${POD}container_port_name`, "http-metrics"],
    [`${POD}container_port_number`, "80"],
    [`${POD}container_port_protocol`, "TCP"],
    [`${POD}controller_kind`, "DaemonSet"],
    [`${POD}controller_name`, `app-${i % 40}`],
    [`${POD}host_ip`, "10.0.0.1"],
    [`${POD}ip`, flat(`10.1.${i % 250}.${i % 200}`)],
    [`${POD}label_app`, `app-${i % 40}`],
    [`${POD}label_revision`, "555b77cd7d"],
    [`${POD}label_generation`, "45"],
    [`${POD}labelpresent_app`, "true"],
    [`${POD}labelpresent_revision`, "true"],
    [`${POD}labelpresent_generation`, "true"],
    [`${POD}name`, flat(`app-${i}-jgtr7`)],
    [`${POD}node_name`, `node-${i % 100}`],
    [`${POD}phase`, "Running"],
    [`${POD}ready`, "true"],
    [`${POD}uid`, flat(`4c586419-7f6c-448d-aeec-${i}`)],
  ]);
}

function cpuMicros(times: number, work: () => void): number {
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return (used.user + used.system) / times;
}

async function compare(targets: readonly Labels[]): Promise<{ readonly ours: number; readonly naive: number }> {
  const relabel = compileRules(rules);
  const run = (operations: number, each: (labels: Labels) => unknown): Promise<number> => {
    const repeat = Math.ceil(operations / targets.length);
    return Promise.resolve(
      cpuMicros(repeat * targets.length, () => {
        for (let round = 0; round < repeat; round++) for (const labels of targets) each(labels);
      }),
    );
  };
  const ours = (): Promise<number> => run(100_000, relabel);
  const peer = (): Promise<number> => run(10_000, (labels) => naiveRelabel(rules, labels));
  await interleave(1, ours, peer);
  const measured = await interleave(ROUNDS, ours, peer);
  return { ours: median(measured.ours), naive: median(measured.peer) };
}

function repeatedBatch(): number {
  const series = Array.from({ length: 10_000 }, (_, i) => createTarget(i));
  const batch = {
    series,
    row: Uint32Array.from(series, (_, i) => i),
    time: new Float64Array(series.length),
    value: new Float64Array(series.length),
  };
  const counter = noMetrics.counter("", "");
  const cache = createSeriesCache(100_000, 0, systemClock, () => undefined);
  const relabeler = new BatchRelabeler(compileRules(rules), cache, { hits: counter, misses: counter });
  const rounds = 500;
  relabeler.relabel(batch);
  return cpuMicros(rounds * series.length, () => {
    for (let round = 0; round < rounds; round++) relabeler.relabel(batch);
  });
}

const one = await compare([createTarget(1)]);
const many = await compare(Array.from({ length: 10_000 }, (_, i) => createTarget(i)));
print({
  bench: "relabel",
  rules: rules.length,
  labels: createTarget(1).size,
  same_us_per_op: one.ours,
  same_ratio_to_naive: one.ours / one.naive,
  different_us_per_op: many.ours,
  different_ratio_to_naive: many.ours / many.naive,
  repeated_batch_ns_per_sample: repeatedBatch() * 1000,
  goal_us_per_op: 1.5,
});
