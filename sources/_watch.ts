import { watch } from "chokidar";
import type { Clock } from "#src/util/clock.ts";

export interface WatchOptions {
  readonly clock: Clock;
  /** Folders are followed this deep; 0 for what lies directly inside. */
  readonly depth: number;
  readonly ignored: (path: string) => boolean;
}

/** Milliseconds of quiet after an event, so that a writer is through and a swap of many files is one hint. */
const QUIET = 100;
/** Milliseconds after which a hint comes even if there is no quiet. */
const LONGEST = 1_000;

/** Hints when one of the paths, or what is in them, changes. Resolves when the signal aborts, throws when watching is not possible. */
export async function watchPaths(
  paths: readonly string[],
  hint: () => void,
  signal: AbortSignal,
  { clock, ...options }: WatchOptions,
): Promise<void> {
  if (signal.aborted) return;
  const watcher = watch([...paths], { ignoreInitial: true, ...options });
  let cancel = (): void => {};
  let first: number | undefined;
  const onEvent = (): void => {
    cancel();
    first ??= clock.now();
    const wait = Math.min(QUIET, Math.max(0, first + LONGEST - clock.now()));
    cancel = clock.after(wait, () => {
      first = undefined;
      hint();
    });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      watcher.on("error", reject);
      // Changes between the caller's last look and this moment raise no event, so the beginning is one.
      watcher.on("ready", onEvent);
      watcher.on("all", onEvent);
      // A link that is led elsewhere changes no file that is watched; only the folder that holds it tells.
      watcher.on("raw", onEvent);
    });
  } finally {
    cancel();
    await watcher.close();
  }
}
