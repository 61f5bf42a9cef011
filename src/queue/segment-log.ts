/**
 * An append-only log in segment files, for whoever must not lose what it has taken. What `append` returns from has reached the
 * system and survives SIGKILL; within the commit interval it also survives a power cut. A full or failing disk makes
 * `append` throw and leaves the log as it was; the next call tries again.
 */
import { join } from "node:path";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { Cursor, type Position } from "./cursor.ts";
import { SEGMENT_HEADER, encodeSegmentHeader, sealFrame, type Frame } from "./frame.ts";
import { errorCode, nodeFs, syncFolder, writeFully, type LogFs } from "./fs.ts";
import { lockFolder } from "./lock.ts";
import { LogReader } from "./reader.ts";
import { Unsynced } from "./unsynced.ts";
import { discard, fileName, findSegments, itemsIn, rewrite, type Segment } from "./segment.ts";

const MAX_UNSYNCED = 64 << 20;

export interface LogOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly io?: LogFs;
  /** Size past which a new segment begins; 64 MiB if not given. */
  readonly segmentBytes?: number;
  /** Size of all segments past which `append` throws; no bound if not given. */
  readonly maxBytes?: number;
  /** Longest time that data waits for the disk to confirm it; 250 ms if not given. */
  readonly commitMs?: number;
}

/** The log takes nothing now: the disk is full or failing, or the size bound is reached. Nothing of the call was kept. */
export class LogFullError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LogFullError";
  }
}

export interface LogStats {
  /** Damaged places that readers have skipped. */
  damaged: number;
  writeErrors: number;
  syncErrors: number;
  /** Items appended since the log began, in all processes. */
  items: number;
  bytes: number;
  segments: number;
}

export class SegmentLog {
  readonly folder: string;
  readonly io: LogFs;
  readonly logger: Logger;
  readonly stats: LogStats = { damaged: 0, writeErrors: 0, syncErrors: 0, items: 0, bytes: 0, segments: 0 };
  readonly #options: LogOptions;
  readonly #segments: Segment[];
  readonly #cursors = new Map<string, Cursor>();
  readonly #listeners = new Set<() => void>();
  readonly #unlock: () => void;
  #active: Segment | undefined;
  #nextId: number;
  #epoch = 0;
  #broken = false;
  #folderDirty = false;
  #cancelCommit: (() => void) | undefined;
  #committing: Promise<void> | undefined;
  #closed = false;

  private constructor(options: LogOptions, segments: Segment[], unlock: () => void) {
    this.#options = options;
    this.folder = options.folder;
    this.io = options.io ?? nodeFs;
    this.logger = options.log;
    this.#segments = segments;
    this.#unlock = unlock;
    this.#nextId = (segments.at(-1)?.id ?? 0) + 1;
    this.#count();
    for (let i = segments.length - 1; i >= 0 && this.stats.items === 0; i -= 1)
      this.stats.items = itemsIn(this, segments[i]!);
  }

  /** Opens a folder's log, and makes the folder if need be. Damage never keeps it from opening; another process does. */
  static open(options: LogOptions): SegmentLog {
    const io = options.io ?? nodeFs;
    io.mkdir(options.folder);
    const unlock = lockFolder(join(options.folder, "lock"));
    try {
      return new SegmentLog(options, findSegments(io, options.folder, options.log), unlock);
    } catch (error) {
      unlock();
      throw new Error(`opening the log in ${options.folder}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Makes sure there is a segment to append to, and gives its epoch: what was written in other epochs cannot be referred to. */
  prepare(): number {
    if (this.#closed) throw new Error(`the log in ${this.folder} is closed`);
    const limit = this.#options.segmentBytes ?? 64 << 20;
    if (this.#active === undefined || this.#broken || this.#active.size >= limit) this.#rotate();
    return this.#epoch;
  }

  /** Appends all frames or none. */
  append(frames: readonly Frame[]): void {
    this.prepare();
    const active = this.#active!;
    let length = 0;
    let { items } = this.stats;
    for (const frame of frames) {
      sealFrame(frame, items);
      items += frame.items;
      length += frame.bytes.length;
    }
    const { maxBytes } = this.#options;
    if (maxBytes !== undefined && this.stats.bytes + length > maxBytes)
      throw new LogFullError(`the log in ${this.folder} has reached its limit of ${maxBytes} bytes`);
    if (active.unsynced.size > MAX_UNSYNCED)
      throw new LogFullError(`the disk has not confirmed the last ${active.unsynced.size} bytes in ${this.folder}`);
    this.#write(active, frames, length);
    this.stats.items = items;
    this.stats.bytes += length;
    this.#scheduleCommit();
    for (const listener of this.#listeners) listener();
  }

  #write(active: Segment, frames: readonly Frame[], length: number): void {
    try {
      let at = active.size;
      for (const { bytes } of frames) {
        writeFully(this.io, active.fd!, bytes, at);
        at += bytes.length;
      }
    } catch (error) {
      this.#failed(active, error);
    }
    for (const { bytes } of frames) active.unsynced.add(bytes);
    active.size += length;
    active.modified = this.#options.clock.now();
  }

  /** Part of a frame may be on disk: it is cut off, or written over by the next append. */
  #failed(active: Segment, error: unknown): never {
    this.stats.writeErrors += 1;
    this.#epoch += 1;
    try {
      this.io.truncate(active.fd!, active.size);
    } catch {
      this.#broken = true;
    }
    const code = errorCode(error);
    if (code !== "ENOSPC" && code !== "EDQUOT") this.#broken = true;
    else this.truncate({ minAge: 0, maxAge: Infinity });
    throw new LogFullError(`writing to the log in ${this.folder}: ${(error as Error).message}`, error);
  }

  /** Ends the segment in use: the next append begins another, and this one can be truncated. */
  seal(): void {
    if ((this.#active?.size ?? 0) > SEGMENT_HEADER) this.#active = undefined;
  }

  #rotate(): void {
    const { clock } = this.#options;
    const id = this.#nextId;
    const path = join(this.folder, fileName(id));
    let fd: number | undefined;
    try {
      fd = this.io.open(path, "create");
      const header = encodeSegmentHeader(id, clock.now());
      writeFully(this.io, fd, header, 0);
      const unsynced = new Unsynced();
      unsynced.add(header);
      this.#active = {
        id,
        path,
        fd,
        size: header.length,
        modified: clock.now(),
        synced: 0,
        unsynced,
        version: 0,
        failed: false,
      };
    } catch (error) {
      this.stats.writeErrors += 1;
      if (fd !== undefined) discard(this.io, fd, path);
      if (errorCode(error) === "EEXIST") this.#nextId += 1;
      throw new LogFullError(`starting a segment of the log in ${this.folder}: ${(error as Error).message}`, error);
    }
    this.#segments.push(this.#active);
    this.#nextId += 1;
    this.#epoch += 1;
    this.#broken = false;
    this.#folderDirty = true;
    this.#count();
  }

  /** Where the next frame goes. */
  get end(): Position {
    const last = this.#active ?? { id: this.#nextId, size: SEGMENT_HEADER };
    return { segment: last.id, offset: last.size, index: 0, items: this.stats.items };
  }

  /** Where the first whole frame lies; the end when there is none. */
  #oldest(): Position {
    const first = this.#segments[0];
    if (first === undefined) return this.end;
    const reader = new LogReader(this, { segment: first.id, offset: 0 });
    const frame = reader.next();
    reader.close();
    return frame === undefined ? this.end : { segment: first.id, offset: 0, index: 0, items: frame.first };
  }

  /** A consumer's place. A new one starts at the end, or where `like` stands; one that was lost starts over. */
  cursor(name: string, like?: Position): Cursor {
    let cursor = this.#cursors.get(name);
    if (cursor !== undefined) return cursor;
    const opened = Cursor.open(this.io, join(this.folder, `${name}.cursor`), like ?? this.end, () => {
      this.logger.warn("a consumer's place in the log was lost, it gets all that is there", {
        folder: this.folder,
        name,
      });
      return this.#oldest();
    });
    cursor = opened.cursor;
    const { segment, items } = cursor.position;
    // The files may be gone while the cursor is not: numbers never run backwards.
    this.stats.items = Math.max(this.stats.items, items);
    if (!opened.fresh && segment >= this.#nextId) {
      if (this.#active === undefined) this.#nextId = segment + 1;
      else cursor.advance(this.end);
    }
    this.#cursors.set(name, cursor);
    this.#folderDirty ||= opened.fresh;
    return cursor;
  }

  /** Names of the cursors that lie in the folder. */
  cursorNames(): readonly string[] {
    return this.io.list(this.folder).flatMap((name) => (name.endsWith(".cursor") ? [name.slice(0, -7)] : []));
  }

  removeCursor(name: string): void {
    this.cursor(name).remove();
    this.#cursors.delete(name);
  }

  reader(from: Position): LogReader {
    return new LogReader(this, from);
  }

  /** The segment of an id, or undefined when it is not there (any more, or yet). For readers. */
  segment(id: number): Readonly<Segment> | undefined {
    return this.#segments.find((segment) => segment.id === id);
  }

  /** The first segment after an id. For readers. */
  segmentAfter(id: number): Readonly<Segment> | undefined {
    return this.#segments.find((segment) => segment.id > id);
  }

  /** Calls back after each append; the returned function ends that. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Deletes segments that all cursors have left and that are older than `minAge`, and all older than `maxAge` (milliseconds). */
  truncate(ages: { readonly minAge: number; readonly maxAge: number }): void {
    const now = this.#options.clock.now();
    const cursors = [...this.#cursors.values()].map((cursor) => cursor.position);
    const left = ({ id, size }: Segment): boolean =>
      cursors.every((at) => at.segment > id || (at.segment === id && at.offset >= size));
    const gone = this.#segments.filter((segment) => {
      const age = now - segment.modified;
      const due = (age >= ages.minAge && left(segment)) || age >= ages.maxAge;
      return due && segment !== this.#active && segment.syncing !== true;
    });
    for (const segment of gone) {
      if (segment.fd !== undefined) this.io.close(segment.fd);
      this.io.remove(segment.path);
      this.#segments.splice(this.#segments.indexOf(segment), 1);
      this.#folderDirty = true;
    }
    this.#count();
  }

  #count(): void {
    this.stats.segments = this.#segments.length;
    this.stats.bytes = this.#segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  #scheduleCommit(): void {
    if (this.#cancelCommit !== undefined || this.#closed) return;
    this.#cancelCommit = this.#options.clock.after(this.#options.commitMs ?? 250, () => {
      this.#cancelCommit = undefined;
      void this.commit();
    });
  }

  /** Asks the disk to confirm everything, cursors included. Failures are counted, logged and tried again. */
  commit(): Promise<void> {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = undefined;
      if (this.#segments.some((segment) => segment.unsynced.size > 0)) this.#scheduleCommit();
    });
    return this.#committing;
  }

  async #commit(): Promise<void> {
    for (const segment of this.#segments.filter((s) => s.unsynced.size > 0))
      if (this.#segments.includes(segment)) await this.#syncSegment(segment);
    try {
      if (this.#folderDirty) syncFolder(this.io, this.folder);
      this.#folderDirty = false;
      for (const cursor of this.#cursors.values()) await cursor.sync();
    } catch (error) {
      this.#syncFailed(error);
    }
  }

  async #syncSegment(segment: Segment): Promise<void> {
    const confirmed = segment.unsynced.size;
    try {
      segment.syncing = true;
      // What a failed sync leaves in memory may never reach the disk, and a second sync would not say so: write it anew.
      if (segment.failed) rewrite(this.io, segment);
      else await this.io.syncLater(segment.fd!);
      segment.unsynced.drop(confirmed);
      segment.synced += confirmed;
      segment.failed = false;
    } catch (error) {
      segment.failed = true;
      this.#syncFailed(error);
    } finally {
      segment.syncing = false;
    }
    if (segment !== this.#active && segment.unsynced.size === 0 && segment.fd !== undefined) {
      this.io.close(segment.fd);
      segment.fd = undefined;
    }
  }

  #syncFailed(error: unknown): void {
    this.stats.syncErrors += 1;
    this.logger.error("the log could not be made durable, trying again", { folder: this.folder, err: error });
  }

  /** Commits and lets go of the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelCommit?.();
    await this.#committing;
    await this.commit();
    for (const segment of this.#segments) if (segment.fd !== undefined) this.io.close(segment.fd);
    for (const cursor of this.#cursors.values()) cursor.close();
    this.#unlock();
  }
}
