/**
 * One endpoint: reads the log from its cursor on, spreads the series over shards by the hash of their labels, and moves the
 * cursor behind everything that is settled. The data waits in the log; shards hold only what is about to be sent.
 */
import type { Cursor } from "#src/queue/cursor.ts";
import type { LogReader, ReadFrame } from "#src/queue/reader.ts";
import type { SegmentLog } from "#src/queue/segment-log.ts";
import { createHttpClient, type HttpClient } from "#src/net/http-client.ts";
import { compileRules } from "#src/relabel/relabel.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { version } from "#src/util/version.ts";
import { WireError } from "#src/wire/protobuf.ts";
import { MetadataStore } from "./metadata.ts";
import { EXEMPLARS, FRAME_SAMPLES, SAMPLES, SERIES, SampleColumns, readExemplars } from "./record.ts";
import { Resharder } from "./resharder.ts";
import { Sender } from "./sender.ts";
import { SeriesTable, type LabelChange } from "./series-table.ts";
import type { EndpointSettings } from "./settings.ts";
import { Shard } from "./shard.ts";
import { EndpointStats } from "./stats.ts";

const SLICE_MS = 5;
const RETRY_MS = 1000;
/** Decoded samples, used by one endpoint at a time within one call. */
const columns = new SampleColumns();

export interface EndpointOptions {
  readonly settings: EndpointSettings;
  readonly wal: SegmentLog;
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metadata: MetadataStore;
  /** Told when it begins to fail (with a message) and when it works again. */
  readonly onHealth: () => void;
}

/** Where a frame lies, for as long as something of it is not settled. */
interface Entry {
  readonly ticket: number;
  readonly frame: Pick<ReadFrame, "segment" | "offset" | "first">;
}

export class Endpoint {
  readonly stats = new EndpointStats();
  /** Its place in the log. A successor under another name stands where this one stood. */
  cursor: Cursor;
  /** Why the last attempt failed; undefined while it works. */
  failure: string | undefined;
  /** Told how long each answered request took, in seconds. */
  observe: (seconds: number) => void = () => undefined;
  readonly #options: EndpointOptions;
  readonly #client: HttpClient;
  readonly #sender: Sender;
  readonly #table: SeriesTable;
  readonly #resharder: Resharder;
  readonly #stop = new AbortController();
  #impatience = new AbortController();
  #settings: EndpointSettings;
  #shards: Shard[] = [];
  #reader: LogReader | undefined;
  #unsubscribe: (() => void) | undefined;
  #cancelMetadata: (() => void) | undefined;
  #scheduled = false;
  #flushing = false;
  #idle: (() => void) | undefined;
  /** Frames not settled, oldest first, and the number of the newest. */
  readonly #entries: Entry[] = [];
  #ticket = 0;
  /** What comes after the last frame that was read. */
  #after: { segment: number; offset: number };
  #expected: number;
  #missed = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.cursor = options.cursor;
    const { position } = options.cursor;
    this.#after = position;
    this.#expected = position.items;
    this.stats.recovered = options.wal.stats.items - position.items;
    const { clock, log } = options;
    const { http, queue } = this.#settings;
    this.#client = createHttpClient(http, { userAgent: `Invar/${version}`, clock, connections: queue.max_shards });
    this.#sender = new Sender({
      settings: () => this.#settings,
      client: this.#client,
      clock,
      log,
      stats: this.stats,
      onAttempt: (failure) => this.#attempted(failure),
      observe: (seconds) => this.observe(seconds),
      signal: this.#stop.signal,
      impatience: () => this.#impatience.signal,
    });
    this.#table = new SeriesTable(labelChange(this.#settings));
    this.#resharder = new Resharder(clock, this.stats, () => ({ queue: this.#settings.queue, queued: this.queued }));
    this.#setShards(queue.min_shards);
  }

  get settings(): EndpointSettings {
    return this.#settings;
  }

  /** Samples in the log that are not settled. */
  get queued(): number {
    return Math.max(0, this.#options.wal.stats.items - this.cursor.position.items);
  }

  /** Begins to deliver. */
  start(): void {
    if (this.#reader !== undefined) return;
    const { wal } = this.#options;
    // From the segment's beginning on: the series are defined there.
    this.#reader = wal.reader({ ...this.cursor.position, offset: 0 });
    this.#unsubscribe = wal.onAppend(() => this.#schedule());
    this.#resharder.start(() => this.#schedule());
    this.#scheduleMetadata();
    this.#schedule();
  }

  /** What is built from now on follows the new settings; what is built already is sent as it is, to the new URL. */
  update(settings: EndpointSettings): void {
    this.#settings = settings;
    this.#client.update(settings.http);
    this.#table.setChange(labelChange(settings));
    for (const shard of this.#shards) shard.stopDeadline();
    for (const shard of this.#shards) shard.startDeadline(settings.queue.batch_send_deadline);
    this.#impatience.abort();
    this.#impatience = new AbortController();
    if (this.#reader !== undefined) this.#scheduleMetadata();
    this.#schedule();
  }

  /** Resolves when all of the log is settled, or sending has begun to fail, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#reader === undefined || this.failure !== undefined) return;
    this.#flushing = true;
    const done = new Promise<void>((resolve) => (this.#idle = resolve));
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    this.#pump();
    this.#settled();
    if (!signal.aborted) await Promise.race([done, aborted]);
  }

  /** Ends all work at once; what is not delivered stays in the log. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe?.();
    this.#cancelMetadata?.();
    this.#resharder.stop();
    for (const shard of this.#shards) shard.stopDeadline();
    await this.#client.close();
    this.#reader?.close();
  }

  #attempted(failure: string | undefined): void {
    const changed = (this.failure === undefined) !== (failure === undefined);
    this.failure = failure;
    if (changed) this.#options.onHealth();
    if (failure !== undefined && this.#flushing) this.#idle?.();
  }

  #setShards(count: number): void {
    this.#shards = Array.from({ length: count }, () => new Shard(this.#options.clock, (shard) => this.#send(shard)));
    this.stats.shards = count;
  }

  #schedule(): void {
    if (this.#scheduled || this.#stop.signal.aborted) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#reader === undefined || this.#stop.signal.aborted) return;
    try {
      this.#takeFrames(this.#reader);
    } catch (error) {
      this.#attempted(`reading the log: ${(error as Error).message}`);
      this.#options.log.error("the log cannot be read, trying again", { err: error });
      this.#options.clock.after(RETRY_MS, () => this.#schedule());
    }
  }

  /** Takes frames from the log until there are none, the shards are full, or others should have their turn. */
  #takeFrames(reader: LogReader): void {
    const began = performance.now();
    for (;;) {
      if (!this.#reshard()) return;
      const { capacity, max_samples_per_send: most, batch_send_deadline: deadline } = this.#settings.queue;
      if (this.#shards.some((shard) => shard.held >= Math.max(capacity, most))) {
        this.stats.waits += 1;
        return;
      }
      const frame = reader.next();
      if (frame === undefined) break;
      this.#take(frame);
      for (const shard of this.#shards) shard.startDeadline(deadline);
      if (performance.now() - began < SLICE_MS) continue;
      this.#schedule();
      return;
    }
    if (this.#flushing) for (const shard of this.#shards) this.#send(shard);
    this.#settled();
  }

  /** A series belongs to one shard: their number changes only when all are empty. False while it waits for that. */
  #reshard(): boolean {
    const wanted = this.#resharder.wanted(this.#shards.length);
    if (wanted === this.#shards.length) return true;
    if (this.#shards.some((shard) => shard.held > 0)) {
      for (const shard of this.#shards) this.#send(shard);
      return false;
    }
    this.#setShards(wanted);
    return true;
  }

  #take(frame: ReadFrame): void {
    const { position } = this.cursor;
    const before = frame.segment === position.segment && frame.offset < position.offset;
    try {
      if (frame.kind === SERIES) this.#table.define(frame.segment, frame.payload);
      else if (!before && frame.kind === SAMPLES) this.#takeSamples(frame);
      else if (!before && frame.kind === EXEMPLARS) this.#takeExemplars(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.log.error("skipped a frame of the log that makes no sense", { err: error, ...placeOf(frame) });
    }
    if (!before) this.#after = { segment: frame.segment, offset: frame.next };
  }

  #enter({ segment, offset, first }: ReadFrame): number {
    this.#ticket += 1;
    this.#entries.push({ ticket: this.#ticket, frame: { segment, offset, first } });
    return this.#ticket * FRAME_SAMPLES;
  }

  #takeSamples(frame: ReadFrame): void {
    const { position } = this.cursor;
    const begun = frame.segment === position.segment && frame.offset === position.offset;
    const skip = begun && this.#ticket === 0 ? position.index : 0;
    this.#countLost(frame.first + skip);
    this.#expected = frame.first + frame.items;
    const place = this.#enter(frame);
    try {
      columns.read(frame.payload, frame.items);
      this.#spread(place, skip, frame.items);
    } catch (error) {
      this.stats.dropped.damaged += frame.items - skip;
      throw error;
    }
  }

  #spread(place: number, from: number, count: number): void {
    const { number, time, words } = columns;
    const { queue } = this.#settings;
    const most = queue.max_samples_per_send;
    const oldest = queue.sample_age_limit === 0 ? -Infinity : this.#options.clock.now() - queue.sample_age_limit;
    const table = this.#table;
    const shards = this.#shards;
    const { dropped } = this.stats;
    for (let i = from; i < count; i += 1) {
      const series = number[i]!;
      if (!table.ready(series)) dropped.relabel += 1;
      else if (time[i]! < oldest) dropped.too_old += 1;
      else {
        const shard = shards.length === 1 ? shards[0]! : shards[table.hash[series]! % shards.length]!;
        const labels = table.sent.buffer;
        shard.sample(
          place + i,
          labels,
          table.start[series]!,
          table.end[series]!,
          time[i]!,
          words[2 * i]!,
          words[2 * i + 1]!,
        );
        if (shard.building >= most) this.#send(shard);
      }
    }
    this.stats.taken += count - from;
  }

  /** The log numbers its samples: a gap is what damage or age has taken. */
  #countLost(first: number): void {
    const lost = first - this.#expected;
    const gone = this.#reader!.missed - this.#missed;
    this.#missed += gone;
    if (lost > 0) this.stats.dropped[gone > 0 ? "expired" : "damaged"] += lost;
  }

  #takeExemplars(frame: ReadFrame): void {
    const place = this.#enter(frame);
    const { exemplars } = this.stats;
    readExemplars(frame.payload, (series, bytes, start, end) => {
      exemplars.taken += 1;
      if (!this.#settings.sendExemplars || !this.#table.ready(series)) {
        exemplars.dropped += 1;
        return;
      }
      const table = this.#table;
      const shard = this.#shards[table.hash[series]! % this.#shards.length]!;
      const labels = table.sent.buffer;
      shard.exemplar(place, labels, table.start[series]!, table.end[series]!, bytes.subarray(start, end));
      if (shard.building >= this.#settings.queue.max_samples_per_send) this.#send(shard);
    });
  }

  /** Seals what a shard holds and sees to it that the shard sends. */
  #send(shard: Shard): void {
    shard.seal();
    if (shard.sending || shard.queue.length === 0) return;
    shard.sending = true;
    void this.#run(shard);
  }

  async #run(shard: Shard): Promise<void> {
    try {
      for (let request = shard.queue[0]; request !== undefined; request = shard.queue[0]) {
        if (!(await this.#sender.send(request))) return;
        shard.queue.shift();
        shard.held -= request.samples + request.exemplars;
        this.#settled();
        this.#schedule();
      }
    } catch (error) {
      this.#attempted(`sending stopped: ${(error as Error).message}`);
      this.#options.log.error("a shard has stopped", { err: error });
    } finally {
      shard.sending = false;
    }
  }

  /** Moves the cursor up to the oldest thing that is not settled. */
  #settled(): void {
    if (this.#stop.signal.aborted) return;
    const entries = this.#entries;
    let place = Infinity;
    for (const shard of this.#shards) place = Math.min(place, shard.place);
    const ticket = Math.floor(place / FRAME_SAMPLES);
    let done = 0;
    while (done < entries.length && entries[done]!.ticket < ticket) done += 1;
    if (done > 0) entries.splice(0, done);
    const [head] = entries;
    const { position } = this.cursor;
    const index = head === undefined ? 0 : place % FRAME_SAMPLES;
    const { segment, offset } = head?.frame ?? this.#after;
    const items = head === undefined ? this.#expected : head.frame.first + index;
    if (position.segment !== segment || position.offset !== offset || position.index !== index)
      this.cursor.advance({ segment, offset, index, items });
    this.stats.pending = this.#shards.reduce((sum, shard) => sum + shard.held, 0);
    if (this.#flushing && head === undefined && this.queued === 0) this.#idle?.();
  }

  #scheduleMetadata(): void {
    this.#cancelMetadata?.();
    const { send, send_interval: interval } = this.#settings.metadata;
    if (!send) return;
    this.#cancelMetadata = this.#options.clock.after(interval, () => {
      void this.#sendMetadata().finally(() => {
        if (!this.#stop.signal.aborted) this.#scheduleMetadata();
      });
    });
  }

  async #sendMetadata(): Promise<void> {
    const { metadata } = this.stats;
    for (const { body, entries } of this.#options.metadata.requests(this.#settings.metadata.max_samples_per_send)) {
      if (await this.#sender.sendOnce(body)) {
        metadata.delivered += entries;
        metadata.bytes += body.length;
      } else metadata.failed += entries;
      if (this.#stop.signal.aborted) return;
    }
  }
}

function labelChange({ external, rules }: EndpointSettings): LabelChange {
  return { external, relabel: rules.length === 0 ? undefined : compileRules(rules) };
}

function placeOf({ segment, offset }: ReadFrame): { readonly segment: number; readonly offset: number } {
  return { segment, offset };
}
