import type { ObjectStore } from "./objects.ts";

/** A name in a repository and the commit behind it, annotated tags seen through. */
export interface Ref {
  /** `refs/heads/main`, or `HEAD`. */
  readonly name: string;
  readonly commit: string;
}

export interface Wanted {
  /** Where the repository says the commit is; undefined for a commit that was named itself. */
  readonly ref: string | undefined;
  readonly commit: string;
}

/** One way to reach a repository. Everything it throws is a `SourceError`, or the signal's reason. */
export interface GitBackend {
  /** The refs that begin with one of the prefixes, as the repository has them now. Downloads nothing else. */
  list(prefixes: readonly string[], signal: AbortSignal): Promise<readonly Ref[]>;
  /** Finds commits by the beginning of their id, at most a few. May have to download the whole history. */
  expand(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Brings a commit here if it is not, and reads from it. The commit read is the one that was there when it was brought,
   * should the ref have moved meanwhile. Nothing changes the objects while `read` runs.
   */
  withCommit<T>(
    wanted: Wanted,
    signal: AbortSignal,
    read: (objects: ObjectStore, commit: string) => Promise<T>,
  ): Promise<T>;
  /** Hints at changes of refs; absent where only asking tells. */
  watch?(hint: () => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What a repository may cost. */
export interface GitLimits {
  /** Bytes that one download may bring. */
  readonly transfer: number;
  /** Entries of folders looked at in a commit. */
  readonly entries: number;
  readonly files: number;
  readonly fileBytes: number;
}
