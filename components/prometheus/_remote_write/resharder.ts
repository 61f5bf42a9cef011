import type { Clock } from "#src/util/clock.ts";
import type { QueueSettings } from "./settings.ts";
import type { EndpointStats } from "./stats.ts";

const INTERVAL = 10_000;
/** What share of the waiting samples the shards should work off in a second. */
const CATCH_UP = 0.1;
/** Smaller changes are not worth the pause. */
const TOLERANCE = 0.3;

/** Decides from time to time how many shards an endpoint needs to keep up with its log. */
export class Resharder {
  readonly #clock: Clock;
  readonly #stats: EndpointStats;
  readonly #now: () => { readonly queue: QueueSettings; readonly queued: number };
  #cancel: (() => void) | undefined;
  #wanted: number | undefined;
  #last = { queued: 0, settled: 0, sent: 0, time: 0 };

  constructor(
    clock: Clock,
    stats: EndpointStats,
    now: () => { readonly queue: QueueSettings; readonly queued: number },
  ) {
    this.#clock = clock;
    this.#stats = stats;
    this.#now = now;
  }

  start(onChange: () => void): void {
    this.#last = this.#look();
    const next = (): void => {
      this.#cancel = this.#clock.after(INTERVAL, () => {
        this.#decide();
        onChange();
        next();
      });
    };
    next();
  }

  stop(): void {
    this.#cancel?.();
  }

  /** How many shards there should be, given how many there are. */
  wanted(current: number): number {
    const { min_shards: least, max_shards: most } = this.#now().queue;
    return Math.min(most, Math.max(least, this.#wanted ?? current));
  }

  #look() {
    const { dropped, delivered, sentSamples, sendTime } = this.#stats;
    const settled = delivered + dropped.relabel + dropped.rejected + dropped.too_old;
    return { queued: this.#now().queued, settled, sent: sentSamples, time: sendTime };
  }

  #decide(): void {
    const now = this.#look();
    const sent = now.sent - this.#last.sent;
    const arrived = Math.max(0, now.settled - this.#last.settled + now.queued - this.#last.queued);
    const perSample = sent === 0 ? 0 : (now.time - this.#last.time) / sent;
    this.#last = now;
    // Without a delivery nothing is known, and more shards would only press harder on a server that is down.
    if (sent === 0) return;
    const desired = (perSample / 1000) * (arrived / (INTERVAL / 1000) + CATCH_UP * now.queued);
    this.#stats.desiredShards = desired;
    const current = this.#stats.shards;
    if (desired > current * (1 + TOLERANCE) || desired < current * (1 - TOLERANCE))
      this.#wanted = Math.max(1, Math.ceil(desired));
  }
}
