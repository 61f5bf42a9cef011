/**
 * Bundles from outside: names are checked, sizes bounded, and the digest taken here, whatever the source.
 * A path is UTF-8, relative, with `/` between parts and without empty, `.` or `..` parts.
 */
import { createHash } from "node:crypto";
import { SourceError, type Bundle } from "./define.ts";

/** How much a source may bring. */
export interface BundleLimits {
  readonly files: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Of any one file. */
  readonly fileBytes: number;
  /** Parts of a path. */
  readonly depth: number;
}

export const defaultLimits: BundleLimits = { files: 10_000, bytes: 64 << 20, fileBytes: 4 << 20, depth: 64 };

export interface BundleInput {
  readonly id: string;
  readonly at: Date;
  readonly note?: string;
  readonly entry: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Checks files against the limits and makes an immutable bundle of them, sorted by path. Throws a `SourceError`. */
export function makeBundle(input: BundleInput, limits: BundleLimits = defaultLimits): Bundle {
  if (input.files.size > limits.files) throw tooMany(input.files.size, limits);
  let bytes = 0;
  for (const [path, content] of input.files) {
    checkPath(path, limits);
    if (content.byteLength > limits.fileBytes) throw fileTooLarge(path, content.byteLength, limits);
    bytes += content.byteLength;
    if (bytes > limits.bytes) throw tooLarge(limits);
  }
  if (input.entry !== "") checkPath(input.entry, limits);
  const files = new Map([...input.files].sort(([a], [b]) => comparePaths(a, b)));
  const note = input.note === undefined ? {} : { note: input.note };
  return Object.freeze({
    revision: Object.freeze({ id: input.id, digest: digestFiles(files), at: input.at, ...note }),
    files,
    entry: input.entry,
  });
}

export function tooMany(count: number, limits: BundleLimits): SourceError {
  return new SourceError("limit", `${count} files are more than the ${limits.files} that a source may hold`);
}

export function fileTooLarge(path: string, bytes: number, limits: BundleLimits): SourceError {
  return new SourceError("limit", `file ${quote(path)} has ${bytes} bytes, more than the ${limits.fileBytes} allowed`);
}

export function tooLarge(limits: BundleLimits): SourceError {
  return new SourceError("limit", `the files together have more than the ${limits.bytes} bytes allowed`);
}

/** Throws a `SourceError` for a path that is not plain and relative, or too deep. */
export function checkPath(path: string, limits: BundleLimits = defaultLimits): void {
  const parts = path.split("/");
  if (parts.length > limits.depth) {
    throw new SourceError("limit", `path ${quote(path)} is more than ${limits.depth} folders deep`);
  }
  for (const part of parts) {
    if (part === "" || part === "." || part === ".." || /[\\\0]/.test(part)) {
      throw new SourceError("content", `path ${quote(path)} is refused: it is not a plain relative path`);
    }
  }
}

/** `sha256:…` over sorted paths and bytes; lengths are part of it, so that no two sets of files share a text. */
export function digestFiles(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash("sha256");
  for (const path of [...files.keys()].sort(comparePaths)) {
    const content = files.get(path)!;
    hash.update(`${Buffer.byteLength(path)} ${content.byteLength}\0${path}`).update(content);
  }
  return `sha256:${hash.digest("hex")}`;
}

function comparePaths(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Paths and the like from outside, made safe to print. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);
}

/** A file of a bundle that is configuration. */
export interface EntryFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/**
 * The configuration behind a path of a bundle: the file, or the `.alloy` files directly inside the folder, sorted.
 * Undefined when the bundle has neither.
 */
export function readEntry(bundle: Bundle, path: string = bundle.entry): readonly EntryFile[] | undefined {
  const file = bundle.files.get(path);
  if (file !== undefined) return [{ path, content: file }];
  const prefix = path === "" ? "" : `${path}/`;
  const found: EntryFile[] = [];
  let exists = path === "";
  for (const [name, content] of bundle.files) {
    if (!name.startsWith(prefix)) continue;
    exists = true;
    if (name.endsWith(".alloy") && !name.includes("/", prefix.length)) found.push({ path: name, content });
  }
  return exists ? found : undefined;
}
