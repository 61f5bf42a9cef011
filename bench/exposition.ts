/** CPU for each sample of a page of 10,000 series whose values changed, and of one where 1 % of the series are new, against a parser that splits strings. */
import { ExpositionReader } from "#src/wire/exposition.ts";
import { interleave, median, print, random } from "./_measure.ts";

const SERIES = 10_000;
const ROUNDS = 7;
const PAGES = 40;

/** A page as exporters write it: families with comments, some six labels, mixed values. */
function createPage(round: number, churn: number): Buffer {
  const next = random(round + 1);
  const lines: string[] = [];
  for (let i = 0; i < SERIES; i++) {
    const family = Math.floor(i / 50);
    if (i % 50 === 0)
      lines.push(
        `# HELP http_requests_${family}_total Requests served.`,
        `# TYPE http_requests_${family}_total counter`,
      );
    const id = i < churn ? `${round}_${i}` : String(i);
    const value =
      i % 5 === 0 ? next() * 1e3 : i % 7 === 0 ? `${(next() * 9 + 1).toFixed(6)}e+08` : Math.floor(next() * 1e7);
    lines.push(
      `http_requests_${family}_total{method="GET",handler="/api/v1/items",code="${200 + (i % 5)}",pod="backend-${id}",zone="eu-${i % 3}"} ${value}`,
    );
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

/** The peer: splits the page into lines and finds each series by its text in a map. */
function createSplitter(): (page: Buffer) => number {
  const known = new Map<string, { readonly labels: readonly (readonly [string, string])[]; readonly id: number }>();
  return (page) => {
    let sum = 0;
    for (const line of page.toString("utf8").split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const end = line.lastIndexOf(" ");
      const key = line.slice(0, end);
      let series = known.get(key);
      if (series === undefined) {
        const labels = [...key.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1]!, m[2]!] as const);
        series = { labels, id: known.size };
        known.set(key, series);
      }
      sum += series.id + Number(line.slice(end + 1));
    }
    return sum;
  };
}

function cpuMicros(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return (used.user + used.system) / (PAGES * SERIES);
}

async function compare(churn: number): Promise<{ readonly ours: number; readonly split: number }> {
  const pages = Array.from({ length: PAGES }, (_, round) => createPage(round, churn));
  const reader = new ExpositionReader((labels) => labels);
  const splitter = createSplitter();
  const ours = (): Promise<number> =>
    Promise.resolve(cpuMicros(() => pages.forEach((page) => reader.read(page, "text"))));
  const peer = (): Promise<number> => Promise.resolve(cpuMicros(() => pages.forEach((page) => splitter(page))));
  await interleave(2, ours, peer);
  const measured = await interleave(ROUNDS, ours, peer);
  return { ours: median(measured.ours), split: median(measured.peer) };
}

const unchanged = await compare(0);
const churned = await compare(SERIES / 100);
print({
  bench: "exposition",
  series: SERIES,
  unchanged_us_per_sample: unchanged.ours,
  unchanged_ratio_to_split: unchanged.ours / unchanged.split,
  churn_1_percent_us_per_sample: churned.ours,
  churn_1_percent_ratio_to_split: churned.ours / churned.split,
  goal_us_per_sample: 0.25,
});
