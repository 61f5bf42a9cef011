import * as fs from "node:fs";

/** The file operations a log needs; tests put one in its place that fails on command. Paths and descriptors are the system's. */
export interface LogFs {
  mkdir(path: string): void;
  list(path: string): readonly string[];
  open(path: string, mode: "create" | "read" | "write"): number;
  size(fd: number): number;
  /** Milliseconds since 1970 of the last change. */
  modified(fd: number): number;
  read(fd: number, into: Uint8Array, length: number, position: number): number;
  /** May write less than it is given. */
  write(fd: number, bytes: Uint8Array, start: number, length: number, position: number): number;
  truncate(fd: number, size: number): void;
  sync(fd: number): void;
  /** Off the event loop. */
  syncLater(fd: number): Promise<void>;
  close(fd: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
}

const MODES = { create: "wx+", read: "r", write: "r+" } as const;

export const nodeFs: LogFs = {
  mkdir: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o750 }),
  list: (path) => fs.readdirSync(path),
  open: (path, mode) => fs.openSync(path, MODES[mode], 0o640),
  size: (fd) => fs.fstatSync(fd).size,
  modified: (fd) => fs.fstatSync(fd).mtimeMs,
  read: (fd, into, length, position) => fs.readSync(fd, into, 0, length, position),
  write: (fd, bytes, start, length, position) => fs.writeSync(fd, bytes, start, length, position),
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
  sync: (fd) => fs.fdatasyncSync(fd),
  syncLater: (fd) =>
    new Promise((resolve, reject) => fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))),
  close: (fd) => fs.closeSync(fd),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
};

/** Writes all bytes, however small the pieces in which the system takes them. */
export function writeFully(io: LogFs, fd: number, bytes: Uint8Array, position: number): void {
  let interrupted = 0;
  for (let done = 0; done < bytes.length;) {
    try {
      const wrote = io.write(fd, bytes, done, bytes.length - done, position + done);
      if (wrote === 0) throw Object.assign(new Error("the disk takes no more bytes"), { code: "ENOSPC" });
      done += wrote;
    } catch (error) {
      if (errorCode(error) !== "EINTR" || (interrupted += 1) > 100) throw error;
    }
  }
}

/** Makes the entries of a folder durable. */
export function syncFolder(io: LogFs, path: string): void {
  const fd = io.open(path, "read");
  try {
    io.sync(fd);
  } finally {
    io.close(fd);
  }
}

export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
