/** The format of packs: object headers, deltas, and a check of a whole pack from outside before anything else looks at it. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { inflateSync } from "node:zlib";
import { SourceError } from "#src/source/define.ts";

export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** By the number that packs use. */
export const packTypes: Readonly<Record<number, ObjectType>> = { 1: "commit", 2: "tree", 3: "blob", 4: "tag" };

export type PackHeader = {
  /** Of the data once inflated; of the delta where it is one. */
  readonly size: number;
  /** Of this header. */
  readonly length: number;
} & (
  | { readonly kind: "whole"; readonly type: number }
  | { readonly kind: "offset-delta"; readonly back: number }
  | { readonly kind: "name-delta"; readonly base: string }
);

/** Reads the header of an object in a pack; undefined if that is not one. */
export function readPackHeader(bytes: Buffer): PackHeader | undefined {
  let at = 0;
  let byte = bytes[at++] ?? 0;
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let scale = 16; (byte & 0x80) !== 0; scale *= 128) {
    byte = bytes[at++] ?? 0;
    size += (byte & 0x7f) * scale;
  }
  if (!Number.isSafeInteger(size) || at > bytes.length) return undefined;
  if (packTypes[type] !== undefined) return { kind: "whole", type, size, length: at };
  if (type === 7) {
    return { kind: "name-delta", base: bytes.toString("hex", at, at + 20), size, length: at + 20 };
  }
  if (type !== 6) return undefined;
  byte = bytes[at++] ?? 0;
  let back = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes[at++] ?? 0;
    back = (back + 1) * 128 + (byte & 0x7f);
  }
  if (!Number.isSafeInteger(back) || at > bytes.length) return undefined;
  return { kind: "offset-delta", back, size, length: at };
}

/** Sizes of what a delta builds upon and of what it makes. */
export function deltaSizes(delta: Buffer): { base: number; result: number; start: number } | undefined {
  const [base, afterBase] = readSize(delta, 0);
  const [result, start] = readSize(delta, afterBase);
  return Number.isSafeInteger(base) && Number.isSafeInteger(result) ? { base, result, start } : undefined;
}

function readSize(bytes: Buffer, at: number): [size: number, next: number] {
  let size = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined) return [NaN, at];
    size += (byte & 0x7f) * scale;
    if ((byte & 0x80) === 0) return [size, at];
  }
}

/** Undefined if the delta does not fit its base. */
export function applyDelta(base: Buffer, delta: Buffer): Buffer | undefined {
  const sizes = deltaSizes(delta);
  if (sizes === undefined || sizes.base !== base.length) return undefined;
  const result = Buffer.allocUnsafe(sizes.result);
  let filled = 0;
  for (let at = sizes.start; at < delta.length;) {
    const op = delta[at++]!;
    let from = delta;
    let offset = 0;
    let length = op;
    if ((op & 0x80) !== 0) {
      from = base;
      length = 0;
      for (let bit = 0; bit < 4; bit++) if ((op & (1 << bit)) !== 0) offset += (delta[at++] ?? 0) * 2 ** (8 * bit);
      for (let bit = 0; bit < 3; bit++) if ((op & (16 << bit)) !== 0) length += (delta[at++] ?? 0) * 2 ** (8 * bit);
      if (length === 0) length = 0x10000;
    } else {
      if (op === 0) return undefined;
      offset = at;
      at += length;
    }
    if (offset + length > from.length || filled + length > result.length) return undefined;
    filled += from.copy(result, filled, offset, offset + length);
  }
  return filled === result.length ? result : undefined;
}

export interface PackLimits {
  readonly objects: number;
  /** Of any one object, whole or made by a delta. */
  readonly objectBytes: number;
  /** Of all objects together. */
  readonly bytes: number;
}

/** How many objects are inflated before others get their turn. */
const STRIDE = 256;

/**
 * Refuses a pack that is cut or damaged, or that would grow beyond the limits when inflated, with a `SourceError`.
 * Nothing beyond the limits is inflated to find out.
 */
export async function checkPack(pack: Buffer, limits: PackLimits): Promise<void> {
  const end = pack.length - 20;
  if (end < 12 || pack.toString("latin1", 0, 4) !== "PACK") throw new SourceError("content", "the pack is not one");
  if (!createHash("sha1").update(pack.subarray(0, end)).digest().equals(pack.subarray(end))) {
    throw new SourceError("network", "the pack is cut or damaged: its checksum is wrong");
  }
  const count = pack.readUInt32BE(8);
  if (count > limits.objects) {
    throw new SourceError("limit", `the pack has ${count} objects, more than the ${limits.objects} allowed`);
  }
  let at = 12;
  let total = 0;
  const add = (size: number): void => {
    total += size;
    if (size > limits.objectBytes) {
      throw new SourceError(
        "limit",
        `the pack holds an object of ${size} bytes, more than the ${limits.objectBytes} allowed`,
      );
    }
    if (total > limits.bytes) {
      throw new SourceError("limit", `the pack holds more than the ${limits.bytes} bytes allowed`);
    }
  };
  for (let index = 0; index < count; index++) {
    if (index % STRIDE === STRIDE - 1) await setImmediate();
    const header = readPackHeader(pack.subarray(at, at + 64));
    if (header === undefined) throw new SourceError("content", "the pack is malformed");
    add(header.size);
    const { data, used } = inflatePrefix(pack.subarray(at + header.length, end), header.size);
    if (header.kind !== "whole") add(deltaSizes(data)?.result ?? Infinity);
    at += header.length + used;
  }
  if (at !== end) throw new SourceError("content", "the pack is malformed");
}

/** Inflates what begins the bytes, and says how many of them that took. */
function inflatePrefix(bytes: Buffer, size: number): { data: Buffer; used: number } {
  try {
    const options = { info: true, maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size + 1) };
    const { buffer, engine } = inflateSync(bytes, options) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    if (buffer.length !== size) throw new Error(`${buffer.length} bytes instead of ${size}`);
    return { data: buffer, used: engine.bytesWritten };
  } catch (cause) {
    throw new SourceError("content", "the pack holds an object that is not what it says", { cause });
  }
}
