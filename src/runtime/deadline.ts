import type { Clock } from "#src/util/clock.ts";

/** Waits for `work` no longer than `ms` (0: however long it takes), then rejects with `message`; also as soon as the signal aborts. */
export function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  message: () => string,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason);
    const cancel = ms > 0 ? clock.after(ms, () => reject(new Error(message()))) : () => undefined;
    const done = (): void => {
      cancel();
      signal?.removeEventListener("abort", abort);
    };
    signal?.addEventListener("abort", abort, { once: true });
    work.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
    if (signal?.aborted === true) abort();
  });
}
