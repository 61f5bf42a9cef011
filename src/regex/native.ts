/**
 * V8's regular expressions with its linear engine as a safety net: a match that backtracks too often is begun again there.
 * The flags count for expressions made after this module has been loaded.
 */
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");
setFlagsFromString("--regexp-backtracks-before-fallback=10000");

/** Far below what 2^24 steps take, far above what the linear engine needs. */
const LIMIT_MS = 20;

let holds: boolean | undefined;

/** Whether the safety net holds in this version of V8, found out on first use. */
export function hasLinearFallback(): boolean {
  if (holds === undefined) {
    const text = `${"a".repeat(24)}b`;
    holds = false;
    for (let round = 0; round < 3 && !holds; round++) {
      const pattern = new RegExp(`^(a+)+$|^${"z".repeat(round + 1)}$`);
      const start = performance.now();
      pattern.exec(text);
      holds = performance.now() - start < LIMIT_MS;
    }
  }
  return holds;
}
