/**
 * How a log lies in its files. A segment begins with a header and holds frames: 24 bytes of frame header, then the payload.
 *
 *     0 magic  4 payload length  8 CRC-32 of all that follows  12 items before this frame (double)  20 items | kind << 24
 *
 * All numbers are little-endian. The magic and the CRC let a reader find the next good frame behind damage; the running
 * number of items tells it exactly how many were lost.
 */
import { crc32 } from "node:zlib";

export const FRAME_HEADER = 24;
export const SEGMENT_HEADER = 32;
export const MAX_PAYLOAD = 16 << 20;
export const MAX_ITEMS = (1 << 24) - 1;

const MAGIC = Buffer.from([0xe7, 0x49, 0x4c, 0x91]);
const SEGMENT_MAGIC = Buffer.from("INVARLOG");
const VERSION = 1;

/** A frame to append: `bytes` begins with `FRAME_HEADER` bytes of room. */
export interface Frame {
  readonly kind: number;
  readonly items: number;
  readonly bytes: Buffer;
}

/** Fills in a frame's header. */
export function sealFrame(frame: Frame, first: number): void {
  const { bytes, items, kind } = frame;
  if (bytes.length - FRAME_HEADER > MAX_PAYLOAD) throw new RangeError("a frame holds at most 16 MiB");
  if (items > MAX_ITEMS) throw new RangeError(`a frame holds at most ${MAX_ITEMS} items`);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(bytes.length - FRAME_HEADER, 4);
  bytes.writeDoubleLE(first, 12);
  bytes.writeUInt32LE((items | (kind << 24)) >>> 0, 20);
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
}

/** Length of the good frame at `at`, header included; 0 when it is damaged, -1 when more bytes are needed to tell. */
export function checkFrame(bytes: Buffer, at: number, end: number): number {
  if (end - at < FRAME_HEADER) return -1;
  for (let i = 0; i < 4; i += 1) if (bytes[at + i] !== MAGIC[i]) return 0;
  const payload = bytes.readUInt32LE(at + 4);
  if (payload > MAX_PAYLOAD) return 0;
  const length = FRAME_HEADER + payload;
  if (end - at < length) return -1;
  return crc32(bytes.subarray(at + 12, at + length)) === bytes.readUInt32LE(at + 8) ? length : 0;
}

/** How many bytes the frame at `at` says it needs. */
export function frameLength(bytes: Buffer, at: number): number {
  return FRAME_HEADER + bytes.readUInt32LE(at + 4);
}

export function findMagic(bytes: Buffer, from: number): number {
  return bytes.indexOf(MAGIC, from);
}

export function frameKind(bytes: Buffer, at: number): number {
  return bytes[at + 23]!;
}
export function frameItems(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 20) & 0xffffff;
}
export function frameFirst(bytes: Buffer, at: number): number {
  return bytes.readDoubleLE(at + 12);
}

export function encodeSegmentHeader(id: number, created: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER);
  SEGMENT_MAGIC.copy(header, 0);
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(id, 12);
  header.writeDoubleLE(created, 16);
  header.writeUInt32LE(crc32(header.subarray(0, 24)), 24);
  return header;
}

/** The id in a segment's header; undefined when the header is damaged. Throws for a version that a later program wrote. */
export function decodeSegmentHeader(header: Buffer): number | undefined {
  if (header.length < SEGMENT_HEADER || !header.subarray(0, 8).equals(SEGMENT_MAGIC)) return undefined;
  if (crc32(header.subarray(0, 24)) !== header.readUInt32LE(24)) return undefined;
  const version = header.readUInt32LE(8);
  if (version !== VERSION) throw new Error(`its format is version ${version}, this program knows version ${VERSION}`);
  return header.readUInt32LE(12);
}
