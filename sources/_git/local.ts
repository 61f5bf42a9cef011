/** A repository on this machine: its refs and objects are read where they are, nothing is copied and nothing of it is run. */
import { readFile, stat } from "node:fs/promises";
import fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import git from "isomorphic-git";
import { SourceError } from "#src/source/define.ts";
import type { Clock } from "#src/util/clock.ts";
import { watchPaths } from "../_watch.ts";
import type { GitBackend, Ref } from "./backend.ts";
import { peel } from "./commit.ts";
import { openObjects, type ObjectStore } from "./objects.ts";

/** Folders of a repository; the two differ in a linked work tree. */
interface Folders {
  /** Holds HEAD. */
  readonly gitdir: string;
  /** Holds refs and objects. */
  readonly common: string;
}

/** Opens nothing yet: the repository is found anew by every call, so that it may appear, vanish and be moved. */
export function openLocal(path: string, display: string, clock: Clock): GitBackend {
  const withObjects = async <T>(folders: Folders, work: (objects: ObjectStore) => Promise<T>): Promise<T> => {
    const objects = await openObjects(join(folders.common, "objects"));
    try {
      return await work(objects);
    } finally {
      await objects.close();
    }
  };
  return {
    async list(prefixes, signal) {
      const folders = await findRepository(path, display);
      return withObjects(folders, async (objects) => {
        const refs: Ref[] = [];
        for (const name of await expandPrefixes(folders, prefixes)) {
          signal.throwIfAborted();
          const oid = await readRef(folders, name);
          const commit = oid === undefined ? undefined : await peel(objects, oid);
          if (commit !== undefined) refs.push({ name, commit });
        }
        return refs;
      });
    },
    async expand(prefix) {
      const folders = await findRepository(path, display);
      return withObjects(folders, async (objects) => {
        const commits: string[] = [];
        for (const oid of await objects.expand(prefix)) {
          if ((await peel(objects, oid)) === oid) commits.push(oid);
        }
        return commits;
      });
    },
    async withCommit({ commit }, signal, read) {
      signal.throwIfAborted();
      const folders = await findRepository(path, display);
      return withObjects(folders, async (objects) => {
        if (!(await objects.has(commit))) throw new SourceError("not-found", `${display} has no commit ${commit}`);
        return read(objects, commit);
      });
    },
    async watch(hint, signal) {
      const { gitdir, common } = await findRepository(path, display);
      const paths = [join(gitdir, "HEAD"), join(common, "packed-refs"), join(common, "refs")];
      await watchPaths(paths, hint, signal, { clock, depth: 20, ignored: (path) => path.endsWith(".lock") });
    },
    async close() {},
  };
}

/** Prefixes that end in a slash stand for all refs below them, others for one. */
async function expandPrefixes({ common }: Folders, prefixes: readonly string[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const prefix of prefixes) {
    if (!prefix.endsWith("/")) names.push(prefix);
    else {
      const found = await git.listRefs({ fs, gitdir: common, filepath: prefix.slice(0, -1) });
      names.push(...found.map((name) => prefix + name));
    }
  }
  return names;
}

async function readRef({ gitdir, common }: Folders, name: string): Promise<string | undefined> {
  try {
    if (name !== "HEAD" || gitdir === common) return await git.resolveRef({ fs, gitdir: common, ref: name });
    const head = (await readFile(join(gitdir, "HEAD"), "utf8")).trim();
    return head.startsWith("ref: ") ? await git.resolveRef({ fs, gitdir: common, ref: head.slice(5) }) : head;
  } catch (error) {
    if (error instanceof git.Errors.NotFoundError) return undefined;
    throw error;
  }
}

async function findRepository(path: string, display: string): Promise<Folders> {
  try {
    const gitdir = await findGitdir(path);
    if (gitdir === undefined) {
      throw new SourceError("not-found", `${display} is not a git repository`);
    }
    const common = await readLink(join(gitdir, "commondir"), "", gitdir);
    const config = await readFile(join(common, "config"), "utf8").catch(() => "");
    if (/^\s*(objectformat\s*=\s*sha256|refstorage\s*=\s*reftable)\s*$/im.test(config)) {
      throw new SourceError(
        "content",
        `${display} uses a repository format (SHA-256 or reftable) that is not supported yet`,
      );
    }
    return { gitdir, common };
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") {
      throw new SourceError("auth", `reading ${display}: this process may not read it`, { cause });
    }
    throw new SourceError("content", `reading ${display}: ${message}`, { cause });
  }
}

async function findGitdir(path: string): Promise<string | undefined> {
  const inner = join(path, ".git");
  const kind = await kindOf(inner);
  if (kind === "folder") return inner;
  if (kind === "file") return readLink(inner, "gitdir: ", path);
  const bare = (await kindOf(join(path, "HEAD"))) === "file" && (await kindOf(join(path, "objects"))) === "folder";
  return bare ? path : undefined;
}

/** A path that a file of git's names, relative to `base`; `base` itself where there is no such file. */
async function readLink(file: string, prefix: string, base: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return base;
    throw error;
  }
  if (!text.startsWith(prefix)) throw new SourceError("content", `${file} does not name a git folder`);
  return resolve(prefix === "" ? base : dirname(file), text.slice(prefix.length).trim());
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
