/** Where batches go. The returned promise is back-pressure: a producer that awaits it is slowed, one that does not must bound what it holds. */
export interface Consumer<B> {
  /** It changes batches in place, so a fan-out must hand it a copy. */
  readonly mutates?: boolean;
  consume(batch: B): void | Promise<void>;
}

/**
 * The stand-in through which others hold a node's consumer. A swap re-points it, so that whoever holds it is neither
 * rebuilt nor updated when its owner is replaced. Taps and per-edge counts have their one place here.
 */
export class Port<B = unknown> implements Consumer<B> {
  /** Global id of the node that owns it. */
  readonly owner: string;
  /** The export it is, `receiver` for most. */
  readonly name: string;
  #target: Consumer<B>;
  #tap: ((batch: B) => void) | undefined;

  constructor(owner: string, name: string, target: Consumer<B>) {
    this.owner = owner;
    this.name = name;
    this.#target = target;
  }
  get mutates(): boolean {
    return this.#target.mutates ?? false;
  }
  get target(): Consumer<B> {
    return this.#target;
  }
  consume(batch: B): void | Promise<void> {
    this.#tap?.(batch);
    return this.#target.consume(batch);
  }
  /** Synchronous: the next batch goes to the new target. */
  point(target: Consumer<B>): void {
    this.#target = target;
  }
  /** One observer for live debugging; `undefined` removes it. */
  tap(observer: ((batch: B) => void) | undefined): void {
    this.#tap = observer;
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
