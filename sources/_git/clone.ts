/**
 * The folder in which the objects of a remote repository are kept, one for each URL and process: imports of the same repository
 * share it and take turns. It is a cache: what is in it is checked when read, and it may be deleted at any time.
 */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openObjects, type ObjectStore } from "./objects.ts";

export interface Clone {
  /** The repository, a bare one. It may not exist yet. */
  readonly gitdir: string;
  /** Runs alone among all that share the clone. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  withObjects<T>(read: (objects: ObjectStore) => Promise<T>): Promise<T>;
  /** Whether so many downloads are in it that beginning anew is cheaper than going on. */
  isWorn(): Promise<boolean>;
  /** Makes a repository in a fresh folder and puts it in the place of this one if `fill` succeeds. */
  replace(fill: (gitdir: string) => Promise<void>): Promise<void>;
  release(): void;
}

const MAX_PACKS = 40;

interface Shared {
  users: number;
  last: Promise<unknown>;
}

/** Clones in use, by folder. */
const open = new Map<string, Shared>();

/** Acquires the clone of a URL below a folder. `url` holds no credentials. */
export function acquireClone(dataDir: string, url: string): Clone {
  const gitdir = join(dataDir, `git-${createHash("sha256").update(url).digest("hex").slice(0, 24)}`);
  const shared = open.get(gitdir) ?? { users: 0, last: Promise.resolve() };
  open.set(gitdir, shared);
  shared.users++;
  let held = true;
  return {
    gitdir,
    alone(work) {
      const run = shared.last.then(work, work);
      shared.last = run.catch(() => undefined);
      return run;
    },
    async withObjects(read) {
      const objects = await openObjects(join(gitdir, "objects"));
      try {
        return await read(objects);
      } finally {
        await objects.close();
      }
    },
    async isWorn() {
      const names = await readdir(join(gitdir, "objects", "pack"));
      return names.filter((name) => name.endsWith(".pack")).length >= MAX_PACKS;
    },
    async replace(fill) {
      const fresh = `${gitdir}.new`;
      const old = `${gitdir}.old`;
      await Promise.all([fresh, old].map((folder) => rm(folder, { recursive: true, force: true })));
      await mkdir(fresh, { recursive: true, mode: 0o700 });
      try {
        await fill(fresh);
        if (await exists(gitdir)) await rename(gitdir, old);
        await rename(fresh, gitdir);
      } finally {
        await Promise.all([fresh, old].map((folder) => rm(folder, { recursive: true, force: true })));
      }
    },
    release() {
      if (!held) return;
      held = false;
      if (--shared.users === 0) open.delete(gitdir);
    },
  };
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
