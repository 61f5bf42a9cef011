/** From a page to the batches that go on: samples, what is reported of the scrape, staleness markers. */
import type { Labels } from "#src/signal/labels.ts";
import { setStale, words, type SampleBatch } from "#src/signal/samples.ts";
import type { ScrapedSeries } from "./series.ts";

/** The table of series for one sequence of series on a page; it stays the same object while that does. */
export class Layout {
  /** The page's series as its reader handed them out. */
  readonly from: readonly ScrapedSeries[];
  /** Their labels, then those of the reports. */
  readonly table: readonly Labels[];
  readonly reports: readonly Labels[];
  /** Each entry of the table, in order. */
  readonly all: Uint32Array;

  constructor(from: readonly ScrapedSeries[], reports: readonly Labels[]) {
    this.from = from;
    this.reports = reports;
    this.table = [...from.map((series) => series.labels), ...reports];
    this.all = Uint32Array.from(this.table, (_, i) => i);
  }
}

/** All samples of a page at their own times or at `time`, then the reports. `value` and `times` have room for those. */
export function wholeBatch(
  layout: Layout,
  value: Float64Array,
  times: Float64Array | undefined,
  reports: readonly number[],
  time: number,
): SampleBatch {
  const count = layout.table.length;
  value.set(reports, layout.from.length);
  return {
    series: layout.table,
    row: layout.all,
    time: fillTimes(times, count, time),
    value: value.subarray(0, count),
  };
}

function fillTimes(times: Float64Array | undefined, count: number, time: number): Float64Array {
  if (times === undefined) return new Float64Array(count).fill(time);
  const filled = times.subarray(0, count);
  for (let i = 0; i < count; i++) if (Number.isNaN(filled[i])) filled[i] = time;
  return filled;
}

/** The chosen samples of a page, by index, then the reports. */
export function partialBatch(whole: SampleBatch, layout: Layout, kept: readonly number[]): SampleBatch {
  const row = new Uint32Array(kept.length + layout.reports.length);
  row.set(kept);
  for (let i = kept.length; i < row.length; i++) row[i] = layout.from.length + i - kept.length;
  return {
    series: whole.series,
    row,
    time: Float64Array.from(row, (i) => whole.time[i]!),
    value: Float64Array.from(row, (i) => whole.value[i]!),
  };
}

/** Staleness markers for some of the page's series, by index, then the reports. */
export function failureBatch(
  layout: Layout,
  stale: readonly number[],
  reports: readonly number[],
  time: number,
): SampleBatch {
  const size = stale.length + layout.reports.length;
  const row = new Uint32Array(size);
  row.set(stale);
  for (let i = stale.length; i < size; i++) row[i] = layout.from.length + i - stale.length;
  const value = new Float64Array(size);
  const bits = words(value);
  for (let i = 0; i < stale.length; i++) setStale(bits, i);
  value.set(reports, stale.length);
  return { series: layout.table, row, time: new Float64Array(size).fill(time), value };
}

/** Staleness markers for series of their own. */
export function staleBatch(series: readonly Labels[], time: number): SampleBatch {
  const value = new Float64Array(series.length);
  const bits = words(value);
  for (let i = 0; i < series.length; i++) setStale(bits, i);
  return {
    series,
    row: Uint32Array.from(series, (_, i) => i),
    time: new Float64Array(series.length).fill(time),
    value,
  };
}
