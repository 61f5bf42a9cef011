import { expect } from "vitest";
import type { RemoteWriteSink } from "./remote-write-sink.ts";

/** Numbers of a sink's `numbered` series whose labels match, in the order of arrival; staleness markers left out. */
export function arrived(sink: RemoteWriteSink, labels: RegExp): number[] {
  const numbers: number[] = [];
  for (const [series, values] of sink.values) {
    if (!series.startsWith("numbered{") || !labels.test(series)) continue;
    for (const value of values) if (!Number.isNaN(value)) numbers.push(value);
  }
  return numbers;
}

/** Fails unless all numbers below `count` have arrived, and names those that have not; gives how many came more than once. */
export function expectAll(numbers: readonly number[], count: number): number {
  const seen = new Set(numbers);
  const lost = Array.from({ length: count }, (_, number) => number).filter((number) => !seen.has(number));
  expect(lost, "numbers that were scraped and never arrived").toEqual([]);
  return numbers.length - seen.size;
}
