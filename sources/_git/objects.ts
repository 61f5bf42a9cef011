/**
 * Reads git objects where they lie: loose files, packs with version 2 indexes, alternates. It opens what it needs for one
 * reading and knows an object's size before it inflates it, so that neither a large repository nor a hostile one fills the memory.
 */
import { createHash } from "node:crypto";
import { open, readFile, readdir, stat, type FileHandle } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { inflate, inflateSync } from "node:zlib";
import { SourceError } from "#src/source/define.ts";
import { applyDelta, deltaSizes, packTypes, readPackHeader, type ObjectType } from "./pack.ts";

export interface GitObject {
  readonly type: ObjectType;
  readonly data: Buffer;
}

const inflateAsync = promisify(inflate);
/** Of a base that deltas build upon; what a caller gets is bounded by the caller. */
const MAX_BASE = 128 << 20;
const MAX_CHAIN = 4096;
const MAX_ALTERNATES = 5;
const HEADER = 64;
/** Read at once from where an object begins; most objects of a configuration end before. */
const FIRST_READ = 4096;
/** Inflated size up to which handing the work to another thread costs more than doing it. */
const SMALL = 32 << 10;

/** Thrown for an object that is larger than the reader wants. */
export class TooLarge extends Error {
  readonly bytes: number;
  constructor(bytes: number) {
    super(`object of ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/** Objects of a repository, open until `close`. */
export interface ObjectStore {
  /** Undefined if the repository does not have it. Throws `TooLarge` without having read more than `maxBytes`. */
  find(oid: string, maxBytes: number): Promise<GitObject | undefined>;
  has(oid: string): Promise<boolean>;
  /** All ids that begin so, at most a few. */
  expand(prefix: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Opens the `objects` folder of a repository. */
export async function openObjects(folder: string): Promise<ObjectStore> {
  const folders = await withAlternates(folder, MAX_ALTERNATES);
  const packs: Pack[] = [];
  const known = new Set<string>();
  const loadPacks = async (): Promise<boolean> => {
    const before = packs.length;
    for (const objects of folders) {
      for (const name of await listIfExists(join(objects, "pack"))) {
        const path = join(objects, "pack", name.replace(/\.idx$/, ""));
        if (!name.endsWith(".idx") || known.has(path)) continue;
        known.add(path);
        const pack = await openPack(path);
        if (pack !== undefined) packs.push(pack);
      }
    }
    return packs.length > before;
  };
  await loadPacks();

  const locate = async (oid: string): Promise<{ pack: Pack; offset: number } | undefined> => {
    for (const pack of packs) {
      const offset = await pack.offsetOf(oid);
      if (offset !== undefined) return { pack, offset };
    }
    return undefined;
  };

  const find = async (oid: string, maxBytes: number, chain = 0): Promise<GitObject | undefined> => {
    // A repack may move an object between the two looks, so packs that are new since are looked at as well.
    let packed = await locate(oid);
    if (packed === undefined) {
      const loose = await findLoose(folders, oid, maxBytes);
      if (loose !== undefined) return verified(oid, loose);
      if (!(await loadPacks())) return undefined;
      packed = await locate(oid);
      if (packed === undefined) return undefined;
    }
    const { pack, offset } = packed;
    return verified(oid, await readPacked(pack, offset, maxBytes, chain, find));
  };

  return {
    find,
    async has(oid) {
      if ((await locate(oid)) !== undefined) return true;
      for (const objects of folders) if ((await statIfExists(loosePath(objects, oid))) !== undefined) return true;
      return (await loadPacks()) && (await locate(oid)) !== undefined;
    },
    async expand(prefix) {
      const found = new Set<string>();
      for (const pack of packs) for (const oid of await pack.expand(prefix)) found.add(oid);
      for (const objects of folders) {
        for (const rest of await listIfExists(join(objects, prefix.slice(0, 2)))) {
          const oid = prefix.slice(0, 2) + rest;
          if (/^[0-9a-f]{40}$/.test(oid) && oid.startsWith(prefix)) found.add(oid);
        }
      }
      return [...found];
    },
    async close() {
      await Promise.all(packs.splice(0).map((pack) => pack.close()));
    },
  };
}

interface Pack {
  readonly path: string;
  offsetOf(oid: string): Promise<number | undefined>;
  expand(prefix: string): Promise<readonly string[]>;
  /** Up to `length` bytes from `offset`, fewer at the end. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** What the index says of all objects whose names begin with one byte. */
interface Bucket {
  readonly names: Buffer;
  readonly offsets: Buffer;
}

const FANOUT = 8;
const NAMES = FANOUT + 256 * 4;

/** Undefined for a pack that is being written or removed, or whose index is not one. */
async function openPack(path: string): Promise<Pack | undefined> {
  let index: FileHandle | undefined;
  let pack: FileHandle | undefined;
  try {
    index = await open(`${path}.idx`, "r");
    pack = await open(`${path}.pack`, "r");
    const head = await readAt(index, 0, NAMES);
    if (head.length < NAMES || head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2) {
      await Promise.all([index.close(), pack.close()]);
      return undefined;
    }
    return packOver(path, index, pack, head);
  } catch (error) {
    await Promise.all([index?.close(), pack?.close()]);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function packOver(path: string, index: FileHandle, pack: FileHandle, head: Buffer): Pack {
  const count = head.readUInt32BE(NAMES - 4);
  const fanout = (byte: number): number => (byte < 0 ? 0 : head.readUInt32BE(FANOUT + byte * 4));
  const buckets = new Map<number, Promise<Bucket>>();
  const readBucket = async (byte: number): Promise<Bucket> => {
    const from = fanout(byte - 1);
    const size = Math.max(0, fanout(byte) - from);
    const names = readAt(index, NAMES + from * 20, size * 20);
    const offsets = readAt(index, NAMES + count * 24 + from * 4, size * 4);
    return { names: await names, offsets: await offsets };
  };
  const bucket = (byte: number): Promise<Bucket> => {
    let found = buckets.get(byte);
    if (found === undefined) {
      found = readBucket(byte);
      buckets.set(byte, found);
    }
    return found;
  };
  return {
    path,
    async offsetOf(oid) {
      const name = Buffer.from(oid, "hex");
      const { names, offsets } = await bucket(name[0]!);
      const at = lowerBound(names, name);
      if (!names.subarray(at * 20, at * 20 + 20).equals(name)) return undefined;
      const offset = offsets.readUInt32BE(at * 4);
      if (offset < 0x80000000) return offset;
      const large = await readAt(index, NAMES + count * 28 + (offset - 0x80000000) * 8, 8);
      return Number(large.readBigUInt64BE(0));
    },
    async expand(prefix) {
      const { names } = await bucket(Number.parseInt(prefix.slice(0, 2), 16));
      const lowest = Buffer.from(prefix.padEnd(40, "0"), "hex");
      const found: string[] = [];
      for (let at = lowerBound(names, lowest); at * 20 < names.length && found.length < 3; at++) {
        const oid = names.toString("hex", at * 20, at * 20 + 20);
        if (!oid.startsWith(prefix)) break;
        found.push(oid);
      }
      return found;
    },
    read: (offset, length) => readAt(pack, offset, length),
    async close() {
      await Promise.all([index.close(), pack.close()]);
    },
  };
}

/** The first of sorted 20-byte names that is not below. */
function lowerBound(names: Buffer, name: Buffer): number {
  let low = 0;
  let high = Math.floor(names.length / 20);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names.compare(name, 0, 20, middle * 20, middle * 20 + 20) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Find = (oid: string, maxBytes: number, chain: number) => Promise<GitObject | undefined>;

/** Follows deltas down to a whole object, then applies them upwards. */
async function readPacked(pack: Pack, offset: number, maxBytes: number, chain: number, find: Find): Promise<GitObject> {
  const deltas: Buffer[] = [];
  let limit = maxBytes;
  for (let depth = chain; depth < MAX_CHAIN; depth++) {
    const start = await pack.read(offset, FIRST_READ);
    const header = readPackHeader(start.subarray(0, HEADER));
    if (header === undefined) throw damaged(pack.path);
    if (header.size > limit) throw new TooLarge(header.size);
    const data = await inflateFrom(pack, offset + header.length, header.size, start.subarray(header.length));
    if (header.kind === "whole") return build({ type: packTypes[header.type]!, data }, deltas, pack.path);
    const sizes = deltaSizes(data);
    if (sizes === undefined) throw damaged(pack.path);
    if (deltas.length === 0 && sizes.result > maxBytes) throw new TooLarge(sizes.result);
    if (sizes.base > MAX_BASE) throw new TooLarge(sizes.base);
    limit = MAX_BASE;
    deltas.push(data);
    if (header.kind === "offset-delta") {
      if (header.back <= 0 || header.back > offset) throw damaged(pack.path);
      offset -= header.back;
      continue;
    }
    const base = await find(header.base, MAX_BASE, depth + 1);
    if (base === undefined) throw damaged(pack.path);
    return build(base, deltas, pack.path);
  }
  throw new SourceError("limit", `${pack.path}: a chain of more than ${MAX_CHAIN} deltas`);
}

function build(base: GitObject, deltas: readonly Buffer[], path: string): GitObject {
  const data = deltas.reduceRight<Buffer | undefined>((from, delta) => from && applyDelta(from, delta), base.data);
  if (data === undefined) throw damaged(path);
  return { type: base.type, data };
}

/** Deflated data has no length of its own, so a little more than it can need is read, and more still if that was too little. */
async function inflateFrom(pack: Pack, offset: number, size: number, start: Buffer): Promise<Buffer> {
  const options = { maxOutputLength: Math.max(1, size) };
  let guess = size + (size >> 8) + 512;
  let packed = guess <= start.length ? start : undefined;
  for (;;) {
    packed ??= await pack.read(offset, guess);
    try {
      const data = size <= SMALL ? inflateSync(packed, options) : await inflateAsync(packed, options);
      if (data.length !== size) throw damaged(pack.path);
      return data;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "Z_BUF_ERROR" || packed.length < guess || guess > 4 * size + 65_536) throw damaged(pack.path, error);
      guess *= 4;
      packed = undefined;
    }
  }
}

async function findLoose(folders: readonly string[], oid: string, maxBytes: number): Promise<GitObject | undefined> {
  for (const objects of folders) {
    const path = loosePath(objects, oid);
    const size = await statIfExists(path);
    if (size === undefined) continue;
    if (size > maxBytes + (maxBytes >> 8) + 1024) throw new TooLarge(size);
    let whole: Buffer;
    try {
      whole = await inflateAsync(await readFile(path), { maxOutputLength: maxBytes + HEADER });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw new TooLarge(maxBytes + 1);
      throw damaged(path, error);
    }
    const end = whole.indexOf(0);
    const [, type, length] = /^(commit|tree|blob|tag) (\d+)$/.exec(whole.toString("latin1", 0, end)) ?? [];
    const data = whole.subarray(end + 1);
    if (type === undefined || Number(length) !== data.length) throw damaged(path);
    if (data.length > maxBytes) throw new TooLarge(data.length);
    return { type: type as ObjectType, data };
  }
  return undefined;
}

function verified(oid: string, object: GitObject): GitObject {
  const hash = createHash("sha1").update(`${object.type} ${object.data.length}\0`).update(object.data);
  if (hash.digest("hex") !== oid) throw new SourceError("content", `git object ${oid} is damaged`);
  return object;
}

function damaged(path: string, cause?: unknown): SourceError {
  return new SourceError("content", `${path} is damaged`, cause === undefined ? undefined : { cause });
}

async function withAlternates(folder: string, depth: number): Promise<string[]> {
  const folders = [folder];
  let list: string;
  try {
    list = await readFile(join(folder, "info", "alternates"), "utf8");
  } catch {
    return folders;
  }
  for (const line of list.split("\n")) {
    if (line === "" || line.startsWith("#") || depth === 0) continue;
    folders.push(...(await withAlternates(isAbsolute(line) ? line : join(folder, line), depth - 1)));
  }
  return folders;
}

function loosePath(objects: string, oid: string): string {
  return join(objects, oid.slice(0, 2), oid.slice(2));
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function listIfExists(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}

async function statIfExists(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
