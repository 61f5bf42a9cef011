/**
 * Instruments are plain numbers that hot paths may touch freely; nothing is rendered before a scrape asks.
 * A `Metrics` belongs to one owner: all its series carry the owner's labels and vanish together with it.
 */
export interface Counter {
  inc(by?: number): void;
}
export interface Gauge {
  set(value: number): void;
  inc(by?: number): void;
}
export interface Histogram {
  observe(value: number): void;
}
type LabelValues = Readonly<Record<string, string>>;

export interface Metrics {
  /** The same name and labels give the same instrument. */
  counter(name: string, help: string, labels?: LabelValues): Counter;
  gauge(name: string, help: string, labels?: LabelValues): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labels?: LabelValues): Histogram;
  /** Calls back right before each rendering, to bring gauges up to date. */
  beforeCollect(update: () => void): void;
  /** Drops one series: a shard, a peer or a target that is gone. */
  remove(name: string, labels?: LabelValues): void;
}

const nothing = { inc() {}, set() {}, observe() {} };

/** Instruments that go nowhere. */
export const noMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
  beforeCollect() {},
  remove() {},
};
