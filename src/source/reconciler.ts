/**
 * Keeps one source fresh: a first fetch or the last good bundle, then a fetch at a jittered interval, on hints of the source and
 * on request, one at a time. A failure keeps what is there and is tried again with back-off. Nothing here knows what a bundle means.
 */
import { createBackoff, type Backoff } from "#src/util/backoff.ts";
import { sleep, type Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { SourceError, type Bundle, type ConfigSource } from "./define.ts";
import type { Feed, SourceStatus } from "./feed.ts";
import type { RevisionSlot } from "./store.ts";

export interface ReconcileOptions {
  /** Closed together with the feed, also when `reconcile` throws. */
  readonly source: ConfigSource;
  /** Milliseconds between fetches; 0 for never again. */
  readonly interval: number;
  /** Where applied bundles are kept; undefined for a source whose content needs no keeping. */
  readonly slot: RevisionSlot | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborting it gives up the first fetch; afterwards `close` ends the feed. */
  readonly signal?: AbortSignal;
  /** Milliseconds that one fetch may take. */
  readonly timeout?: number;
  /** Milliseconds that the first fetch is waited for where a last good bundle could begin. */
  readonly patience?: number;
  readonly random?: () => number;
}

const TIMEOUT = 120_000;
const PATIENCE = 10_000;
const FIRST_RETRY = 10_000;
const LONGEST_RETRY = 120_000;

/** Resolves with the first bundle in hand; throws a `SourceError` when the source fails and no last good bundle exists. */
export async function reconcile(options: ReconcileOptions): Promise<Feed> {
  const feed = new ReconciledFeed(options);
  try {
    await feed.begin(options.signal);
    return feed;
  } catch (error) {
    await feed.close();
    throw error;
  }
}

class ReconciledFeed implements Feed {
  readonly #options: ReconcileOptions;
  readonly #random: () => number;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<(bundle: Bundle | undefined) => void>();
  readonly #backoff: Backoff;
  readonly #retryCeiling: number;
  #current: Bundle | undefined;
  #fetchedAt: number | undefined;
  #stale = false;
  #error: SourceStatus["error"];
  #nextAttemptAt: number | undefined;
  #cancelTimer = (): void => {};
  #running: Promise<Bundle | undefined> | undefined;
  #queued: Promise<void> | undefined;
  #watching: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: ReconcileOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    const { interval } = options;
    this.#retryCeiling = Math.max(interval, LONGEST_RETRY);
    const first = interval === 0 ? FIRST_RETRY : Math.min(interval, FIRST_RETRY);
    this.#backoff = createBackoff(first, this.#retryCeiling, this.#random);
  }

  get current(): Bundle {
    if (this.#current === undefined) throw new Error("the feed has not begun");
    return this.#current;
  }

  async begin(signal: AbortSignal | undefined): Promise<void> {
    const { source, log, clock, patience = PATIENCE } = this.#options;
    const abort = (): void => this.#closing.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted === true) abort();
    try {
      const kept = await this.#loadKept();
      this.#current = kept;
      this.#stale = kept !== undefined;
      const first = this.refresh();
      const waiting = new AbortController();
      const impatient = sleep(clock, patience, waiting.signal).catch(() => undefined);
      const failure = await Promise.race([first.catch((error: unknown) => error), ...(kept ? [impatient] : [])]);
      waiting.abort();
      this.#closing.signal.throwIfAborted();
      if (kept === undefined && failure !== undefined) throw failure;
      if (this.#stale) {
        const reason = failure === undefined ? "the source has not answered yet" : messageOf(failure);
        const { id, at } = this.current.revision;
        const fields = { source: source.name, revision: id, from: at.toISOString(), reason };
        log.warn("beginning with the last good configuration", fields);
      }
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    this.#watching = this.#watch();
  }

  /** A disk that fails must not keep a collector from starting whose source can be reached. */
  async #loadKept(): Promise<Bundle | undefined> {
    try {
      return await this.#options.slot?.load();
    } catch (error) {
      const fields = { source: this.#options.source.name, error: messageOf(error) };
      this.#options.log.error("the last good configuration cannot be read", fields);
      return undefined;
    }
  }

  status(): SourceStatus {
    return {
      name: this.#options.source.name,
      revision: this.#current?.revision.id,
      digest: this.#current?.revision.digest,
      fetchedAt: this.#fetchedAt,
      stale: this.#stale,
      error: this.#error,
      nextAttemptAt: this.#nextAttemptAt,
    };
  }

  subscribe(listener: (bundle: Bundle | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A call during a fetch gets the next one, which begins after it: what the caller just changed is seen for sure. */
  refresh(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.reject(closedError(this.#options.source));
    this.#queued ??= this.#fetchAfter(this.#running);
    return this.#queued;
  }

  async applied(bundle: Bundle): Promise<void> {
    await this.#options.slot?.save(bundle);
  }

  async lastGood(): Promise<Bundle | undefined> {
    return this.#options.slot?.load();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(closedError(this.#options.source));
    this.#cancelTimer();
    this.#nextAttemptAt = undefined;
    this.#listeners.clear();
    await Promise.allSettled([this.#running, this.#queued, this.#watching]);
    await this.#options.source.close?.();
  }

  async #fetchAfter(running: Promise<unknown> | undefined): Promise<void> {
    await running?.catch(() => undefined);
    await Promise.resolve();
    this.#queued = undefined;
    this.#closing.signal.throwIfAborted();
    this.#cancelTimer();
    this.#nextAttemptAt = undefined;
    this.#running = this.#fetchOnce();
    let fresh: Bundle | undefined;
    try {
      fresh = await this.#running;
    } finally {
      this.#running = undefined;
      if (this.#current !== undefined) this.#schedule();
      this.#notify(fresh);
    }
  }

  /** Resolves with a bundle whose content is new. */
  async #fetchOnce(): Promise<Bundle | undefined> {
    const { source, clock, log, timeout = TIMEOUT } = this.#options;
    const deadline = new AbortController();
    const cancel = clock.after(timeout, () =>
      deadline.abort(new SourceError("network", `fetching ${source.name}: no answer within ${timeout / 1000} s`)),
    );
    const signal = AbortSignal.any([deadline.signal, this.#closing.signal]);
    try {
      const result = await abortable(source.fetch(this.#current?.revision, signal), signal);
      signal.throwIfAborted();
      return this.#succeed(result);
    } catch (cause) {
      if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
      const error = asSourceError(cause, source);
      this.#error = { kind: error.kind, message: error.message, at: clock.now() };
      log.warn("fetching the configuration failed", { source: source.name, kind: error.kind, error: error.message });
      throw error;
    } finally {
      cancel();
    }
  }

  #succeed(result: Bundle | "unchanged"): Bundle | undefined {
    const before = this.#current?.revision.digest;
    if (result !== "unchanged") this.#current = result;
    else if (before === undefined) throw new Error(`it says "unchanged" to a first fetch`);
    this.#fetchedAt = this.#options.clock.now();
    this.#error = undefined;
    this.#stale = false;
    this.#backoff.reset();
    return result !== "unchanged" && result.revision.digest !== before ? result : undefined;
  }

  #notify(bundle: Bundle | undefined): void {
    for (const listener of this.#listeners) {
      try {
        listener(bundle);
      } catch (error) {
        const fields = { source: this.#options.source.name, error: messageOf(error) };
        this.#options.log.error("a subscriber of the configuration failed", fields);
      }
    }
  }

  #schedule(): void {
    this.#cancelTimer();
    this.#nextAttemptAt = undefined;
    if (this.#closing.signal.aborted || this.#running !== undefined || this.#queued !== undefined) return;
    const { interval, clock } = this.#options;
    const retrying = this.#error !== undefined || this.#stale;
    if (interval === 0 && !retrying) return;
    const delay = retrying ? this.#backoff.next() : interval;
    const wait = Math.min(delay * (0.9 + 0.2 * this.#random()), retrying ? this.#retryCeiling : Infinity);
    this.#nextAttemptAt = clock.now() + wait;
    this.#cancelTimer = clock.after(wait, () => this.#refreshUnwatched());
  }

  /** A fetch that nobody waits for: its failure is in the status. */
  #refreshUnwatched(): void {
    this.refresh().catch(() => undefined);
  }

  /** Hints for as long as the feed lives; a watch that fails or ends is begun again, and the interval serves meanwhile. */
  async #watch(): Promise<void> {
    const { source, clock, log } = this.#options;
    if (source.watch === undefined) return;
    const { signal } = this.#closing;
    const backoff = createBackoff(1_000, LONGEST_RETRY, this.#random);
    while (!signal.aborted) {
      try {
        await source.watch(() => this.#refreshUnwatched(), signal);
      } catch (error) {
        if (signal.aborted) return;
        log.warn("watching the source failed", { source: source.name, error: messageOf(error) });
      }
      await sleep(clock, backoff.next(), signal).catch(() => undefined);
    }
  }
}

function closedError(source: ConfigSource): Error {
  return new Error(`${source.name} is closed`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asSourceError(cause: unknown, source: ConfigSource): SourceError {
  if (cause instanceof SourceError) return cause;
  return new SourceError("network", `fetching ${source.name}: ${messageOf(cause)}`, { cause });
}

/** Leaves a promise behind as soon as the signal aborts, so that a source that does not listen cannot hold the feed. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
