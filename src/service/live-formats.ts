/** What flows between components, as live debugging counts and shows it. */
import type { SampleBatch } from "#src/signal/samples.ts";
import { printFamilies } from "#src/wire/exposition-print.ts";

export type DataType = "target" | "prometheus_metric" | "loki_log" | "otel_metric" | "otel_log" | "otel_trace";

export interface FlowFormat {
  readonly type: DataType;
  /** How many items a batch holds. */
  readonly count: (batch: unknown) => number;
  /** Some items of a batch, spread over it, as text. */
  readonly print: (batch: unknown) => string;
}

/** Items of one batch, or of one list of targets, that are shown at most. */
export const SHOWN = 100;

const formats: Readonly<Record<string, FlowFormat>> = {
  MetricsReceiver: {
    type: "prometheus_metric",
    count: (batch) => (batch as SampleBatch).row.length,
    print: (batch) => printSamples(batch as SampleBatch),
  },
};

/** How what goes to receivers of a capsule is shown; undefined if it is not. */
export function findFormat(capsule: string): FlowFormat | undefined {
  return Object.hasOwn(formats, capsule) ? formats[capsule] : undefined;
}

function printSamples({ series, row, time, value }: SampleBatch): string {
  const total = row.length;
  const shown = Math.min(total, SHOWN);
  const pick = (i: number): number => Math.floor((i * total) / shown);
  const some: SampleBatch = {
    series,
    row: Uint32Array.from({ length: shown }, (_, i) => row[pick(i)]!),
    time: Float64Array.from({ length: shown }, (_, i) => time[pick(i)]!),
    value: Float64Array.from({ length: shown }, (_, i) => value[pick(i)]!),
  };
  const lines = printFamilies(some, "text").join("").split("\n");
  const samples = lines.filter((line) => line !== "" && !line.startsWith("#"));
  return [`${total} samples${more(shown, total)}`, ...samples].join("\n");
}

/** Says that not all is shown, where that is so. */
export function more(shown: number, total: number): string {
  return shown < total ? `, ${shown} of them shown` : "";
}
