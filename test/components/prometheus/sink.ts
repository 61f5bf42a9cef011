import { isStale, words, type SampleBatch } from "#src/signal/samples.ts";

/** A consumer that keeps batches until a test asks for them. */
export class Sink {
  readonly #batches: SampleBatch[] = [];
  #waiting: (() => void) | undefined;
  /** What `consume` waits for. */
  hold: Promise<void> | undefined;

  consume(batch: SampleBatch): void | Promise<void> {
    this.#batches.push(batch);
    this.#waiting?.();
    return this.hold;
  }
  /** Batches that nobody has asked for. */
  get waiting(): number {
    return this.#batches.length;
  }
  async next(): Promise<SampleBatch> {
    while (this.#batches.length === 0) await new Promise<void>((resolve) => (this.#waiting = resolve));
    return this.#batches.shift()!;
  }
}

/** The samples of a batch by series, without the labels that all of them share. */
export function show(
  batch: SampleBatch,
  hidden: readonly string[] = ["job", "instance"],
): Record<string, number | "stale"> {
  const out: Record<string, number | "stale"> = {};
  const bits = words(batch.value);
  for (const [i, row] of batch.row.entries()) {
    const labels = batch.series[row]!;
    const pairs = [...labels.entries()].filter(([name]) => name !== "__name__" && !hidden.includes(name));
    const key =
      labels.get("__name__") + (pairs.length === 0 ? "" : `{${pairs.map(([n, v]) => `${n}=${v}`).join(",")}}`);
    out[key] = isStale(bits, i) ? "stale" : batch.value[i]!;
  }
  return out;
}

const REPORTS = /^(up|scrape_[a-z_]*)(\{|$)/;

/** Like `show`, without the synthetic series. */
export function showOwn(batch: SampleBatch, hidden?: readonly string[]): Record<string, number | "stale"> {
  return Object.fromEntries(Object.entries(show(batch, hidden)).filter(([name]) => !REPORTS.test(name)));
}
