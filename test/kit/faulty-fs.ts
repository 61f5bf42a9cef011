import { nodeFs, type LogFs } from "#src/queue/fs.ts";

export type Fault = "EIO" | "ENOSPC" | "EINTR" | "short";

export interface FaultyFs extends LogFs {
  /** Operations that change the disk, so far. */
  readonly calls: number;
  /** Makes the next `count` changing operations from the n-th call on fail; or those in `only`, where reading may be one. */
  fail(at: number, fault: Fault, count?: number, only?: readonly (keyof LogFs)[]): void;
  heal(): void;
}

/** The real file system, failing on command. */
export function faultyFs(): FaultyFs {
  let calls = 0;
  let from = Infinity;
  let left = 0;
  let fault: Fault = "EIO";
  let only: readonly (keyof LogFs)[] | undefined;

  const strikes = (operation: keyof LogFs): boolean => {
    calls += 1;
    if (calls < from || left === 0 || (only !== undefined && !only.includes(operation))) return false;
    left -= 1;
    return true;
  };
  const failure = (operation: string): Error =>
    Object.assign(new Error(`${fault}: injected, ${operation}`), { code: fault === "short" ? "ENOSPC" : fault });

  return {
    ...nodeFs,
    get calls() {
      return calls;
    },
    fail(at, kind, count = 1, narrowed) {
      [from, fault, left, only] = [at, kind, count, narrowed];
    },
    heal() {
      left = 0;
    },
    open(path, mode) {
      if (mode !== "read" && strikes("open")) throw failure("open");
      return nodeFs.open(path, mode);
    },
    read(fd, into, length, position) {
      if (only?.includes("read") === true && strikes("read")) throw failure("read");
      return nodeFs.read(fd, into, length, position);
    },
    write(fd, bytes, start, length, position) {
      if (!strikes("write")) return nodeFs.write(fd, bytes, start, length, position);
      if (fault === "EINTR") throw failure("write");
      // What a failing disk has taken stays: half of it.
      const wrote = nodeFs.write(fd, bytes, start, length >> 1, position);
      if (fault === "short" && wrote > 0) return wrote;
      throw failure("write");
    },
    truncate(fd, size) {
      if (strikes("truncate")) throw failure("truncate");
      nodeFs.truncate(fd, size);
    },
    sync(fd) {
      if (strikes("sync")) throw failure("sync");
      nodeFs.sync(fd);
    },
    syncLater(fd) {
      return strikes("syncLater") ? Promise.reject(failure("syncLater")) : nodeFs.syncLater(fd);
    },
    rename(a, b) {
      if (strikes("rename")) throw failure("rename");
      nodeFs.rename(a, b);
    },
  };
}
