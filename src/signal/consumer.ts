import type { Taps } from "./taps.ts";

/** Where batches go. The returned promise is back-pressure: a producer that awaits it is slowed, one that does not must bound what it holds. */
export interface Consumer<B> {
  /** It changes batches in place, so a fan-out must hand it a copy. */
  readonly mutates?: boolean;
  consume(batch: B): void | Promise<void>;
}

/**
 * The stand-in through which others hold a node's consumer. A swap re-points it, so that whoever holds it is neither
 * rebuilt nor updated when its owner is replaced. Each sender holds an end of its own, where its data can be seen.
 */
export class Port<B = unknown> implements Consumer<B> {
  /** Global id of the node that owns it. */
  readonly owner: string;
  /** What it takes: the capsule's name, `MetricsReceiver` … */
  readonly capsule: string;
  #target: Consumer<B>;
  readonly #taps: Taps;

  constructor(owner: string, capsule: string, target: Consumer<B>, taps: Taps) {
    this.owner = owner;
    this.capsule = capsule;
    this.#target = target;
    this.#taps = taps;
  }
  get mutates(): boolean {
    return this.#target.mutates ?? false;
  }
  get target(): Consumer<B> {
    return this.#target;
  }
  consume(batch: B): void | Promise<void> {
    return this.#target.consume(batch);
  }
  /** Synchronous: the next batch goes to the new target. */
  point(target: Consumer<B>): void {
    this.#target = target;
  }
  /** The end for one sender, by its global id. */
  from(sender: string): Consumer<B> {
    return new Inlet(this, sender, this.#taps);
  }
}

class Inlet<B> implements Consumer<B> {
  readonly #port: Port<B>;
  readonly #sender: string;
  readonly #taps: Taps;

  constructor(port: Port<B>, sender: string, taps: Taps) {
    this.#port = port;
    this.#sender = sender;
    this.#taps = taps;
  }
  get mutates(): boolean {
    return this.#port.mutates;
  }
  consume(batch: B): void | Promise<void> {
    this.#taps.notify?.(this.#sender, this.#port as Port, batch);
    return this.#port.consume(batch);
  }
}

/**
 * Gives each batch to all targets; waits for those that push back. A target that throws does not keep the batch from the
 * others; the first error is rethrown when all have been served.
 */
export function fanOut<B>(targets: readonly Consumer<B>[], copy: (batch: B) => B): Consumer<B> {
  if (targets.length === 1 && targets[0]!.mutates !== true) return targets[0]!;
  return {
    consume(batch) {
      let waits: Promise<void>[] | undefined;
      let failure: { readonly error: unknown } | undefined;
      for (const target of targets) {
        try {
          const wait = target.consume(target.mutates === true ? copy(batch) : batch);
          if (wait !== undefined) (waits ??= []).push(wait);
        } catch (error) {
          failure ??= { error };
        }
      }
      if (waits === undefined) {
        if (failure !== undefined) throw failure.error;
        return;
      }
      return Promise.allSettled(waits).then((results) => {
        const rejected = results.find((r) => r.status === "rejected");
        if (failure !== undefined) throw failure.error;
        if (rejected !== undefined) throw rejected.reason;
      });
    },
  };
}
