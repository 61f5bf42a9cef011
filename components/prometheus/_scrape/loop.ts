/**
 * Scrapes one target again and again. What it knows of the target (series, staleness) survives new arguments and a new
 * owner; a target that vanishes is given time to come back before its series end.
 */
import type { Handler } from "#src/component/define.ts";
import type { HttpClient } from "#src/net/http-client.ts";
import { Labels } from "#src/signal/labels.ts";
import type { SampleBatch, SampleConsumer } from "#src/signal/samples.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { release } from "#src/util/release.ts";
import { ExpositionReader, type Page } from "#src/wire/exposition.ts";
import { failureBatch, Layout, partialBatch, staleBatch, wholeBatch } from "./batch.ts";
import { printPrometheusDuration } from "./duration.ts";
import { Exposure } from "./exposure.ts";
import type { FailureLog } from "./failure-log.ts";
import { BodySizeError, fetchPage, type FetchSettings } from "./fetch.ts";
import { chooseFormat, type ScrapeProtocol } from "./protocol.ts";
import type { ScrapeMetrics } from "./scrape-metrics.ts";
import { addTargetLabels, checkSeries, ScrapedSeries, SeriesError, type SeriesSettings } from "./series.ts";
import type { ScrapeTarget } from "./target.ts";

export interface ScrapeSettings {
  readonly series: SeriesSettings;
  readonly fetch: FetchSettings;
  readonly fallback: ScrapeProtocol | "";
  readonly honorTimestamps: boolean;
  readonly trackTimestamps: boolean;
  /** 0 for no limit. */
  readonly sampleLimit: number;
  readonly extraMetrics: boolean;
  readonly honorMetadata: boolean;
}

/** What loops need of the component that owns them at the moment. */
export interface ScrapeEnv {
  readonly job: string;
  readonly settings: ScrapeSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: ScrapeMetrics;
  readonly client: HttpClient;
  readonly out: SampleConsumer;
  readonly failures: FailureLog | undefined;
  readonly local: (address: string, path: string) => Handler | undefined;
  /** Why no target may be scraped. */
  readonly refusal: string | undefined;
}

/** A target's state for people. */
export interface TargetStatus {
  readonly job: string;
  readonly url: string;
  readonly health: "unknown" | "up" | "down";
  readonly labels: Readonly<Record<string, string>>;
  readonly last_error: string;
  readonly last_scrape: string | undefined;
  readonly last_scrape_duration: string | undefined;
}

/** What is reported of a scrape. */
interface Numbers {
  readonly scraped: number;
  readonly added: number;
  readonly seriesAdded: number;
  /** -1 where the limit cut it off. */
  readonly bytes: number;
}

const MAX_AHEAD_MS = 600_000;
/** Timers are late by this much at most where times may be rounded to the planned ones. */
const TOLERANCE_MS = 2;
const REPORTS = [
  "up",
  "scrape_duration_seconds",
  "scrape_samples_scraped",
  "scrape_samples_post_metric_relabeling",
  "scrape_series_added",
];
const EXTRA_REPORTS = ["scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"];

export class ScrapeLoop {
  #target: ScrapeTarget;
  #env: ScrapeEnv;
  #reader: ExpositionReader<ScrapedSeries>;
  #layout: Layout;
  readonly #exposure = new Exposure();
  #sentMetadata: unknown;
  #due = 0;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #state: "idle" | "active" | "retired" | "stopped" = "idle";
  readonly #abort = new AbortController();
  #health: TargetStatus["health"] = "unknown";
  #lastError = "";
  #lastScrape: number | undefined;
  #lastDuration = 0;

  constructor(target: ScrapeTarget, env: ScrapeEnv) {
    this.#target = target;
    this.#env = env;
    this.#reader = this.#createReader();
    this.#layout = new Layout([], this.#reportLabels());
  }

  /** Begins, or goes on after a pause, with a new owner or with new settings. */
  run(target: ScrapeTarget, env: ScrapeEnv): void {
    const before = { target: this.#target, env: this.#env };
    this.#target = target;
    this.#env = env;
    const settings = env.settings;
    if (JSON.stringify(before.env.settings.series) !== JSON.stringify(settings.series))
      this.#reader = this.#createReader();
    if (before.env.settings.extraMetrics !== settings.extraMetrics)
      this.#layout = new Layout(this.#layout.from, this.#reportLabels());
    const moved = before.target.interval !== target.interval || before.env.clock !== env.clock;
    if (this.#state === "active" && !moved) return;
    const goesOn = this.#state !== "idle" && before.target.interval === target.interval;
    const now = env.clock.now();
    if (!goesOn) this.#due = now + this.#offset();
    else if (this.#state === "retired" && this.#due < now)
      this.#due += Math.ceil((now - this.#due) / target.interval) * target.interval;
    this.#state = "active";
    this.#cancel?.();
    if (this.#running === undefined) this.#schedule();
  }

  /** Stops scraping; unless it runs again soon, its series end, save those that live elsewhere. `onEnd` is called then. */
  retire(env: ScrapeEnv, elsewhere: () => ReadonlySet<string>, onEnd: () => void): void {
    const known = this.#state === "retired" && this.#env.clock === env.clock;
    if (known || this.#state === "stopped") return;
    this.#env = env;
    this.#state = "retired";
    this.#cancel?.();
    const { interval } = this.#target;
    if (this.#lastScrape === undefined && this.#running === undefined) return onEnd();
    // A target that comes back is scraped within two intervals, also by another owner.
    const end = this.#due + interval + interval / 10;
    const staleTime = this.#due;
    this.#cancel = this.#env.clock.after(end - this.#env.clock.now(), () => {
      this.#state = "stopped";
      onEnd();
      this.#running = this.#end(staleTime, elsewhere());
    });
  }

  /** Ends without a mark; resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#cancel?.();
    this.#abort.abort();
    await this.#running;
  }

  get retired(): boolean {
    return this.#state === "retired";
  }

  /** Labels of the series that live, reports included. */
  *liveKeys(): Iterable<string> {
    for (const series of this.#exposure.live) yield series.labels.key;
    for (const labels of this.#layout.reports) yield labels.key;
  }

  status(): TargetStatus {
    return {
      job: this.#env.job,
      url: this.#target.shown,
      health: this.#health,
      labels: Object.fromEntries(this.#target.labels.entries()),
      last_error: this.#lastError,
      last_scrape: this.#lastScrape === undefined ? undefined : new Date(this.#lastScrape).toISOString(),
      last_scrape_duration: this.#lastScrape === undefined ? undefined : `${this.#lastDuration.toFixed(3)}ms`,
    };
  }

  #createReader(): ExpositionReader<ScrapedSeries> {
    const { honorLabels } = this.#env.settings.series;
    const { series } = this.#env.settings;
    const { labels: own } = this.#target;
    return new ExpositionReader((labels) => {
      const merged = addTargetLabels(labels, own, honorLabels);
      checkSeries(merged, series);
      return new ScrapedSeries(merged);
    }, REPORTS.length + EXTRA_REPORTS.length);
  }

  #reportLabels(): readonly Labels[] {
    const names = this.#env.settings.extraMetrics ? [...REPORTS, ...EXTRA_REPORTS] : REPORTS;
    return names.map((name) => Labels.from([...this.#target.labels.entries(), ["__name__", name]]));
  }

  /** Spreads targets evenly over the interval, each always at the same place in it. */
  #offset(): number {
    const { interval, key } = this.#target;
    let hash = 0x811c9dc5;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    const place = ((hash >>> 0) / 2 ** 32) * interval;
    const wait = interval - (this.#env.clock.now() % interval) + Math.floor(place);
    return wait > interval ? wait - interval : wait;
  }

  #schedule(): void {
    const { clock, metrics } = this.#env;
    const { interval } = this.#target;
    const late = clock.now() - this.#due;
    if (late >= interval) {
      const missed = Math.floor(late / interval);
      metrics.missed.inc(missed);
      this.#due += missed * interval;
    }
    this.#cancel = clock.after(Math.max(0, this.#due - clock.now()), () => {
      this.#running = this.#scrapeOnce()
        .catch((error: unknown) =>
          this.#env.log.error("Scrape loop failed", { target: this.#target.shown, err: error }),
        )
        .finally(() => {
          this.#running = undefined;
          if (this.#state === "active") this.#schedule();
        });
    });
  }

  async #scrapeOnce(): Promise<void> {
    const { clock, metrics } = this.#env;
    const { interval } = this.#target;
    const now = clock.now();
    const due = this.#due;
    this.#due = due + interval;
    const time = now - due <= Math.min(interval / 100, TOLERANCE_MS) ? due : now;
    if (this.#lastScrape !== undefined)
      metrics.observeInterval(printPrometheusDuration(interval), (time - this.#lastScrape) / 1000);
    for (const batch of await this.#scrape(time)) await this.#send(batch);
  }

  async #send(batch: SampleBatch): Promise<void> {
    try {
      await this.#env.out.consume(batch);
    } catch (error) {
      this.#env.log.error("Scrape commit failed", { target: this.#target.shown, err: error });
    }
  }

  /** Fetches and reads the page; gives what goes on, also when that fails. Nothing if it was stopped meanwhile. */
  async #scrape(time: number): Promise<readonly SampleBatch[]> {
    const { settings, client, local, refusal, clock } = this.#env;
    const target = this.#target;
    const start = performance.now();
    let bytes = 0;
    try {
      if (refusal !== undefined) throw new Error(refusal);
      const path = new URL(target.url).pathname;
      const page = await fetchPage(
        target,
        settings.fetch,
        client,
        local(target.address, path),
        clock,
        this.#abort.signal,
      );
      bytes = page.body.length;
      const format = bytes === 0 ? "text" : chooseFormat(page.contentType, settings.fallback);
      const read = this.#reader.read(page.body, format);
      if (page.own) release(page.body);
      return this.#accept(read, time, start, bytes);
    } catch (error) {
      if (this.#abort.signal.aborted) return [];
      return this.#fail(error instanceof Error ? error : new Error(String(error)), time, start, bytes);
    }
  }

  #accept(page: Page<ScrapedSeries>, time: number, start: number, bytes: number): readonly SampleBatch[] {
    const { settings } = this.#env;
    const scraped = page.series.length;
    const times = settings.honorTimestamps ? page.time : undefined;
    const { kept, untracked, duplicates } = this.#choose(page, times);
    if (settings.sampleLimit > 0 && scraped - duplicates > settings.sampleLimit) throw new SampleLimitError();
    if (this.#layout.from !== page.series) this.#layout = new Layout(page.series, this.#layout.reports);
    const change = this.#exposure.advance(page.series, untracked);
    const numbers = { scraped, added: scraped, seriesAdded: change.added, bytes };
    const reports = this.#report(undefined, numbers, time, start);
    const whole = wholeBatch(this.#layout, page.value, times, reports, time);
    const samples = kept === undefined ? whole : partialBatch(whole, this.#layout, kept);
    const batches: SampleBatch[] = [this.#decorate(samples, page, whole.time)];
    if (change.stale.length > 0) batches.push(staleBatch(change.stale, time));
    return batches;
  }

  /** Which samples go on (all, where undefined), and which series do not end with the page. */
  #choose(
    page: Page<ScrapedSeries>,
    times: Float64Array | undefined,
  ): {
    readonly kept?: readonly number[];
    readonly untracked?: ReadonlySet<ScrapedSeries>;
    readonly duplicates: number;
  } {
    if (page.repeated.length === 0 && times === undefined) return { duplicates: 0 };
    const { clock, metrics, log, settings } = this.#env;
    const latest = clock.now() + MAX_AHEAD_MS;
    const repeated = new Set(page.repeated);
    const untracked = new Set<ScrapedSeries>();
    const kept: number[] = [];
    let duplicates = 0;
    let ahead = 0;
    for (const [i, series] of page.series.entries()) {
      const timed = times !== undefined && !Number.isNaN(times[i]);
      if (timed && !settings.trackTimestamps) untracked.add(series);
      if (!timed && repeated.has(i)) duplicates += 1;
      else if (timed && times[i]! > latest) ahead += 1;
      else kept.push(i);
    }
    const say = (message: string, count: number): void => {
      if (count > 0) log.warn(message, { target: this.#target.shown, num_dropped: count });
    };
    metrics.duplicates.inc(duplicates);
    metrics.outOfBounds.inc(ahead);
    say("Error on ingesting samples with different value but same timestamp", duplicates);
    say("Error on ingesting samples that are too old or are too far into the future", ahead);
    return { kept, untracked, duplicates };
  }

  /** Adds exemplars and, when it is asked for and new, metadata. */
  #decorate(batch: SampleBatch, page: Page<ScrapedSeries>, times: Float64Array): SampleBatch {
    const exemplars = page.exemplars.map(({ sample, labels, value, time }) => ({
      row: sample,
      labels,
      value,
      time: time ?? times[sample]!,
    }));
    const { metadata } = this.#reader;
    const tells = this.#env.settings.honorMetadata && metadata !== this.#sentMetadata;
    if (tells) this.#sentMetadata = metadata;
    return { ...batch, ...(exemplars.length > 0 ? { exemplars } : {}), ...(tells ? { metadata } : {}) };
  }

  /** A scrape that fails ends all series, and says so. */
  #fail(error: Error, time: number, start: number, bytes: number): readonly SampleBatch[] {
    const { metrics, log, failures, job, refusal } = this.#env;
    if (error instanceof BodySizeError) metrics.exceededBodySize.inc();
    if (error instanceof SampleLimitError) metrics.exceededSampleLimit.inc();
    if (error instanceof SeriesError && error.limit) metrics.exceededLabelLimits.inc();
    log.debug("Scrape failed", { target: this.#target.shown, err: error.message });
    if (refusal === undefined) failures?.write({ msg: error.message, job_name: job, target: this.#target.shown });
    const scraped = bytes > 0 ? this.#reader.samples : 0;
    const numbers = {
      scraped: error instanceof SeriesError ? scraped + 1 : scraped,
      added: scraped,
      seriesAdded: 0,
      bytes: error instanceof BodySizeError ? -1 : bytes,
    };
    const reports = this.#report(error, numbers, time, start);
    return [failureBatch(this.#layout, this.#exposure.end(), reports, time)];
  }

  /** Keeps the state for people and gives the values of the synthetic series. */
  #report(error: Error | undefined, numbers: Numbers, time: number, start: number): readonly number[] {
    this.#health = error === undefined ? "up" : "down";
    this.#lastError = error?.message ?? "";
    this.#lastScrape = time;
    this.#lastDuration = performance.now() - start;
    const { scraped, added, seriesAdded, bytes } = numbers;
    const reports = [error === undefined ? 1 : 0, this.#lastDuration / 1000, scraped, added, seriesAdded];
    const { settings } = this.#env;
    if (settings.extraMetrics) reports.push(this.#target.timeout / 1000, settings.sampleLimit, bytes);
    return reports;
  }

  async #end(time: number, elsewhere: ReadonlySet<string>): Promise<void> {
    const { table, reports } = this.#layout;
    const ended = [...this.#exposure.end().map((i) => table[i]!), ...reports];
    const stale = ended.filter((labels) => !elsewhere.has(labels.key));
    if (stale.length > 0) await this.#send(staleBatch(stale, time));
  }
}

class SampleLimitError extends Error {
  constructor() {
    super("sample limit exceeded");
  }
}
