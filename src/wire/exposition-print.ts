/** Prints samples as a page for people: the text format or OpenMetrics, sorted by name. */
import type { Labels } from "#src/signal/labels.ts";
import type { Exemplar, SampleBatch } from "#src/signal/samples.ts";
import { formatFloat, formatOpenMetricsFloat } from "./exposition-number.ts";
import type { ExpositionFormat } from "./exposition-series.ts";

interface Line {
  readonly name: string;
  readonly series: string;
  readonly text: string;
}

/** The families of a batch, one text each, in order of their names. OpenMetrics ends with its `# EOF`. */
export function printFamilies(batch: SampleBatch, format: ExpositionFormat): readonly string[] {
  const help = new Map((batch.metadata ?? []).map((metadata) => [metadata.family, metadata.help]));
  const exemplars = new Map((batch.exemplars ?? []).map((exemplar) => [exemplar.row, exemplar]));
  const lines: Line[] = Array.from(batch.row, (row, i) => {
    const labels = batch.series[row]!;
    const series = printSeries(labels);
    const tail =
      format === "text" ? `${batch.time[i]}` : `${batch.time[i]! / 1000}${printExemplar(exemplars.get(row))}`;
    const value = (format === "text" ? formatFloat : formatOpenMetricsFloat)(batch.value[i]!);
    return { name: labels.get("__name__"), series, text: `${series} ${value} ${tail}\n` };
  });
  lines.sort((a, b) => compare(a.name, b.name) || compare(a.series, b.series));
  const families: string[] = [];
  let last: string | undefined;
  for (const { name, text } of lines) {
    if (name !== last) families.push(printHead(name, help.get(name), format));
    families[families.length - 1] += text;
    last = name;
  }
  return format === "text" ? families : [...families, "# EOF\n"];
}

function printHead(name: string, help: string | undefined, format: ExpositionFormat): string {
  const shown = isPlain(name) ? name : quote(name);
  const about = help === undefined ? "" : `# HELP ${shown} ${escape(help, format === "openmetrics")}\n`;
  return `${about}# TYPE ${shown} ${format === "text" ? "untyped" : "unknown"}\n`;
}

function printSeries(labels: Labels): string {
  const name = labels.get("__name__");
  const pairs = printPairs(labels);
  if (isPlain(name)) return pairs === "" ? name : `${name}{${pairs}}`;
  return `{${quote(name)}${pairs === "" ? "" : `,${pairs}`}}`;
}

function printPairs(labels: Labels): string {
  const pairs: string[] = [];
  for (const [name, value] of labels.entries())
    if (name !== "__name__")
      pairs.push(`${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name)}=${quote(value)}`);
  return pairs.join(",");
}

function printExemplar(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return "";
  return ` # {${printPairs(exemplar.labels)}} ${formatOpenMetricsFloat(exemplar.value)} ${exemplar.time / 1000}`;
}

function isPlain(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

function quote(text: string): string {
  return `"${escape(text, true)}"`;
}

function escape(text: string, quotes: boolean): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return quotes ? escaped.replaceAll('"', '\\"') : escaped;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
