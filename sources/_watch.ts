import { watch } from "chokidar";
import type { Clock } from "#src/util/clock.ts";

export interface WatchOptions {
  readonly clock: Clock;
  /** Folders are followed this deep; 0 for what lies directly inside. */
  readonly depth: number;
  readonly ignored?: (path: string) => boolean;
}

/** Milliseconds of quiet after an event, so that a writer is through and a swap of many files is one hint. */
const DEBOUNCE = 100;

/** Hints when one of the paths, or what is in them, changes. Resolves when the signal aborts, throws when watching is not possible. */
export async function watchPaths(
  paths: readonly string[],
  hint: () => void,
  signal: AbortSignal,
  { clock, depth, ignored }: WatchOptions,
): Promise<void> {
  if (signal.aborted) return;
  const watcher = watch([...paths], { ignoreInitial: true, depth, ...(ignored === undefined ? {} : { ignored }) });
  let cancel = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      watcher.on("error", reject);
      // Changes between the caller's last look and this moment raise no event, so the beginning is a hint of its own.
      watcher.on("ready", hint);
      watcher.on("all", () => {
        cancel();
        cancel = clock.after(DEBOUNCE, hint);
      });
    });
  } finally {
    cancel();
    await watcher.close();
  }
}
