/** How long a configuration of 10,000 components takes to parse, cold and warm, against JSON.parse of as many bytes. */
import { parse } from "#src/syntax/parse.ts";

const COMPONENTS = 10_000;

function component(i: number): string {
  return `prometheus.scrape "job_${i}" {
	targets         = [{"__address__" = "127.0.0.1:${i}", "job" = "job-${i}"}]
	forward_to      = [prometheus.remote_write.default.receiver]
	scrape_interval = "15s"
	honor_labels    = true // As the exporter says.
	params          = {"module" = ["a", "b"], "n" = [1 + 2 * ${i}]}
}
`;
}

const text = Buffer.from(Array.from({ length: COMPONENTS }, (_, i) => component(i)).join("\n"));
const rows = Array.from({ length: COMPONENTS }, (_, i) => ({
  job: `job-${i}`,
  targets: [{ address: i }],
  labels: true,
}));
let json = JSON.stringify(rows);
json = `[${Array.from({ length: Math.round(text.length / json.length) }, () => json).join(",")}]`;

function measure(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

const cold = measure(() => parse("bench", text));
const warm = Math.min(...Array.from({ length: 5 }, () => measure(() => parse("bench", text))));
const peer = Math.min(...Array.from({ length: 5 }, () => measure(() => JSON.parse(json))));
const round = (value: number): number => Math.round(value * 10) / 10;
console.log(
  JSON.stringify({
    bench: "parse",
    bytes: text.length,
    coldMs: round(cold),
    warmMs: round(warm),
    jsonParseMs: round(peer),
    ratio: round(warm / peer),
  }),
);
