import { SourceError } from "#src/source/define.ts";
import { quote } from "#src/source/bundle.ts";
import type { GitBackend, Ref, Wanted } from "./backend.ts";
import { compareVersions, inRange, looksLikeRange, parseRange, parseVersion, type Version } from "./semver.ts";

/** Finds out, as cheaply as can be, which commit a revision means now. */
export type Resolve = (backend: GitBackend, signal: AbortSignal) => Promise<Wanted>;

const REFUSED = new Set(["HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"]);

/** What is wrong with a revision as it is written; undefined if it can be looked up. */
export function revisionProblem(revision: string): string | undefined {
  if (revision === "") return undefined;
  if (looksLikeRange(revision)) {
    return parseRange(revision) === undefined
      ? `invalid revision ${quote(revision)}: not a range of versions`
      : undefined;
  }
  if (REFUSED.has(revision) || !isRefName(revision)) return `invalid revision ${quote(revision)}`;
  return undefined;
}

/** Git's rules for names of refs (git-check-ref-format). */
function isRefName(name: string): boolean {
  if (/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$/.test(name) || name === "@") return false;
  return !name.startsWith("-") && name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

/**
 * Undefined means `main`, or the default branch of a repository that has no `main`; an empty text means the default branch.
 * Otherwise a range of versions, a tag, a branch or a commit, looked for in this order. What was found once is asked for
 * alone from then on; if it is gone, that is an error and never a reason to follow another ref of the same name.
 */
export function createResolver(revision: string | undefined, repository: string): Resolve {
  let followed: string | undefined;
  const follow = (ref: Ref): Wanted => {
    followed = ref.name;
    return { ref: ref.name, commit: ref.commit };
  };
  const gone = (what: string): SourceError => new SourceError("not-found", `${repository} has no ${what}`);

  if (revision !== undefined && looksLikeRange(revision)) {
    const range = parseRange(revision)!;
    return async (backend, signal) => {
      let best: { ref: Ref; version: Version } | undefined;
      for (const ref of await backend.list(["refs/tags/"], signal)) {
        const version = parseVersion(ref.name.slice("refs/tags/".length));
        if (version === undefined || !inRange(version, range)) continue;
        if (best === undefined || compareVersions(version, best.version) > 0) best = { ref, version };
      }
      if (best === undefined) throw gone(`tag with a version in ${quote(revision)}`);
      return { ref: best.ref.name, commit: best.ref.commit };
    };
  }

  const candidates =
    revision === undefined
      ? ["refs/heads/main", "HEAD"]
      : revision === ""
        ? ["HEAD"]
        : revision.startsWith("refs/")
          ? [revision]
          : [`refs/tags/${revision}`, `refs/heads/${revision}`];
  const pattern = revision !== undefined && /^[0-9a-f]{7,40}$/i.test(revision) ? revision.toLowerCase() : undefined;
  let commit = pattern?.length === 40 ? pattern : undefined;

  return async (backend, signal) => {
    if (commit !== undefined) return { ref: undefined, commit };
    const names = followed === undefined ? candidates : [followed];
    const refs = await backend.list(names, signal);
    for (const name of names) {
      const ref = refs.find((one) => one.name === name);
      if (ref !== undefined) return follow(ref);
    }
    if (followed !== undefined) throw gone(`${describeRef(followed)} any more`);
    if (revision === undefined || revision === "")
      throw gone("commit: it is empty, or its HEAD names a branch that is not there");
    if (pattern === undefined) throw gone(`tag or branch ${quote(revision)}`);
    commit = await expandCommit(backend, pattern, repository, signal);
    return { ref: undefined, commit };
  };
}

async function expandCommit(
  backend: GitBackend,
  prefix: string,
  repository: string,
  signal: AbortSignal,
): Promise<string> {
  const [first, ...others] = await backend.expand(prefix, signal);
  if (first === undefined) {
    throw new SourceError("not-found", `${repository} has no tag, branch or commit ${quote(prefix)}`);
  }
  if (others.length > 0) {
    throw new SourceError("not-found", `commit ${quote(prefix)} of ${repository} is ambiguous: write more of its id`);
  }
  return first;
}

function describeRef(name: string): string {
  if (name.startsWith("refs/heads/")) return `branch ${quote(name.slice("refs/heads/".length))}`;
  if (name.startsWith("refs/tags/")) return `tag ${quote(name.slice("refs/tags/".length))}`;
  return name;
}
