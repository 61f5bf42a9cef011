import type { Labels } from "#src/signal/labels.ts";
import type { Clock } from "#src/util/clock.ts";

/** What rules made of a series; `null` where they drop it. */
export type Relabeled = Labels | null;

/** Remembers results by the series' own object, which producers keep from batch to batch. */
export interface SeriesCache {
  readonly size: number;
  get(series: Labels): Relabeled | undefined;
  set(series: Labels, result: Relabeled): void;
  /** Forgets everything and stops its timer. */
  close(): void;
}

/** A cache bounded in number, the least recently used going first, or with a time to live. `onEvict` counts what time removes. */
export function createSeriesCache(
  maxSize: number,
  ttl: number,
  clock: Clock,
  onEvict: (number: number) => void,
): SeriesCache {
  return ttl > 0 ? createTimedCache(ttl, clock, onEvict) : new BoundedCache(maxSize);
}

class BoundedCache implements SeriesCache {
  readonly #known = new Map<Labels, Relabeled>();
  readonly #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }
  get size(): number {
    return this.#known.size;
  }
  get(series: Labels): Relabeled | undefined {
    const result = this.#known.get(series);
    if (result === undefined) return undefined;
    this.#known.delete(series);
    this.#known.set(series, result);
    return result;
  }
  set(series: Labels, result: Relabeled): void {
    this.#known.set(series, result);
    if (this.#known.size > this.#maxSize) this.#known.delete(this.#known.keys().next().value!);
  }
  close(): void {
    this.#known.clear();
  }
}

function createTimedCache(ttl: number, clock: Clock, onEvict: (number: number) => void): SeriesCache {
  const known = new Map<Labels, { readonly result: Relabeled; used: number }>();
  let cancel: () => void;
  const sweep = (): void => {
    const oldest = clock.now() - ttl;
    const before = known.size;
    for (const [series, entry] of known) if (entry.used < oldest) known.delete(series);
    onEvict(before - known.size);
    cancel = clock.after(ttl / 4, sweep);
  };
  cancel = clock.after(ttl / 4, sweep);
  return {
    get size() {
      return known.size;
    },
    get(series) {
      const entry = known.get(series);
      if (entry === undefined) return undefined;
      entry.used = clock.now();
      return entry.result;
    },
    set: (series, result) => void known.set(series, { result, used: clock.now() }),
    close() {
      cancel();
      known.clear();
    },
  };
}
