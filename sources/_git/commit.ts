/** Reads a bundle out of a commit: the entry, and every `.alloy` file of the repository beside it. */
import { posix } from "node:path";
import { defaultLimits, makeBundle, quote, tooLarge, tooMany, type BundleLimits } from "#src/source/bundle.ts";
import { SourceError, type Bundle } from "#src/source/define.ts";
import type { GitLimits } from "./backend.ts";
import { TooLarge, type ObjectStore } from "./objects.ts";

const MAX_COMMIT = 1 << 20;
const MAX_TREE = 16 << 20;
const MAX_LINK = 4096;
const MAX_HOPS = 40;
const MAX_TAGS = 10;

const FOLDER = "40000";
const LINK = "120000";
const SUBMODULE = "160000";

interface Entry {
  readonly mode: string;
  readonly oid: string;
}
type Tree = ReadonlyMap<string, Entry>;

interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly at: Date;
  readonly subject: string;
}

/** The commit that an id means, through annotated tags; undefined if it is none or not here. */
export async function peel(objects: ObjectStore, oid: string): Promise<string | undefined> {
  for (let hops = 0; hops < MAX_TAGS; hops++) {
    const object = await objects.find(oid, MAX_COMMIT).catch(asLimit);
    if (object?.type === "commit") return oid;
    if (object?.type !== "tag") return undefined;
    const next = /^object ([0-9a-f]{40})$/m.exec(object.data.toString("latin1"))?.[1];
    if (next === undefined) return undefined;
    oid = next;
  }
  return undefined;
}

/** Whether `older` is `newer` or one of its last ancestors. Parents that are not here are passed over. */
export async function isAncestor(objects: ObjectStore, older: string, newer: string): Promise<boolean> {
  const seen = new Set([newer]);
  for (const oid of seen) {
    if (oid === older) return true;
    if (seen.size > 10_000) return false;
    if (!(await objects.has(oid))) continue;
    for (const parent of (await readCommit(objects, oid)).parents) seen.add(parent);
  }
  return false;
}

/** Makes the bundle of a path in a commit. Throws a `SourceError` where path, names, links or sizes are not acceptable. */
export async function readBundle(
  objects: ObjectStore,
  oid: string,
  path: string,
  limits: GitLimits,
  signal: AbortSignal,
): Promise<Bundle> {
  const commit = await readCommit(objects, oid);
  const reader = new TreeReader(objects, commit.tree, limits, signal);
  const entry = await reader.entry(path);
  const files = await reader.files(entry);
  const { bundleLimits } = reader;
  return makeBundle({ id: oid, at: commit.at, note: commit.subject, entry: entry.path, files }, bundleLimits);
}

async function readCommit(objects: ObjectStore, oid: string): Promise<Commit> {
  const object = await objects.find(oid, MAX_COMMIT).catch(asLimit);
  const text = object?.type === "commit" ? object.data.toString("utf8") : "";
  const end = text.indexOf("\n\n");
  const head = text.slice(0, end < 0 ? undefined : end);
  const tree = /^tree ([0-9a-f]{40})$/m.exec(head)?.[1];
  if (tree === undefined) throw new SourceError("content", `${oid} is not a commit`);
  const seconds = Number(/^committer .*> (\d+) [+-]\d{4}$/m.exec(head)?.[1] ?? 0);
  const at = new Date(Math.min(seconds * 1000, 8.64e15));
  const [subject = ""] = text.slice(end + 2).split("\n", 1);
  const parents = [...head.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, parent]) => parent!);
  return { tree, parents, at, subject: subject.replace(/\p{Cc}/gu, " ").slice(0, 200) };
}

/** Where a path leads once links are followed. */
interface Place {
  readonly path: string;
  readonly entry: Entry;
}

class TreeReader {
  readonly bundleLimits: BundleLimits;
  readonly #objects: ObjectStore;
  readonly #root: Entry;
  readonly #limits: GitLimits;
  readonly #signal: AbortSignal;
  readonly #trees = new Map<string, Tree>();
  readonly #blobs = new Map<string, Buffer>();
  #entries = 0;
  #bytes = 0;

  constructor(objects: ObjectStore, tree: string, limits: GitLimits, signal: AbortSignal) {
    this.#objects = objects;
    this.#root = { mode: FOLDER, oid: tree };
    this.#limits = limits;
    this.#signal = signal;
    this.bundleLimits = { ...defaultLimits, files: limits.files, fileBytes: limits.fileBytes };
  }

  /** Finds what the user asked for. The path in the bundle is the one asked for, not where links lead. */
  async entry(path: string): Promise<Place> {
    const clean = posix.normalize(path.replace(/^\/+/, "")).replace(/^\.$|\/+$/g, "");
    if (clean.split("/").includes("..")) {
      throw new SourceError("content", `path ${quote(path)} leads outside of the repository`);
    }
    if (clean === "") return { path: "", entry: this.#root };
    const found = await this.#resolve(clean, []);
    if (found === undefined) throw new SourceError("not-found", `the repository has no ${quote(clean)} in this commit`);
    return { path: clean, entry: found.entry };
  }

  /** The entry's own files, where every fault counts, and all other `.alloy` files, where links that lead nowhere are left out. */
  async files(asked: Place): Promise<Map<string, Uint8Array>> {
    const files = new Map<string, Uint8Array>();
    if (asked.entry.mode === FOLDER) {
      await this.#walk(asked, [asked.entry.oid], true, files);
      const prefix = asked.path === "" ? 0 : asked.path.length + 1;
      if (![...files.keys()].some((path) => !path.includes("/", prefix))) {
        throw new SourceError("content", `folder ${quote(asked.path)} of the repository holds no .alloy file`);
      }
    } else await this.#add(asked, files);
    await this.#walk({ path: "", entry: this.#root }, [this.#root.oid], false, files);
    return files;
  }

  async #walk(folder: Place, above: readonly string[], strict: boolean, files: Map<string, Uint8Array>): Promise<void> {
    this.#signal.throwIfAborted();
    if (above.length > this.bundleLimits.depth) {
      throw new SourceError("limit", `folder ${quote(folder.path)} is more than ${this.bundleLimits.depth} deep`);
    }
    const tree = await this.#tree(folder.entry);
    this.#entries += tree.size;
    if (this.#entries > this.#limits.entries) {
      throw new SourceError(
        "limit",
        `the repository has more than the ${this.#limits.entries} files and folders allowed`,
      );
    }
    for (const [name, listed] of tree) {
      const path = folder.path === "" ? name : `${folder.path}/${name}`;
      let entry: Entry | undefined = listed;
      if (listed.mode === LINK) {
        entry = await this.#followLink(path, strict && name.endsWith(".alloy"));
        if (entry?.mode === FOLDER && above.includes(entry.oid)) continue;
      }
      if (entry === undefined || entry.mode === SUBMODULE) continue;
      if (entry.mode === FOLDER) await this.#walk({ path, entry }, [...above, entry.oid], false, files);
      else if (name.endsWith(".alloy") && !files.has(path)) await this.#add({ path, entry }, files);
    }
  }

  async #followLink(path: string, strict: boolean): Promise<Entry | undefined> {
    try {
      const found = await this.#resolve(path, []);
      if (found === undefined && strict) throw new SourceError("content", `link ${quote(path)} leads to nothing`);
      return found?.entry;
    } catch (error) {
      if (strict || !(error instanceof SourceError)) throw error;
      return undefined;
    }
  }

  async #add({ path, entry }: Place, files: Map<string, Uint8Array>): Promise<void> {
    if (entry.mode === SUBMODULE) {
      throw new SourceError("content", `${quote(path)} is a submodule, and submodules are not followed`);
    }
    const content = await this.#blob(path, entry.oid, this.#limits.fileBytes);
    if (content.subarray(0, 64).toString("latin1").startsWith("version https://git-lfs.github.com/spec/")) {
      throw new SourceError("content", `${quote(path)} is a pointer to Git LFS, which is not followed`);
    }
    this.#bytes += content.length;
    if (this.#bytes > this.bundleLimits.bytes) throw tooLarge(this.bundleLimits);
    files.set(path, content);
    if (files.size > this.#limits.files) throw tooMany(files.size, this.bundleLimits);
  }

  /** Walks a path part by part, following links within the repository. */
  async #resolve(path: string, hops: readonly string[]): Promise<Place | undefined> {
    let place: Place = { path: "", entry: this.#root };
    const parts = path.split("/");
    for (const [index, part] of parts.entries()) {
      if (place.entry.mode === SUBMODULE) {
        throw new SourceError("content", `${quote(place.path)} is a submodule, and submodules are not followed`);
      }
      if (place.entry.mode !== FOLDER) return undefined;
      const entry = (await this.#tree(place.entry)).get(part);
      if (entry === undefined) return undefined;
      const here = place.path === "" ? part : `${place.path}/${part}`;
      if (entry.mode !== LINK) {
        place = { path: here, entry };
        continue;
      }
      if (hops.length >= MAX_HOPS) throw new SourceError("content", `link ${quote(hops[0]!)} leads in a circle`);
      const target = (await this.#blob(here, entry.oid, MAX_LINK)).toString("utf8");
      const next = posix.normalize(posix.join(place.path, target, ...parts.slice(index + 1)));
      if (target === "" || target.startsWith("/") || next === ".." || next.startsWith("../")) {
        throw new SourceError("content", `link ${quote(here)} leads outside of the repository, to ${quote(target)}`);
      }
      if (next === ".") return { path: "", entry: this.#root };
      return this.#resolve(next.replace(/\/+$/, ""), [...hops, here]);
    }
    return place;
  }

  async #tree({ oid }: Entry): Promise<Tree> {
    let tree = this.#trees.get(oid);
    if (tree === undefined) {
      const object = await this.#objects.find(oid, MAX_TREE).catch(asLimit);
      if (object?.type !== "tree") throw new SourceError("content", `the folder with id ${oid} is missing`);
      tree = parseTree(object.data, oid);
      this.#trees.set(oid, tree);
    }
    return tree;
  }

  async #blob(path: string, oid: string, maxBytes: number): Promise<Buffer> {
    let blob = this.#blobs.get(oid);
    if (blob === undefined) {
      const object = await this.#objects.find(oid, maxBytes).catch((error: unknown) => {
        if (!(error instanceof TooLarge)) throw error;
        const size = `has ${error.bytes} bytes, more than the ${maxBytes} allowed`;
        throw new SourceError("limit", `file ${quote(path)} ${size}`, { cause: error });
      });
      if (object?.type !== "blob") throw new SourceError("content", `file ${quote(path)} with id ${oid} is missing`);
      blob = object.data;
      this.#blobs.set(oid, blob);
    }
    return blob;
  }
}

/** Names that lead elsewhere, or into git's own folder on some file system, are not names of files: such a tree was forged. */
function parseTree(data: Buffer, oid: string): Tree {
  const tree = new Map<string, Entry>();
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(0x20, at);
    const end = data.indexOf(0, space);
    const mode = data.toString("latin1", at, space).replace(/^0+/, "");
    const name = data.toString("utf8", space + 1, end);
    const id = data.toString("hex", end + 1, end + 21);
    if (space < at || end < space || id.length !== 40 || !/^[0-7]{5,6}$/.test(mode)) {
      throw new SourceError("content", `the folder with id ${oid} is malformed`);
    }
    if (name === "" || name === "." || name === ".." || /\/|^\.git$|^git~1$/i.test(name) || tree.has(name)) {
      throw new SourceError("content", `the commit is refused: a folder of it holds the name ${quote(name)}`);
    }
    tree.set(name, { mode, oid: id });
    at = end + 21;
  }
  return tree;
}

function asLimit(error: unknown): never {
  if (error instanceof TooLarge) throw new SourceError("limit", `an ${error.message} is too large`, { cause: error });
  throw error;
}
