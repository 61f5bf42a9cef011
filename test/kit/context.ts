import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context, Fault, Handler, Resource } from "#src/component/define.ts";
import type { Level, LogFields, Logger } from "#src/util/log.ts";
import type { Counter, Gauge, Histogram, Metrics } from "#src/util/metrics.ts";
import { fakeClock, type FakeClock } from "./clock.ts";

export interface LogLine {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
}

export interface HealthReport {
  readonly state: "healthy" | "unhealthy";
  readonly message: string;
  readonly fault: Fault;
}

/** Everything a component did with its context. `dispose` aborts the signal and removes the data folder. */
export interface FakeContext<E> extends Context<E> {
  readonly clock: FakeClock;
  /** The exports as they stand: later ones laid over earlier ones. */
  readonly exported: Partial<E>;
  /** How often `export` was called. */
  readonly exportCount: number;
  readonly healths: readonly HealthReport[];
  readonly lines: readonly LogLine[];
  /** Value of a counter or gauge, observations of a histogram; undefined when there is no such series. */
  metric(name: string, labels?: Readonly<Record<string, string>>): number | readonly number[] | undefined;
  /** Keys of shared resources that are open. */
  readonly held: readonly string[];
  readonly handler: Handler | undefined;
  abort(): void;
  dispose(): void;
}

export interface FakeContextOptions {
  readonly id?: string;
  readonly globalId?: string;
  readonly clock?: FakeClock;
  readonly dataDir?: string;
  readonly selfMetrics?: () => Promise<string>;
  /** Handlers that `local` finds, by `<address><path>`. */
  readonly local?: ReadonlyMap<string, Handler>;
}

/** A context that keeps what it is told, with a clock that tests move. */
export function fakeContext<E = Record<string, unknown>>(options: FakeContextOptions = {}): FakeContext<E> {
  const id = options.id ?? "test.component.x";
  const controller = new AbortController();
  const lines: LogLine[] = [];
  const healths: HealthReport[] = [];
  const recorder = recordMetrics();
  const resources = new Map<string, { readonly opened: Promise<Resource>; users: number }>();
  let dataDir = options.dataDir;
  let exported: Partial<E> = {};
  let exportCount = 0;
  let handler: Handler | undefined;

  return {
    id,
    globalId: options.globalId ?? id,
    label: id.slice(id.lastIndexOf(".") + 1),
    log: recordLog(lines, {}),
    metrics: recorder.metrics,
    signal: controller.signal,
    clock: options.clock ?? fakeClock(),
    get dataDir() {
      return (dataDir ??= mkdtempSync(join(tmpdir(), "invar-context-")));
    },
    export(exports) {
      exported = { ...exported, ...exports };
      exportCount += 1;
    },
    health: (state, message, fault = "own") => void healths.push({ state, message, fault }),
    async acquire<R extends Resource>(key: string, open: () => R | Promise<R>) {
      let entry = resources.get(key);
      if (entry === undefined) {
        entry = { opened: Promise.resolve(open()), users: 0 };
        resources.set(key, entry);
      }
      entry.users += 1;
      const held = entry;
      const resource = (await held.opened) as R;
      let released = false;
      return {
        resource,
        async release() {
          if (released) return;
          released = true;
          held.users -= 1;
          if (held.users > 0) return;
          resources.delete(key);
          await resource.close();
        },
      };
    },
    serve(served) {
      handler = served;
      return { address: "alloy.internal:12345", path: `/api/v0/component/${id}/` };
    },
    local: (address, path) => options.local?.get(address + path),
    selfMetrics: options.selfMetrics ?? (() => Promise.resolve("")),
    get exported() {
      return exported;
    },
    get exportCount() {
      return exportCount;
    },
    healths,
    lines,
    metric: recorder.read,
    get held() {
      return [...resources.keys()];
    },
    get handler() {
      return handler;
    },
    abort: () => controller.abort(),
    dispose() {
      controller.abort();
      if (options.dataDir === undefined && dataDir !== undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function recordLog(lines: LogLine[], base: LogFields): Logger {
  const at =
    (level: Level) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields: { ...base, ...fields } });
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    with: (fields) => recordLog(lines, { ...base, ...fields }),
    enabled: () => true,
  };
}

type Instrument = Counter & Gauge & Histogram & { value: number | number[] };

/** Metrics that are kept as they come, for tests to read back. */
function recordMetrics(): { readonly metrics: Metrics; readonly read: FakeContext<unknown>["metric"] } {
  const series = new Map<string, Instrument>();
  const updates: (() => void)[] = [];
  const keyOf = (name: string, labels: Readonly<Record<string, string>> = {}): string =>
    JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
  const find = (name: string, labels: Readonly<Record<string, string>> | undefined, first: number | number[]) => {
    const key = keyOf(name, labels);
    let found = series.get(key);
    if (found === undefined) {
      found = createInstrument(first);
      series.set(key, found);
    }
    return found;
  };
  return {
    metrics: {
      counter: (name, _help, labels) => find(name, labels, 0),
      gauge: (name, _help, labels) => find(name, labels, 0),
      histogram: (name, _help, _buckets, labels) => find(name, labels, []),
      beforeCollect: (update) => void updates.push(update),
      remove: (name, labels) => void series.delete(keyOf(name, labels)),
    },
    read(name, labels) {
      for (const update of updates) update();
      return series.get(keyOf(name, labels))?.value;
    },
  };
}

function createInstrument(first: number | number[]): Instrument {
  const instrument: Instrument = {
    value: first,
    inc(by = 1) {
      instrument.value = Number(instrument.value) + by;
    },
    set(value) {
      instrument.value = value;
    },
    observe(value) {
      if (Array.isArray(instrument.value)) instrument.value.push(value);
    },
  };
  return instrument;
}
