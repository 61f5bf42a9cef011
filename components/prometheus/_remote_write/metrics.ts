/** Prometheus' names for what the engine counts, and the ledger: received + recovered = delivered + queued + dropped. */
import { redactUrl } from "#src/net/redact.ts";
import type { Counter, Gauge, Metrics } from "#src/util/metrics.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Engine } from "./engine.ts";
import type { DropReason } from "./stats.ts";

type Kind = "counter" | "gauge";
type Row<T> = readonly [
  name: string,
  kind: Kind,
  help: string,
  read: (from: T) => number,
  labels?: Readonly<Record<string, string>>,
];

const REMOTE = "prometheus_remote_storage_";
const WAL = "prometheus_remote_write_wal_";
const LEDGER = "invar_remote_write_";
const DURATION = `${REMOTE}sent_batch_duration_seconds`;
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120, 300];
const REASONS: readonly DropReason[] = ["relabel", "too_old", "rejected", "damaged", "expired"];

const sum = (values: Readonly<Record<string, number>>): number => Object.values(values).reduce((a, b) => a + b, 0);

const endpointRows: readonly Row<Endpoint>[] = [
  [`${REMOTE}samples_in_total`, "counter", "Samples taken from the log.", (e) => e.stats.taken],
  [`${REMOTE}samples_total`, "counter", "Samples delivered.", (e) => e.stats.delivered],
  [`${REMOTE}samples_failed_total`, "counter", "Samples refused for good.", (e) => e.stats.dropped.rejected],
  [`${REMOTE}samples_retries_total`, "counter", "Samples sent again.", (e) => e.stats.retried],
  [`${REMOTE}samples_pending`, "gauge", "Samples and exemplars in shards.", (e) => e.stats.pending],
  ...REASONS.map((reason): Row<Endpoint> => {
    const help = "Samples taken from the log and not delivered.";
    return [`${REMOTE}samples_dropped_total`, "counter", help, (e) => e.stats.dropped[reason], { reason }];
  }),
  [`${REMOTE}exemplars_in_total`, "counter", "Exemplars taken from the log.", (e) => e.stats.exemplars.taken],
  [`${REMOTE}exemplars_total`, "counter", "Exemplars delivered.", (e) => e.stats.exemplars.delivered],
  [`${REMOTE}exemplars_failed_total`, "counter", "Exemplars refused for good.", (e) => e.stats.exemplars.failed],
  [`${REMOTE}exemplars_dropped_total`, "counter", "Exemplars not sent.", (e) => e.stats.exemplars.dropped],
  [`${REMOTE}exemplars_retried_total`, "counter", "Exemplars sent again.", (e) => e.stats.exemplars.retried],
  [
    `${REMOTE}exemplars_pending`,
    "gauge",
    "Exemplars on their way.",
    (e) => {
      const { taken, delivered, failed, dropped } = e.stats.exemplars;
      return taken - delivered - failed - dropped;
    },
  ],
  [`${REMOTE}metadata_total`, "counter", "Metadata entries delivered.", (e) => e.stats.metadata.delivered],
  [`${REMOTE}metadata_failed_total`, "counter", "Metadata entries not delivered.", (e) => e.stats.metadata.failed],
  [`${REMOTE}metadata_bytes_total`, "counter", "Bytes of metadata delivered.", (e) => e.stats.metadata.bytes],
  [`${REMOTE}metadata_retried_total`, "counter", "Metadata entries sent again; they go with the next round.", () => 0],
  [`${REMOTE}bytes_total`, "counter", "Bytes of samples delivered, compressed.", (e) => e.stats.bytes],
  [`${REMOTE}enqueue_retries_total`, "counter", "Times that full shards held up the log.", (e) => e.stats.waits],
  [`${REMOTE}queue_highest_sent_timestamp_seconds`, "gauge", "Newest time delivered.", (e) => e.stats.newest / 1000],
  [
    `${REMOTE}max_samples_per_send`,
    "gauge",
    "Most samples in a request.",
    (e) => e.settings.queue.max_samples_per_send,
  ],
  [`${REMOTE}shard_capacity`, "gauge", "Samples that a shard holds.", (e) => e.settings.queue.capacity],
  [`${REMOTE}shards`, "gauge", "Shards in use.", (e) => e.stats.shards],
  [`${REMOTE}shards_desired`, "gauge", "Shards needed to keep up.", (e) => e.stats.desiredShards],
  [`${REMOTE}shards_max`, "gauge", "Most shards allowed.", (e) => e.settings.queue.max_shards],
  [`${REMOTE}shards_min`, "gauge", "Fewest shards allowed.", (e) => e.settings.queue.min_shards],
  [`${LEDGER}recovered_samples_total`, "counter", "Samples found waiting at the start.", (e) => e.stats.recovered],
  [`${LEDGER}delivered_samples_total`, "counter", "Samples delivered.", (e) => e.stats.delivered],
  [`${LEDGER}dropped_samples_total`, "counter", "Samples dropped.", (e) => sum(e.stats.dropped)],
  [`${LEDGER}queued_samples`, "gauge", "Samples in the log that are neither delivered nor dropped.", (e) => e.queued],
];

const engineRows: readonly Row<Engine>[] = [
  [`${WAL}samples_appended_total`, "counter", "Samples written to the log.", (e) => e.received],
  [`${WAL}exemplars_appended_total`, "counter", "Exemplars written to the log.", (e) => e.exemplars],
  [`${WAL}metadata_updates_total`, "counter", "Metadata entries received.", (e) => e.metadata.updates],
  [`${WAL}out_of_order_samples_total`, "counter", "Samples refused for their order; none are.", () => 0],
  [`${WAL}storage_active_series`, "gauge", "Series in the segment in use.", (e) => e.writer.active],
  [`${WAL}storage_created_series_total`, "counter", "Series written to segments.", (e) => e.writer.created],
  [
    `${WAL}storage_removed_series_total`,
    "counter",
    "Series of segments that have ended.",
    (e) => e.writer.created - e.writer.active,
  ],
  [`${WAL}storage_deleted_series`, "gauge", "Series kept though they are gone; none are.", () => 0],
  [`${LEDGER}received_samples_total`, "counter", "Samples received and kept.", (e) => e.received],
  [`${LEDGER}refused_samples_total`, "counter", "Samples refused because the log took nothing.", (e) => e.refused],
  [`${LEDGER}waiting_samples`, "gauge", "Samples that wait in memory for a full disk.", (e) => e.waiting],
  [`${LEDGER}log_bytes`, "gauge", "Bytes of the log on disk.", (e) => e.wal.stats.bytes],
  [`${LEDGER}log_segments`, "gauge", "Segments of the log.", (e) => e.wal.stats.segments],
  [`${LEDGER}log_damaged_total`, "counter", "Damaged places skipped.", (e) => e.wal.stats.damaged],
  [`${LEDGER}log_write_errors_total`, "counter", "Failed writes.", (e) => e.wal.stats.writeErrors],
  [`${LEDGER}log_sync_errors_total`, "counter", "Failed confirmations by the disk.", (e) => e.wal.stats.syncErrors],
];

/** Shows an engine in the metrics of one instance of its component. */
export class EngineMetrics {
  readonly #metrics: Metrics;
  readonly #engine: Engine;
  readonly #own: Shown<Engine>;
  readonly #endpoints = new Map<Endpoint, { readonly shown: Shown<Endpoint>; readonly key: string }>();

  constructor(metrics: Metrics, engine: Engine) {
    this.#metrics = metrics;
    this.#engine = engine;
    this.#own = new Shown(metrics, engineRows, engine, {});
    metrics.beforeCollect(() => this.refresh());
  }

  /** Follows the endpoints that there are, and brings all numbers up to date. */
  refresh(): void {
    this.#own.refresh();
    const present = new Set(this.#engine.endpoints.values());
    for (const [endpoint, { shown, key }] of this.#endpoints) {
      if (present.has(endpoint) && key === keyOf(endpoint)) continue;
      shown.remove();
      this.#endpoints.delete(endpoint);
    }
    for (const endpoint of present) this.#show(endpoint).refresh();
  }

  #show(endpoint: Endpoint): Shown<Endpoint> {
    const known = this.#endpoints.get(endpoint);
    if (known !== undefined) return known.shown;
    const labels = { remote_name: endpoint.settings.name, url: redactUrl(endpoint.settings.url) };
    const histogram = this.#metrics.histogram(DURATION, "How long requests took.", BUCKETS, labels);
    endpoint.observe = (seconds) => histogram.observe(seconds);
    const shown = new Shown(this.#metrics, endpointRows, endpoint, labels);
    this.#endpoints.set(endpoint, { shown, key: keyOf(endpoint) });
    return shown;
  }
}

function keyOf(endpoint: Endpoint): string {
  return `${endpoint.settings.name} ${endpoint.settings.url}`;
}

/** Rows of one thing as instruments. Its counts may be older than the instruments: counters start with all of them. */
class Shown<T> {
  readonly #from: T;
  readonly #metrics: Metrics;
  readonly #rows: { readonly row: Row<T>; readonly instrument: Counter & Partial<Gauge>; last: number }[];
  readonly #labels: Readonly<Record<string, string>>;

  constructor(metrics: Metrics, rows: readonly Row<T>[], from: T, labels: Readonly<Record<string, string>>) {
    this.#from = from;
    this.#metrics = metrics;
    this.#labels = labels;
    this.#rows = rows.map((row) => {
      const [name, kind, help, , own] = row;
      return { row, instrument: metrics[kind](name, help, { ...labels, ...own }), last: 0 };
    });
  }

  refresh(): void {
    for (const shown of this.#rows) {
      const value = shown.row[3](this.#from);
      if (shown.row[1] === "gauge") shown.instrument.set?.(value);
      else shown.instrument.inc(value - shown.last);
      shown.last = value;
    }
  }

  remove(): void {
    for (const { row } of this.#rows) this.#metrics.remove(row[0], { ...this.#labels, ...row[4] });
    if (Object.keys(this.#labels).length > 0) this.#metrics.remove(DURATION, this.#labels);
  }
}
