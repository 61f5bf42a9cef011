/**
 * A repository behind http(s), by isomorphic-git: refs are listed by protocol version 2, a first download is shallow, later ones bring
 * only what is new. Every pack is checked before isomorphic-git looks at it.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import git from "isomorphic-git";
import { SourceError } from "#src/source/define.ts";
import type { GitBackend, GitLimits, Ref, Wanted } from "./backend.ts";
import { acquireClone } from "./clone.ts";
import { isAncestor, peel } from "./commit.ts";
import { checkPack, type PackLimits } from "./pack.ts";
import { createTransport, openDispatcher } from "./transport.ts";

export interface HttpOptions {
  /** Without credentials. */
  readonly url: string;
  readonly display: string;
  readonly authorization: string | undefined;
  readonly dataDir: string;
  readonly limits: GitLimits;
}

const MAX_REFS_BYTES = 16 << 20;
const MAX_OBJECT_BYTES = 128 << 20;
/** How much larger than the download its objects may be. */
const MAX_RATIO = 4;

/** Opens sockets and the shared clone; `close` lets go of both. */
export function openHttp({ url, display, authorization, dataDir, limits }: HttpOptions): GitBackend {
  const dispatcher = openDispatcher();
  const clone = acquireClone(dataDir, url);
  const bytes = Math.max(MAX_OBJECT_BYTES, limits.transfer * MAX_RATIO);
  const checkedFs = createCheckedFs({ objects: 2_000_000, objectBytes: MAX_OBJECT_BYTES, bytes });
  const transport = (signal: AbortSignal, maxBytes: number) =>
    createTransport({ dispatcher, authorization, signal, maxBytes });

  /** Downloads into a repository; resolves with the id that the ref has. */
  const download = async (gitdir: string, what: Download, signal: AbortSignal): Promise<string> => {
    const http = transport(signal, limits.transfer);
    const all = what.remoteRef === undefined;
    try {
      const { fetchHead } = await git.fetch({
        fs: checkedFs,
        http,
        gitdir,
        url,
        cache: {},
        singleBranch: !all,
        tags: all,
        ...(what.depth === undefined ? {} : { depth: what.depth }),
        ...(all ? {} : { ref: what.ownRef, remoteRef: what.remoteRef }),
      });
      if (fetchHead === null) throw new SourceError("not-found", `${display} is empty`);
      return fetchHead;
    } catch (cause) {
      throw signal.aborted ? signal.reason : asSourceError(http.failure() ?? cause, display);
    }
  };

  const remember = (gitdir: string, ownRef: string, value: string): Promise<void> =>
    git.writeRef({ fs, gitdir, ref: ownRef, value, force: true });

  const init = async (gitdir: string): Promise<void> => {
    await git.init({ fs, gitdir, bare: true });
    await git.addRemote({ fs, gitdir, remote: "origin", url });
  };

  /** A shallow download into a fresh folder, which then takes the place of the old one. */
  const begin = async (remoteRef: string, ownRef: string, signal: AbortSignal): Promise<string> => {
    let oid = "";
    await clone.replace(async (gitdir) => {
      await init(gitdir);
      oid = await download(gitdir, { remoteRef, ownRef, depth: 1 }, signal);
      await remember(gitdir, ownRef, oid);
    });
    return oid;
  };

  const has = async (commit: string): Promise<boolean> => clone.withObjects((objects) => objects.has(commit));

  /** Brings what a ref points to; resolves with that id. */
  const bring = async (remoteRef: string, signal: AbortSignal): Promise<string> => {
    const ownRef = `refs/invar/${createHash("sha256").update(remoteRef).digest("hex").slice(0, 16)}`;
    if (!(await isRepository(clone.gitdir)) || (await clone.isWorn())) return begin(remoteRef, ownRef, signal);
    const before = await git.resolveRef({ fs, gitdir: clone.gitdir, ref: ownRef }).catch(() => undefined);
    const depth = before === undefined || !(await has(before)) ? 1 : undefined;
    try {
      const oid = await download(clone.gitdir, { remoteRef, ownRef, depth }, signal);
      const goesOn =
        before === undefined || (await clone.withObjects((objects) => isFastForward(objects, before, oid)));
      if (!goesOn) return await begin(remoteRef, ownRef, signal);
      await remember(clone.gitdir, ownRef, oid);
      return oid;
    } catch (error) {
      // A rewritten history may be more than the limit when it builds upon what is here; damage is healed by beginning anew.
      const tooMuch = depth === undefined && error instanceof SourceError && error.kind === "limit";
      if (tooMuch || (error instanceof SourceError && error.kind === "content")) {
        return begin(remoteRef, ownRef, signal);
      }
      throw error;
    }
  };

  const bringAll = async (signal: AbortSignal): Promise<void> => {
    await clone.replace(async (gitdir) => {
      await init(gitdir);
      await download(gitdir, { remoteRef: undefined, ownRef: undefined, depth: undefined }, signal);
    });
  };

  /** Servers that do not give a commit by its id give it as part of the history. */
  const bringCommit = async (commit: string, signal: AbortSignal): Promise<void> => {
    try {
      await bring(commit, signal);
    } catch (error) {
      if (!(error instanceof SourceError) || !["content", "not-found"].includes(error.kind)) throw error;
      await bringAll(signal);
    }
  };

  return {
    async list(prefixes, signal) {
      const found = new Map<string, Ref>();
      for (const prefix of prefixes) {
        const http = transport(signal, MAX_REFS_BYTES);
        try {
          for (const ref of await git.listServerRefs({ http, url, prefix, peelTags: true })) {
            found.set(ref.ref, { name: ref.ref, commit: ref.peeled ?? ref.oid });
          }
        } catch (cause) {
          throw signal.aborted ? signal.reason : asSourceError(http.failure() ?? cause, display);
        }
      }
      return [...found.values()];
    },
    expand: (prefix, signal) =>
      clone.alone(async () => {
        const look = () => clone.withObjects((objects) => commitsOf(objects, prefix));
        const here = await look();
        if (here.length > 0) return here;
        await bringAll(signal);
        return look();
      }),
    withCommit: ({ ref, commit }: Wanted, signal, read) =>
      clone.alone(async () => {
        signal.throwIfAborted();
        let found = commit;
        if (!(await has(commit))) {
          if (ref === undefined) await bringCommit(commit, signal);
          else found = await bring(ref, signal);
        }
        return clone.withObjects(async (objects) => {
          const peeled = await peel(objects, found);
          if (peeled === undefined) throw new SourceError("not-found", `${display} has no commit ${found}`);
          return read(objects, peeled);
        });
      }),
    async close() {
      clone.release();
      await dispatcher.destroy();
    },
  };
}

interface Download {
  /** Undefined for all branches and tags. */
  readonly remoteRef: string | undefined;
  /** What is here of it already. */
  readonly ownRef: string | undefined;
  readonly depth: number | undefined;
}

type Objects = Parameters<typeof peel>[0];

async function isFastForward(objects: Objects, before: string, after: string): Promise<boolean> {
  const [older, newer] = [await peel(objects, before), await peel(objects, after)];
  return older !== undefined && newer !== undefined && isAncestor(objects, older, newer);
}

async function commitsOf(objects: Objects, prefix: string): Promise<readonly string[]> {
  const commits: string[] = [];
  for (const oid of await objects.expand(prefix)) if ((await peel(objects, oid)) === oid) commits.push(oid);
  return commits;
}

async function isRepository(gitdir: string): Promise<boolean> {
  return fs.promises.stat(join(gitdir, "HEAD")).then(
    () => true,
    () => false,
  );
}

/** A file system for isomorphic-git that checks packs on their way to the disk and puts them there whole. */
function createCheckedFs(limits: PackLimits): { promises: typeof fs.promises } {
  const writeChecked = async (path: string, data: Buffer | string, options?: Parameters<typeof writeFile>[2]) => {
    if (!/\.(pack|idx)$/.test(path) || typeof data === "string") return writeFile(path, data, options);
    if (path.endsWith(".pack")) await checkPack(data, limits);
    const temporary = `${path}.tmp`;
    try {
      await writeFile(temporary, data);
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  };
  return { promises: { ...fs.promises, writeFile: writeChecked as typeof writeFile } };
}

function asSourceError(cause: unknown, display: string): SourceError {
  if (cause instanceof SourceError) return cause;
  const message = cause instanceof Error ? cause.message.replace(/\s+/g, " ").slice(0, 300) : String(cause);
  if (cause instanceof git.Errors.NotFoundError) {
    return new SourceError("not-found", `fetching ${display}: the ref is gone (${message})`, { cause });
  }
  if (cause instanceof git.Errors.SmartHttpError) {
    return new SourceError("not-found", `fetching ${display}: what answers there is not a git server`, { cause });
  }
  return new SourceError("content", `fetching ${display}: ${message}`, { cause });
}
