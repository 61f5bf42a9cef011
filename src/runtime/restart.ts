import { createBackoff, type Backoff } from "#src/util/backoff.ts";

const FIRST = 1_000;
const LONGEST = 60_000;
/** Who ran this long is taken to have recovered, in milliseconds. */
const RECOVERED = 300_000;

/** Decides when a node whose component ended by itself is built again: soon at first, then ever less often. */
export interface Restarts {
  /** Milliseconds to wait; `ran` is how long the last instance lived. */
  next(ran: number): number;
}

export function createRestarts(): Restarts {
  let backoff: Backoff | undefined;
  return {
    next(ran) {
      backoff ??= createBackoff(FIRST, LONGEST);
      if (ran >= RECOVERED) backoff.reset();
      return backoff.next();
    },
  };
}
