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

interface Family {
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  /** Series of all owners; the family goes with the last one. */
  size: number;
}

/** One series of one owner: what it measures and what it is called. */
class Series {
  readonly family: Family;
  /** Those beside its owner's. */
  readonly labels: LabelValues;
  constructor(family: Family, labels: LabelValues) {
    this.family = family;
    this.labels = labels;
  }
}

class Scalar extends Series implements Counter, Gauge {
  value = 0;
  inc(by = 1): void {
    this.value += by;
  }
  set(value: number): void {
    this.value = value;
  }
}

class Buckets extends Series implements Histogram {
  readonly bounds: readonly number[];
  /** Made with the first value: most histograms of a large configuration never see one. */
  counts: Float64Array | undefined;
  sum = 0;
  constructor(family: Family, labels: LabelValues, bounds: readonly number[]) {
    super(family, labels);
    this.bounds = bounds;
  }
  observe(value: number): void {
    this.counts ??= new Float64Array(this.bounds.length + 1);
    let i = 0;
    while (i < this.bounds.length && !(value <= this.bounds[i]!)) i++;
    this.counts[i]! += 1;
    this.sum += value;
  }
}

type Instrument = Scalar | Buckets;

const NO_LABELS: LabelValues = Object.freeze({});
/** Up to so many series an owner finds one by looking at them all. */
const FEW = 16;

class Owner implements OwnedMetrics {
  readonly #families: Map<string, Family>;
  readonly #owners: Set<Owner>;
  readonly labels: LabelValues;
  series: Instrument[] = [];
  updates: readonly (() => void)[] = [];
  /** The same series by name and labels, once they are many. */
  #index: Map<string, Instrument> | undefined;

  constructor(families: Map<string, Family>, owners: Set<Owner>, labels: LabelValues) {
    this.#families = families;
    this.#owners = owners;
    this.labels = labels;
    owners.add(this);
  }
  counter(name: string, help: string, labels = NO_LABELS): Counter {
    return (
      this.#find<Scalar>(name, labels, "counter") ?? this.#add(new Scalar(this.#join(name, "counter", help), labels))
    );
  }
  gauge(name: string, help: string, labels = NO_LABELS): Gauge {
    return this.#find<Scalar>(name, labels, "gauge") ?? this.#add(new Scalar(this.#join(name, "gauge", help), labels));
  }
  histogram(name: string, help: string, buckets: readonly number[], labels = NO_LABELS): Histogram {
    const known = this.#find<Buckets>(name, labels, "histogram");
    return known ?? this.#add(new Buckets(this.#join(name, "histogram", help), labels, buckets));
  }
  beforeCollect(update: () => void): void {
    this.updates = [...this.updates, update];
  }
  remove(name: string, labels = NO_LABELS): void {
    const family = this.#families.get(name);
    const series = family && this.#find(name, labels, family.kind);
    if (series === undefined) return;
    this.#index?.delete(keyOf(name, labels));
    this.series.splice(this.series.indexOf(series), 1);
    this.#leave(series);
  }
  dispose(): void {
    this.#owners.delete(this);
    for (const series of this.series) this.#leave(series);
    this.series = [];
    this.#index = undefined;
  }

  #join(name: string, kind: Kind, help: string): Family {
    let family = this.#families.get(name);
    if (family === undefined) {
      if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a metric`);
      family = { name, kind, help, size: 0 };
      this.#families.set(name, family);
    }
    if (family.kind !== kind) throw new Error(`metric ${name} is a ${family.kind} already, so it cannot be a ${kind}`);
    return family;
  }

  #leave({ family }: Series): void {
    family.size -= 1;
    if (family.size === 0) this.#families.delete(family.name);
  }

  #add<I extends Instrument>(series: I): I {
    series.family.size += 1;
    this.series.push(series);
    if (this.#index !== undefined) this.#index.set(keyOf(series.family.name, series.labels), series);
    else if (this.series.length > FEW) {
      this.#index = new Map(this.series.map((each) => [keyOf(each.family.name, each.labels), each]));
    }
    return series;
  }

  #find<I extends Instrument>(name: string, labels: LabelValues, kind: Kind): I | undefined {
    const found =
      this.#index !== undefined
        ? this.#index.get(keyOf(name, labels))
        : this.series.find((series) => series.family.name === name && equalLabels(series.labels, labels));
    return found?.family.kind === kind ? (found as I) : undefined;
  }
}

function equalLabels(a: LabelValues, b: LabelValues): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function keyOf(name: string, labels: LabelValues): string {
  if (labels === NO_LABELS) return name;
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name}\0${pairs.join("\0")}`;
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
      for (const [family, values] of collect(owners)) rendered.registerMetric(view(family, values));
      return rendered.metrics();
    },
  };
}

type Values = MetricValue<string>[];

/** The values of each family, by name; of two owners with the same labels the later one counts. */
function collect(owners: Iterable<Owner>): [Family, Values][] {
  const families = new Map<Family, Map<string, { readonly labels: LabelValues; readonly instrument: Instrument }>>();
  for (const owner of owners) {
    for (const instrument of owner.series) {
      const { family } = instrument;
      let found = families.get(family);
      if (found === undefined) families.set(family, (found = new Map()));
      const labels = { ...instrument.labels, ...owner.labels };
      found.set(keyOf("", labels), { labels, instrument });
    }
  }
  return [...families]
    .sort(([a], [b]) => (a.name < b.name ? -1 : 1))
    .map(([family, found]) => [
      family,
      [...found.values()].flatMap(({ labels, instrument }) => valuesOf(family.name, labels, instrument)),
    ]);
}

/** What prom-client's registry reads of a metric. */
function view({ name, help, kind }: Family, values: Values): Parameters<Registry["registerMetric"]>[0] {
  const metric = {
    name,
    help,
    type: kind as unknown as MetricType,
    aggregator: "sum",
    get: () => Promise.resolve({ ...metric, values }),
  };
  return metric as unknown as Parameters<Registry["registerMetric"]>[0];
}

function valuesOf(name: string, labels: LabelValues, instrument: Instrument): Values {
  if (instrument instanceof Scalar) return [{ labels, value: instrument.value }];
  const values: (MetricValue<string> & { readonly metricName: string })[] = [];
  let total = 0;
  for (let i = 0; i <= instrument.bounds.length; i++) {
    total += instrument.counts?.[i] ?? 0;
    const le = i < instrument.bounds.length ? String(instrument.bounds[i]) : "+Inf";
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: total });
  }
  values.push({ metricName: `${name}_sum`, labels, value: instrument.sum });
  values.push({ metricName: `${name}_count`, labels, value: total });
  return values;
}
