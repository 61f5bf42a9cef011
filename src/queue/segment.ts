import { join } from "node:path";
import type { Logger } from "#src/util/log.ts";
import { SEGMENT_HEADER, decodeSegmentHeader } from "./frame.ts";
import { writeFully, type LogFs } from "./fs.ts";
import { LogReader, type ReadableLog } from "./reader.ts";
import { Unsynced } from "./unsynced.ts";

/** One file of a log. */
export interface Segment {
  readonly id: number;
  readonly path: string;
  /** Open while it is written or waits for the disk. */
  fd: number | undefined;
  /** Bytes of it that count, the header included. */
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
  /** Bytes that the disk has confirmed. */
  synced: number;
  /** What has been written after those. */
  readonly unsynced: Unsynced;
  /** Counts replacements of the file: readers open it again. */
  version: number;
  /** A sync has failed: the bytes after `synced` must be written anew. */
  failed: boolean;
  syncing?: boolean;
}

export function fileName(id: number): string {
  return `${String(id).padStart(10, "0")}.seg`;
}

/** The segments in a folder, in the order of the ids that they carry inside. Left-overs of interrupted work are removed. */
export function findSegments(io: LogFs, folder: string, log: Logger): Segment[] {
  const segments = new Map<number, Segment>();
  for (const name of [...io.list(folder)].sort()) {
    const path = join(folder, name);
    if (name.endsWith(".tmp")) io.remove(path);
    const named = /^(\d{10})\.seg$/.exec(name);
    if (named === null) continue;
    const found = inspect(io, path, Number(named[1]));
    if (found === undefined) io.remove(path);
    else if (segments.has(found.id)) log.error("two segments carry the same number, one is left out", { path });
    else segments.set(found.id, found);
  }
  return [...segments.values()].sort((a, b) => a.id - b.id);
}

function inspect(io: LogFs, path: string, named: number): Segment | undefined {
  const fd = io.open(path, "read");
  try {
    const size = io.size(fd);
    const modified = io.modified(fd);
    if (size <= SEGMENT_HEADER) return undefined;
    const header = Buffer.alloc(SEGMENT_HEADER);
    io.read(fd, header, SEGMENT_HEADER, 0);
    const id = decodeSegmentHeader(header) ?? named;
    const unsynced = new Unsynced();
    return {
      id,
      path,
      fd: undefined,
      size,
      modified,
      synced: size,
      unsynced,
      version: 0,
      failed: false,
    };
  } finally {
    io.close(fd);
  }
}

/** Items of the log up to the end of a segment; 0 when nothing in it is whole. */
export function itemsIn(log: ReadableLog, segment: Segment): number {
  const only: ReadableLog = {
    io: log.io,
    logger: log.logger,
    stats: { damaged: 0 },
    segment: (id) => (id === segment.id ? segment : undefined),
    segmentAfter: () => undefined,
  };
  const reader = new LogReader(only, { segment: segment.id, offset: SEGMENT_HEADER });
  let items = 0;
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) items = frame.first + frame.items;
  reader.close();
  return items;
}

/** Replaces a segment's file by one whose bytes are all confirmed. Positions in it stay what they were. */
export function rewrite(io: LogFs, segment: Segment): void {
  const temporary = `${segment.path}.tmp`;
  io.remove(temporary);
  const fd = io.open(temporary, "create");
  try {
    const chunk = Buffer.allocUnsafe(1 << 20);
    for (let at = 0; at < segment.synced;) {
      const length = io.read(segment.fd!, chunk, Math.min(chunk.length, segment.synced - at), at);
      if (length === 0) throw new Error(`${segment.path} has become shorter`);
      writeFully(io, fd, chunk.subarray(0, length), at);
      at += length;
    }
    let at = segment.synced;
    for (const bytes of segment.unsynced.pieces()) {
      writeFully(io, fd, bytes, at);
      at += bytes.length;
    }
    io.sync(fd);
    io.rename(temporary, segment.path);
  } catch (error) {
    discard(io, fd, temporary);
    throw error;
  }
  io.close(segment.fd!);
  segment.fd = fd;
  segment.version += 1;
}

/** Closes and removes a file that came to nothing. */
export function discard(io: LogFs, fd: number, path: string): void {
  try {
    io.close(fd);
    io.remove(path);
  } catch {
    // It is removed when the log is opened next.
  }
}
