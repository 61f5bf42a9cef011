/** Delays for retries: exponential with full jitter between `min` and `max` milliseconds. */
export interface Backoff {
  next(): number;
  reset(): void;
}

export function createBackoff(min: number, max: number, random: () => number = Math.random): Backoff {
  let ceiling = min;
  return {
    next() {
      const delay = min + random() * (ceiling - min);
      ceiling = Math.min(max, ceiling * 2);
      return delay;
    },
    reset() {
      ceiling = min;
    },
  };
}
