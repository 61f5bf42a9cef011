/**
 * The log and the endpoints of one component. It outlives the component's instances: a successor finds it as its
 * predecessor left it, and only its settings change.
 */
import { createHash } from "node:crypto";
import type { Fault, Resource } from "#src/component/define.ts";
import { LogFullError, SegmentLog } from "#src/queue/segment-log.ts";
import type { LogFs } from "#src/queue/fs.ts";
import type { SampleBatch } from "#src/signal/samples.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { Endpoint } from "./endpoint.ts";
import { MetadataStore } from "./metadata.ts";
import { RecordWriter } from "./record.ts";
import type { EndpointSettings, Settings } from "./settings.ts";

const RETRY_MS = 1000;
const DRAIN_MS = 10_000;
/** Samples that may wait in memory for a disk that takes nothing; more are refused. */
const MAX_WAITING = 1_000_000;
const WAL_BYTES = 16 * 2 ** 30;

export interface EngineOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly io?: LogFs;
  readonly segmentBytes?: number;
  readonly maxBytes?: number;
}

export type HealthListener = (state: "healthy" | "unhealthy", message: string, fault: Fault) => void;

interface Waiting {
  readonly batch: SampleBatch;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Engine implements Resource {
  readonly wal: SegmentLog;
  readonly writer: RecordWriter;
  readonly metadata = new MetadataStore();
  readonly endpoints = new Map<string, Endpoint>();
  /** Samples and exemplars that the log has taken since the process began. */
  received = 0;
  exemplars = 0;
  /** Samples refused because the disk took nothing for too long, or because everything ended before it did. */
  refused = 0;
  /** Told of every change of health. */
  onHealth: HealthListener = () => undefined;
  readonly #options: EngineOptions;
  readonly #waiting: Waiting[] = [];
  #waitingSamples = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelTruncate: (() => void) | undefined;
  #diskFailure: string | undefined;
  #settings: Settings | undefined;
  #started = false;
  #retired: Promise<unknown> = Promise.resolve();
  #cancelConfigure: (() => void) | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { folder, clock, log, io, segmentBytes, maxBytes } = options;
    this.wal = SegmentLog.open({
      folder,
      clock,
      log,
      maxBytes: maxBytes ?? WAL_BYTES,
      ...(io === undefined ? {} : { io }),
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
    this.writer = new RecordWriter(this.wal);
  }

  get configured(): boolean {
    return this.#settings !== undefined;
  }

  /** Samples that wait in memory for the disk. */
  get waiting(): number {
    return this.#waitingSamples;
  }

  /** Makes the endpoints what the settings say. Those that stay keep their place and what they are about to send. */
  configure(settings: Settings): void {
    this.#settings = settings;
    this.#cancelConfigure?.();
    try {
      this.#placeAll(settings);
    } catch (error) {
      // A swap cannot fail for a full disk: what could not be written down is tried again.
      this.#diskFailure = `the places of endpoints cannot be kept: ${(error as Error).message}`;
      this.#options.log.error(this.#diskFailure);
      this.#cancelConfigure = this.#options.clock.after(RETRY_MS, () => this.configure(settings));
    }
    this.#scheduleTruncate();
    if (this.#started) this.start();
    this.#reportHealth();
  }

  #placeAll(settings: Settings): void {
    const wanted = new Set(settings.endpoints.map((endpoint) => fileName(endpoint.identity)));
    // The place of an endpoint that is gone passes to one that is new: an address that changes loses nothing.
    const orphans = this.wal.cursorNames().filter((name) => !wanted.has(name));
    for (const endpoint of settings.endpoints) this.#place(endpoint, orphans);
    for (const orphan of orphans) this.#remove(orphan);
  }

  #place(settings: EndpointSettings, orphans: string[]): void {
    const name = fileName(settings.identity);
    const existing = this.endpoints.get(name);
    if (existing !== undefined) {
      existing.update(settings);
      return;
    }
    const known = this.wal.cursorNames().includes(name);
    const previous = known ? undefined : orphans.shift();
    const place = previous === undefined ? undefined : this.wal.cursor(previous).position;
    const cursor = this.wal.cursor(name, place);
    const running = previous === undefined ? undefined : this.endpoints.get(previous);
    if (previous !== undefined && running !== undefined) {
      // It goes on as it is, with what it is about to send.
      this.endpoints.delete(previous);
      this.endpoints.set(name, running);
      running.cursor = cursor;
      running.update(settings);
      this.wal.removeCursor(previous);
      return;
    }
    const { clock, log } = this.#options;
    const endpoint = new Endpoint({
      settings,
      wal: this.wal,
      cursor,
      clock,
      log: log.with({ endpoint: settings.name }),
      metadata: this.metadata,
      onHealth: () => this.#reportHealth(),
    });
    this.endpoints.set(name, endpoint);
    if (previous !== undefined) this.wal.removeCursor(previous);
  }

  #remove(name: string): void {
    const endpoint = this.endpoints.get(name);
    this.endpoints.delete(name);
    if (endpoint !== undefined) this.#retired = Promise.all([this.#retired, endpoint.stop()]);
    this.wal.removeCursor(name);
  }

  /** Begins to deliver. */
  start(): void {
    this.#started = true;
    for (const endpoint of this.endpoints.values()) endpoint.start();
  }

  /** Puts a batch into the log. The promise, if there is one, resolves when a disk that is full takes it after all. */
  consume(batch: SampleBatch): void | Promise<void> {
    if (batch.metadata !== undefined) this.metadata.add(batch.metadata);
    if (this.endpoints.size === 0) return;
    if (this.#waiting.length === 0 && this.#write(batch)) return;
    const samples = batch.row.length;
    if (this.#waitingSamples + samples > MAX_WAITING) {
      this.refused += samples;
      throw new Error(`${this.#diskFailure}; ${this.#waitingSamples} samples wait already`);
    }
    this.#waitingSamples += samples;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#scheduleRetry();
    });
  }

  #write(batch: SampleBatch): boolean {
    try {
      this.writer.write(batch);
    } catch (error) {
      if (!(error instanceof LogFullError)) throw error;
      if (this.#diskFailure === undefined)
        this.#options.log.error("the log takes nothing, producers are held up until it does", { err: error });
      this.#diskFailure = error.message;
      this.#reportHealth();
      return false;
    }
    this.received += batch.row.length;
    this.exemplars += batch.exemplars?.length ?? 0;
    if (this.#diskFailure !== undefined) {
      this.#diskFailure = undefined;
      this.#options.log.info("the log takes samples again");
      this.#reportHealth();
    }
    return true;
  }

  #scheduleRetry(): void {
    this.#cancelRetry ??= this.#options.clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#truncate(0);
      while (this.#waiting.length > 0 && this.#write(this.#waiting[0]!.batch)) this.#leaveQueue().resolve();
      if (this.#waiting.length > 0) this.#scheduleRetry();
    });
  }

  #leaveQueue(): Waiting {
    const next = this.#waiting.shift()!;
    this.#waitingSamples -= next.batch.row.length;
    return next;
  }

  #scheduleTruncate(): void {
    this.#cancelTruncate?.();
    const { truncate_frequency: every, min_keepalive_time: least } = this.#settings!.wal;
    this.#cancelTruncate = this.#options.clock.after(every, () => {
      this.wal.seal();
      this.#truncate(least);
      this.#scheduleTruncate();
    });
  }

  #truncate(minAge: number): void {
    this.wal.truncate({ minAge, maxAge: this.#settings?.wal.max_keepalive_time ?? Infinity });
  }

  #reportHealth(): void {
    const failing = [...this.endpoints.values()].filter((endpoint) => endpoint.failure !== undefined);
    if (this.#diskFailure !== undefined) this.onHealth("unhealthy", this.#diskFailure, "world");
    else if (failing.length > 0)
      this.onHealth("unhealthy", failing.map((e) => `${e.settings.name}: ${e.failure}`).join("; "), "world");
    else this.onHealth("healthy", "", "own");
  }

  /** Delivers what it can within a limit; the rest stays in the log. */
  async close(): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelTruncate?.();
    this.#cancelConfigure?.();
    while (this.#waiting.length > 0) {
      const { batch, reject } = this.#leaveQueue();
      this.refused += batch.row.length;
      reject(new Error(`${this.#diskFailure}; it did not take samples before the end`));
    }
    const limit = new AbortController();
    const cancel = this.#options.clock.after(DRAIN_MS, () => limit.abort());
    const endpoints = [...this.endpoints.values()];
    await Promise.all(endpoints.map((endpoint) => endpoint.drain(limit.signal)));
    cancel();
    await Promise.all([this.#retired, ...endpoints.map((endpoint) => endpoint.stop())]);
    await this.wal.close();
  }
}

function fileName(identity: string): string {
  return createHash("sha256").update(identity).digest("hex").slice(0, 16);
}
