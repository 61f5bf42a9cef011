import type { Clock } from "#src/util/clock.ts";
import { WriteRequestWriter } from "#src/wire/remote-write.ts";
import { compressSnappy } from "#src/wire/snappy.ts";
import type { SealedRequest } from "./sender.ts";

/** A request with its place: the first thing in it, in the order of the log. */
export interface QueuedRequest extends SealedRequest {
  readonly place: number;
}

/** One sequence of requests: what it takes in order is sent in order, one request at a time. */
export class Shard {
  readonly queue: QueuedRequest[] = [];
  /** Samples and exemplars in the queue and in the request being built. */
  held = 0;
  sending = false;
  #writer = new WriteRequestWriter();
  #samples = 0;
  #exemplars = 0;
  #place = 0;
  #oldest = Infinity;
  #newest = 0;
  #cancel: (() => void) | undefined;
  readonly #clock: Clock;
  readonly #onDeadline: (shard: Shard) => void;

  constructor(clock: Clock, onDeadline: (shard: Shard) => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  /** What the request being built holds. */
  get building(): number {
    return this.#samples + this.#exemplars;
  }

  /** Place of the oldest thing that is not settled; Infinity when there is none. */
  get place(): number {
    return this.queue[0]?.place ?? (this.building > 0 ? this.#place : Infinity);
  }

  sample(place: number, labels: Buffer, start: number, end: number, time: number, low: number, high: number): void {
    if (this.#samples + this.#exemplars === 0) this.#place = place;
    this.#writer.sample(labels, start, end, time, low, high);
    if (time < this.#oldest) this.#oldest = time;
    if (time > this.#newest) this.#newest = time;
    this.#samples += 1;
    this.held += 1;
  }

  exemplar(place: number, labels: Buffer, start: number, end: number, exemplar: Buffer): void {
    if (this.#samples + this.#exemplars === 0) this.#place = place;
    this.#writer.exemplar(labels, start, end, exemplar);
    this.#exemplars += 1;
    this.held += 1;
  }

  /** Sees to it that what is being built is sent after `ms` even if it does not fill up. */
  startDeadline(ms: number): void {
    if (this.building === 0 || this.#cancel !== undefined) return;
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined;
      this.#onDeadline(this);
    });
  }

  /** Moves what is being built to the queue. */
  seal(): void {
    this.stopDeadline();
    if (this.building === 0) return;
    this.queue.push({
      body: compressSnappy(this.#writer.view()),
      samples: this.#samples,
      exemplars: this.#exemplars,
      oldest: this.#oldest,
      newest: this.#newest,
      place: this.#place,
    });
    this.#writer.reset();
    this.#samples = 0;
    this.#exemplars = 0;
    this.#oldest = Infinity;
    this.#newest = 0;
  }

  stopDeadline(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
