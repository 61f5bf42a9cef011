/**
 * All metrics of the process. Instruments are plain numbers; prom-client renders them when somebody asks. Owners (one for
 * each component instance) come and go with their series; while a successor is built beside its predecessor both have the
 * same labels, and the series of the newer one count.
 */
import type { MetricType, MetricValue, Registry } from "prom-client";
import type { Counter, Gauge, Histogram, Metrics } from "./metrics.ts";

type LabelValues = Readonly<Record<string, string>>;
type Kind = "counter" | "gauge" | "histogram";

/** The instruments of one owner. */
export interface OwnedMetrics extends Metrics {
  /** Drops all of its series. */
  dispose(): void;
}

export interface MetricStore {
  /** Instruments whose series all carry these labels. */
  readonly owner: (labels?: LabelValues) => OwnedMetrics;
  /** All series in Prometheus' text format. */
  readonly render: () => Promise<string>;
  readonly contentType: string;
}

interface Series {
  readonly labels: LabelValues;
  readonly instrument: Instrument;
}
type Instrument = Scalar | Buckets;

interface Family {
  readonly kind: Kind;
  readonly help: string;
  /** In the order in which they came; later ones win. */
  readonly owners: Map<Owner, Map<string, Series>>;
}

class Scalar implements Counter, Gauge {
  value = 0;
  inc(by = 1): void {
    this.value += by;
  }
  set(value: number): void {
    this.value = value;
  }
}

class Buckets implements Histogram {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }
  observe(value: number): void {
    let i = 0;
    while (i < this.bounds.length && !(value <= this.bounds[i]!)) i++;
    this.counts[i]! += 1;
    this.sum += value;
  }
}

class Owner implements OwnedMetrics {
  readonly #families: Map<string, Family>;
  readonly #owners: Set<Owner>;
  readonly #labels: LabelValues;
  readonly updates: (() => void)[] = [];

  constructor(families: Map<string, Family>, owners: Set<Owner>, labels: LabelValues) {
    this.#families = families;
    this.#owners = owners;
    this.#labels = labels;
    owners.add(this);
  }
  counter(name: string, help: string, labels: LabelValues = {}): Counter {
    return this.#find(name, "counter", help, labels, () => new Scalar());
  }
  gauge(name: string, help: string, labels: LabelValues = {}): Gauge {
    return this.#find(name, "gauge", help, labels, () => new Scalar());
  }
  histogram(name: string, help: string, buckets: readonly number[], labels: LabelValues = {}): Histogram {
    return this.#find(name, "histogram", help, labels, () => new Buckets(buckets));
  }
  beforeCollect(update: () => void): void {
    this.updates.push(update);
  }
  remove(name: string, labels: LabelValues = {}): void {
    const family = this.#families.get(name);
    const own = family?.owners.get(this);
    if (family === undefined || own?.delete(keyOf({ ...labels, ...this.#labels })) !== true || own.size > 0) return;
    this.#leave(name, family);
  }
  dispose(): void {
    this.#owners.delete(this);
    for (const [name, family] of this.#families) this.#leave(name, family);
  }

  #leave(name: string, family: Family): void {
    if (family.owners.delete(this) && family.owners.size === 0) this.#families.delete(name);
  }

  #find<I extends Instrument>(name: string, kind: Kind, help: string, labels: LabelValues, make: () => I): I {
    let family = this.#families.get(name);
    if (family === undefined) {
      if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a metric`);
      family = { kind, help, owners: new Map() };
      this.#families.set(name, family);
    }
    if (family.kind !== kind) throw new Error(`metric ${name} is a ${family.kind} already, so it cannot be a ${kind}`);
    let own = family.owners.get(this);
    if (own === undefined) family.owners.set(this, (own = new Map<string, Series>()));
    const all = { ...labels, ...this.#labels };
    const key = keyOf(all);
    const existing = own.get(key);
    if (existing !== undefined) return existing.instrument as I;
    const instrument = make();
    own.set(key, { labels: all, instrument });
    return instrument;
  }
}

/** A store with nothing in it. */
export function createMetricStore(): MetricStore {
  const families = new Map<string, Family>();
  const owners = new Set<Owner>();
  const failures = new Owner(families, owners, {}).counter(
    "invar_metrics_update_failures_total",
    "How often a component failed to bring its metrics up to date for a scrape.",
  );
  let registry: Promise<Registry> | undefined;
  return {
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    owner: (labels = {}) => new Owner(families, owners, labels),
    async render() {
      registry ??= import("prom-client").then(({ default: client }) => new client.Registry());
      const rendered = await registry;
      for (const { updates } of owners) {
        for (const update of updates) {
          try {
            update();
          } catch {
            failures.inc();
          }
        }
      }
      rendered.clear();
      for (const name of [...families.keys()].sort()) rendered.registerMetric(view(name, families.get(name)!));
      return rendered.metrics();
    },
  };
}

function keyOf(labels: LabelValues): string {
  return Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .join("\0");
}

/** What prom-client's registry reads of a metric. */
function view(name: string, family: Family): Parameters<Registry["registerMetric"]>[0] {
  const series = new Map<string, Series>();
  for (const own of family.owners.values()) for (const [key, one] of own) series.set(key, one);
  const values = [...series.values()].flatMap(({ labels, instrument }) => valuesOf(name, labels, instrument));
  const metric = {
    name,
    help: family.help,
    type: family.kind as unknown as MetricType,
    aggregator: "sum",
    get: () => Promise.resolve({ ...metric, values }),
  };
  return metric as unknown as Parameters<Registry["registerMetric"]>[0];
}

function valuesOf(name: string, labels: LabelValues, instrument: Instrument): MetricValue<string>[] {
  if (instrument instanceof Scalar) return [{ labels, value: instrument.value }];
  const values: (MetricValue<string> & { readonly metricName: string })[] = [];
  let total = 0;
  instrument.counts.forEach((count, i) => {
    total += count;
    const le = i < instrument.bounds.length ? String(instrument.bounds[i]) : "+Inf";
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: total });
  });
  values.push({ metricName: `${name}_sum`, labels, value: instrument.sum });
  values.push({ metricName: `${name}_count`, labels, value: total });
  return values;
}
