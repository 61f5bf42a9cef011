import type { Logger } from "#src/util/log.ts";
import {
  FRAME_HEADER,
  MAX_PAYLOAD,
  SEGMENT_HEADER,
  checkFrame,
  findMagic,
  frameFirst,
  frameItems,
  frameKind,
  frameLength,
} from "./frame.ts";
import type { LogFs } from "./fs.ts";

const WINDOW = 256 << 10;

/** What a reader needs of a log. */
export interface ReadableLog {
  readonly io: LogFs;
  readonly logger: Logger;
  readonly stats: { damaged: number };
  segment(id: number): ReadableSegment | undefined;
  segmentAfter(id: number): ReadableSegment | undefined;
}
interface ReadableSegment {
  readonly id: number;
  readonly path: string;
  readonly size: number;
  readonly version: number;
}

/** A frame as read. The payload is valid until the next call of `next`. */
export interface ReadFrame {
  readonly segment: number;
  readonly offset: number;
  /** Offset of the frame after it. */
  readonly next: number;
  readonly kind: number;
  readonly items: number;
  /** Items of the log before this frame. */
  readonly first: number;
  readonly payload: Buffer;
}

/** Reads frames in order and follows the log as it grows. Damage is skipped, counted and logged. */
export class LogReader {
  /** Segments that were gone when it came to them. */
  missed = 0;
  readonly #log: ReadableLog;
  #id: number;
  #offset: number;
  #fd: number | undefined;
  #open: ReadableSegment | undefined;
  #version = 0;
  #window = Buffer.allocUnsafe(WINDOW);
  #start = 0;
  #filled = 0;

  constructor(log: ReadableLog, from: { readonly segment: number; readonly offset: number }) {
    this.#log = log;
    this.#id = from.segment;
    this.#offset = Math.max(SEGMENT_HEADER, from.offset);
  }

  /** The next whole frame, or undefined when there is none yet. */
  next(): ReadFrame | undefined {
    for (;;) {
      const segment = this.#segment();
      if (segment === undefined) return undefined;
      const frame = this.#frameIn(segment);
      if (frame !== undefined) return frame;
      const after = this.#log.segmentAfter(segment.id);
      if (after === undefined) return undefined;
      this.#leave(after.id);
    }
  }

  close(): void {
    if (this.#fd !== undefined) this.#log.io.close(this.#fd);
    this.#fd = undefined;
    this.#open = undefined;
  }

  #leave(id: number): void {
    this.close();
    this.missed += id - this.#id - (this.#log.segment(this.#id) === undefined ? 0 : 1);
    this.#id = id;
    this.#offset = SEGMENT_HEADER;
    this.#filled = 0;
  }

  /** The segment it stands in; one that is gone is passed over, unless its file is still open here. */
  #segment(): ReadableSegment | undefined {
    if (this.#open !== undefined && this.#version === this.#open.version) return this.#open;
    this.close();
    let found = this.#log.segment(this.#id);
    if (found === undefined) {
      found = this.#log.segmentAfter(this.#id);
      if (found === undefined) return undefined;
      this.#leave(found.id);
    }
    this.#fd = this.#log.io.open(found.path, "read");
    this.#open = found;
    this.#version = found.version;
    this.#filled = 0;
    return found;
  }

  #frameIn(segment: ReadableSegment): ReadFrame | undefined {
    const end = segment.size;
    let damagedAt = -1;
    let frame: ReadFrame | undefined;
    while (this.#offset < end) {
      const at = this.#load(FRAME_HEADER, end);
      let length = at < 0 ? 0 : checkFrame(this.#window, at, this.#filled);
      if (length < 0) {
        const need = frameLength(this.#window, at);
        const whole = this.#offset + need <= end && this.#load(need, end) >= 0;
        length = whole ? checkFrame(this.#window, this.#offset - this.#start, this.#filled) : 0;
      }
      if (length > 0) {
        frame = this.#take(segment.id, length);
        break;
      }
      if (damagedAt < 0) damagedAt = this.#offset;
      this.#skip(end);
    }
    if (damagedAt >= 0) {
      this.#log.stats.damaged += 1;
      const until = frame?.offset ?? end;
      const fields = { file: segment.path, offset: damagedAt, bytes: until - damagedAt };
      this.#log.logger.warn("skipped a damaged part of the log", fields);
    }
    return frame;
  }

  #take(segment: number, length: number): ReadFrame {
    const at = this.#offset - this.#start;
    const offset = this.#offset;
    this.#offset += length;
    const bytes = this.#window;
    const [kind, items, first] = [frameKind(bytes, at), frameItems(bytes, at), frameFirst(bytes, at)];
    return {
      segment,
      offset,
      next: this.#offset,
      kind,
      items,
      first,
      payload: bytes.subarray(at + FRAME_HEADER, at + length),
    };
  }

  /** Moves to the next place at which a frame may begin. */
  #skip(end: number): void {
    this.#offset += 1;
    while (this.#offset < end) {
      const at = this.#load(4, end);
      if (at < 0) break;
      const found = findMagic(this.#window.subarray(0, this.#filled), at);
      if (found >= 0) {
        this.#offset = this.#start + found;
        return;
      }
      // A magic may lie across the edge of the window.
      this.#offset = this.#start + this.#filled - 3;
    }
    this.#offset = end;
  }

  /** Brings `need` bytes at the offset into the window; gives their place in it, or -1 when the file has fewer. */
  #load(need: number, end: number): number {
    const at = this.#offset - this.#start;
    if (at >= 0 && at + need <= this.#filled) return at;
    if (need > FRAME_HEADER + MAX_PAYLOAD) return -1;
    if (need > this.#window.length) this.#window = Buffer.allocUnsafe(need);
    this.#start = this.#offset;
    this.#filled = 0;
    const want = Math.min(this.#window.length, end - this.#offset);
    while (this.#filled < want) {
      const into = this.#window.subarray(this.#filled);
      const length = this.#log.io.read(
        this.#fd!,
        into,
        Math.min(into.length, want - this.#filled),
        this.#start + this.#filled,
      );
      if (length === 0) break;
      this.#filled += length;
    }
    return need <= this.#filled ? 0 : -1;
  }
}
