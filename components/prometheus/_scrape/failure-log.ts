import { appendFile } from "node:fs/promises";
import type { Clock } from "#src/util/clock.ts";

/** A file that gets a line of JSON for each failed scrape. */
export interface FailureLog {
  write(fields: Readonly<Record<string, string>>): void;
  /** Resolves when all lines are written. */
  flush(): Promise<void>;
}

/** Lines that wait for a slow disk; later ones are left out. */
const MAX_WAITING = 1000;

/** Appends to a file, in order. What keeps it from doing so is told once, until it works again. */
export function createFailureLog(path: string, clock: Clock, onError: (error: unknown) => void): FailureLog {
  let waiting = 0;
  let broken = false;
  let last: Promise<void> = Promise.resolve();
  return {
    write(fields) {
      if (waiting >= MAX_WAITING) return;
      waiting += 1;
      const line = JSON.stringify({ time: new Date(clock.now()).toISOString(), level: "ERROR", ...fields });
      last = last
        .then(() => appendFile(path, `${line}\n`))
        .then(() => {
          broken = false;
        })
        .catch((error: unknown) => {
          if (!broken) onError(error);
          broken = true;
        })
        .finally(() => {
          waiting -= 1;
        });
    },
    flush: () => last,
  };
}
