/**
 * Last good bundles on disk: a folder for each source, a file for each bundle that was applied healthily. A file is written beside
 * its place, synced, and renamed; it carries a checksum, and one that fails it is set aside, so that the one before it serves.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Capsule } from "#src/value/value.ts";
import { digestFiles } from "./bundle.ts";
import type { Bundle, Revision } from "./define.ts";

/** The last good bundles of one source. */
export interface RevisionSlot {
  /** The newest that is whole; undefined if none was ever kept. */
  load(): Promise<Bundle | undefined>;
  /** Keeps a bundle as the newest. It is on disk once this resolves. */
  save(bundle: Bundle): Promise<void>;
}

export interface RevisionStore {
  slot(key: string): RevisionSlot;
}

export interface StoreOptions {
  /** How many bundles of a source are kept. */
  readonly keep?: number;
  /** Files larger than this are not read. */
  readonly maxBytes?: number;
}

const MAGIC = "invar bundle 1\n";
const CHECKSUM = 32;
const NAME = /^(\d{10})-([0-9a-f]{16})\.bundle$/;
const KEY = /^[a-z0-9_-]{1,100}$/;

/** Opens the store in a folder, which one process at a time may use (see `lockFolder`). */
export function openRevisionStore(folder: string, options: StoreOptions = {}): RevisionStore {
  return {
    slot(key) {
      if (!KEY.test(key)) throw new Error(`revision store: ${JSON.stringify(key)} is not a key`);
      return createSlot(join(folder, key), options.keep ?? 5, options.maxBytes ?? 256 << 20);
    },
  };
}

function createSlot(folder: string, keep: number, maxBytes: number): RevisionSlot {
  let last: Promise<unknown> = Promise.resolve();
  const oneAtATime = <T>(work: () => Promise<T>): Promise<T> => {
    const run = last.then(work, work);
    last = run.catch(() => undefined);
    return run;
  };
  return {
    load: () => oneAtATime(() => loadNewest(folder, maxBytes)),
    save: (bundle) => oneAtATime(() => save(folder, bundle, keep)),
  };
}

async function loadNewest(folder: string, maxBytes: number): Promise<Bundle | undefined> {
  for (const name of (await listBundles(folder)).reverse()) {
    const path = join(folder, name);
    const bundle = await readBundle(path, maxBytes).catch(() => undefined);
    if (bundle !== undefined) return bundle;
    // Where even this fails, the disk is read-only, and the file is passed over again next time.
    await rename(path, `${path}.corrupt`).catch(() => undefined);
  }
  return undefined;
}

async function readBundle(path: string, maxBytes: number): Promise<Bundle | undefined> {
  return (await stat(path)).size > maxBytes ? undefined : decodeBundle(await readFile(path));
}

async function save(folder: string, bundle: Bundle, keep: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await listBundles(folder);
  const newest = names.at(-1);
  const number = newest === undefined ? 1 : Number(NAME.exec(newest)![1]) + 1;
  const digest = createHash("sha256").update(`${bundle.revision.digest}\0${bundle.revision.id}\0${bundle.entry}`);
  const address = digest.digest("hex").slice(0, 16);
  if (newest !== undefined && NAME.exec(newest)![2] === address) return;
  const name = `${String(number).padStart(10, "0")}-${address}.bundle`;
  const temporary = join(folder, `${name}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(encodeBundle(bundle));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new Error(`keeping the last good configuration in ${folder}: ${String(cause)}`, { cause });
  }
  await syncFolder(folder);
  await removeOld(folder, [...names, name], keep);
}

/** Removes all but the newest bundles, what an interrupted save left, and all but one damaged file. */
async function removeOld(folder: string, bundles: readonly string[], keep: number): Promise<void> {
  const names = await readdir(folder);
  const corrupt = names.filter((name) => name.endsWith(".corrupt")).sort();
  const interrupted = names.filter((name) => name.endsWith(".tmp"));
  const old = [...bundles.slice(0, -keep), ...corrupt.slice(0, -1), ...interrupted];
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
}

async function listBundles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Header {
  readonly revision: Omit<Revision, "at"> & { readonly at: string };
  readonly entry: string;
  readonly files: readonly (readonly [path: string, bytes: number])[];
}

function encodeBundle(bundle: Bundle): Buffer {
  const { revision, entry, files } = bundle;
  const header: Header = {
    revision: { ...revision, at: revision.at.toISOString() },
    entry,
    files: [...files].map(([path, content]) => [path, content.byteLength]),
  };
  const body = Buffer.concat([Buffer.from(`${MAGIC}${JSON.stringify(header)}\n`), ...files.values()]);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

/** Undefined for anything that is not whole. */
function decodeBundle(bytes: Buffer): Bundle | undefined {
  const body = bytes.subarray(0, -CHECKSUM);
  const checksum = bytes.subarray(-CHECKSUM);
  if (bytes.length < MAGIC.length + CHECKSUM || body.subarray(0, MAGIC.length).toString() !== MAGIC) return undefined;
  if (!createHash("sha256").update(body).digest().equals(checksum)) return undefined;
  const end = body.indexOf("\n", MAGIC.length);
  const header = JSON.parse(body.toString("utf8", MAGIC.length, end)) as Header;
  const files = new Map<string, Uint8Array>();
  let at = end + 1;
  for (const [path, length] of header.files) {
    files.set(path, body.subarray(at, at + length));
    at += length;
  }
  if (digestFiles(files) !== header.revision.digest) return undefined;
  return Object.freeze({
    revision: Object.freeze({ ...header.revision, at: new Date(header.revision.at) }),
    files,
    entry: header.entry,
  });
}

/** Names a source on disk by what it is and its arguments; secrets have no part in it, so that a rotated password keeps its last good. */
export function sourceKey(name: string, args: unknown): string {
  const hash = createHash("sha256")
    .update(`${name}\0${canonical(args)}`)
    .digest("hex");
  return `${name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "_")
    .slice(0, 30)}-${hash.slice(0, 32)}`;
}

function canonical(value: unknown): string {
  if (value instanceof Capsule) return JSON.stringify(value.describe?.() ?? value.capsule);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value instanceof Map) return canonicalEntries([...value] as [unknown, unknown][]);
  if (typeof value === "object" && value !== null) return canonicalEntries(Object.entries(value));
  if (typeof value === "string") return JSON.stringify(value.replace(/:\/\/[^/@\s]*@/g, "://"));
  return JSON.stringify(value) ?? "null";
}

function canonicalEntries(entries: readonly (readonly [unknown, unknown])[]): string {
  const present = entries.filter(([, value]) => value !== undefined);
  return `{${present
    .map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`)
    .sort()
    .join()}}`;
}
