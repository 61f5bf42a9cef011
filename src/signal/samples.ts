/**
 * Prometheus samples as columns. `series` is a table of label sets and sample `i` belongs to `series[row[i]]`.
 * A producer that emits the same series again hands out the very same `series` array, so a consumer may keep what it
 * derives from it (relabelled series, encoded labels, references) in a `WeakMap` keyed by the array.
 * Nobody changes a batch after handing it on.
 */
import type { Consumer } from "./consumer.ts";
import type { Labels } from "./labels.ts";

export interface SampleBatch {
  readonly series: readonly Labels[];
  readonly row: Uint32Array;
  /** Milliseconds since 1970. */
  readonly time: Float64Array;
  /** Copy only as a whole or through `words`: the payload of a staleness marker does not survive arithmetic. */
  readonly value: Float64Array;
  readonly exemplars?: readonly Exemplar[];
  readonly metadata?: readonly MetricMetadata[];
}

export interface Exemplar {
  /** Index into `series`. */
  readonly row: number;
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export type MetricType =
  "unknown" | "counter" | "gauge" | "summary" | "histogram" | "gaugehistogram" | "info" | "stateset";

export interface MetricMetadata {
  readonly family: string;
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

/** Bits of Prometheus' staleness marker, 0x7ff0000000000002, as little-endian 32-bit words. */
export const STALE_LOW = 0x00000002;
export const STALE_HIGH = 0x7ff00000;

/** The values as 32-bit words, two for each: the only safe way to read or write staleness markers. */
export function words(value: Float64Array): Uint32Array {
  return new Uint32Array(value.buffer, value.byteOffset, value.length * 2);
}
export function isStale(w: Uint32Array, sample: number): boolean {
  return w[2 * sample] === STALE_LOW && w[2 * sample + 1] === STALE_HIGH;
}
export function setStale(w: Uint32Array, sample: number): void {
  w[2 * sample] = STALE_LOW;
  w[2 * sample + 1] = STALE_HIGH;
}

export type SampleConsumer = Consumer<SampleBatch>;

/** A batch whose columns may be changed; labels, which nobody changes, are shared. */
export function copySamples(batch: SampleBatch): SampleBatch {
  return {
    ...batch,
    series: [...batch.series],
    row: batch.row.slice(),
    time: batch.time.slice(),
    value: batch.value.slice(),
  };
}
