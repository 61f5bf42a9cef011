/**
 * Where a consumer of a log has got to, in a file of two slots written in turn, so that one of them is always whole. A write
 * costs one system call and survives the death of the process at once, a power cut with the log's next commit.
 */
import { crc32 } from "node:zlib";
import { errorCode, writeFully, type LogFs } from "./fs.ts";

const SLOT = 64;

/** A place in a log: `index` items of the frame at `offset` of a segment are done, `items` in all since the log began. */
export interface Position {
  readonly segment: number;
  readonly offset: number;
  readonly index: number;
  readonly items: number;
}

export class Cursor {
  readonly #io: LogFs;
  readonly #path: string;
  #fd: number;
  #turn = 0;
  #position: Position;
  #saved: boolean;
  #dirty = false;

  private constructor(io: LogFs, path: string, fd: number, position: Position, turn: number, saved: boolean) {
    this.#io = io;
    this.#path = path;
    this.#fd = fd;
    this.#position = position;
    this.#turn = turn;
    this.#saved = saved;
  }

  /** Opens or creates. A new one starts at `start`, one that cannot be read where `lost` says. */
  static open(
    io: LogFs,
    path: string,
    start: Position,
    lost: () => Position,
  ): { readonly cursor: Cursor; readonly fresh: boolean } {
    let fd: number;
    let fresh = false;
    try {
      fd = io.open(path, "write");
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      fd = io.open(path, "create");
      fresh = true;
    }
    const bytes = Buffer.alloc(2 * SLOT);
    const length = io.read(fd, bytes, bytes.length, 0);
    const slots = [0, 1].map((slot) =>
      (slot + 1) * SLOT <= length ? decodeSlot(bytes.subarray(slot * SLOT, (slot + 1) * SLOT)) : undefined,
    );
    const [a, b] = slots;
    const last = a !== undefined && (b === undefined || a.turn > b.turn) ? a : b;
    if (last !== undefined) return { cursor: new Cursor(io, path, fd, last.position, last.turn, true), fresh: false };
    const cursor = new Cursor(io, path, fd, fresh ? start : lost(), 0, false);
    cursor.save();
    return { cursor, fresh };
  }

  get position(): Position {
    return this.#position;
  }

  /** Moves on and writes it down. A write that fails is made up for by the next: until then a crash repeats items. */
  advance(position: Position): void {
    this.#position = position;
    this.#saved = false;
    this.save();
  }

  /** Writes down what an earlier failure left unwritten; gives whether all is written. */
  save(): boolean {
    if (this.#saved) return true;
    this.#turn += 1;
    const slot = encodeSlot(this.#turn, this.#position);
    try {
      writeFully(this.#io, this.#fd, slot, (this.#turn & 1) * SLOT);
      this.#saved = true;
      this.#dirty = true;
    } catch {
      // The slot may be torn now: the other one holds, and the next write goes to this one again.
      this.#turn -= 1;
    }
    return this.#saved;
  }

  /** Makes it survive a power cut. */
  async sync(): Promise<void> {
    this.save();
    if (!this.#dirty) return;
    this.#dirty = false;
    try {
      await this.#io.syncLater(this.#fd);
    } catch (error) {
      this.#saved = false;
      throw error;
    }
  }

  close(): void {
    this.save();
    this.#io.close(this.#fd);
  }

  remove(): void {
    this.#io.close(this.#fd);
    this.#io.remove(this.#path);
  }
}

function encodeSlot(turn: number, position: Position): Buffer {
  const slot = Buffer.alloc(SLOT);
  slot.writeDoubleLE(turn, 0);
  slot.writeUInt32LE(position.segment, 8);
  slot.writeDoubleLE(position.offset, 12);
  slot.writeUInt32LE(position.index, 20);
  slot.writeDoubleLE(position.items, 24);
  slot.writeUInt32LE(crc32(slot.subarray(0, SLOT - 4)), SLOT - 4);
  return slot;
}

function decodeSlot(slot: Buffer): { readonly turn: number; readonly position: Position } | undefined {
  if (crc32(slot.subarray(0, SLOT - 4)) !== slot.readUInt32LE(SLOT - 4)) return undefined;
  const turn = slot.readDoubleLE(0);
  if (turn === 0) return undefined;
  return {
    turn,
    position: {
      segment: slot.readUInt32LE(8),
      offset: slot.readDoubleLE(12),
      index: slot.readUInt32LE(20),
      items: slot.readDoubleLE(24),
    },
  };
}
