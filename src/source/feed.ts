/**
 * A reconciled source: the latest good-looking bundle, fetched on hints and at an interval, kept on disk once applied.
 * `reconcile` (in `reconciler.ts`) makes one.
 */
import type { Bundle, SourceErrorKind } from "./define.ts";

export interface SourceStatus {
  readonly name: string;
  readonly revision: string | undefined;
  readonly digest: string | undefined;
  /** Milliseconds since 1970 of the last fetch that succeeded (also with "unchanged"). */
  readonly fetchedAt: number | undefined;
  /** The bundle came from the last-good store and has not been confirmed since. */
  readonly stale: boolean;
  readonly error: { readonly kind: SourceErrorKind; readonly message: string; readonly at: number } | undefined;
  /** Milliseconds since 1970. */
  readonly nextAttemptAt: number | undefined;
}

export interface Feed {
  readonly current: Bundle;
  status(): SourceStatus;
  /** Called with every new bundle, and with `undefined` when only the status changed. */
  subscribe(listener: (bundle: Bundle | undefined) => void): () => void;
  /** Fetches now; resolves when done, rejects with the fetch's error. Concurrent calls share one fetch. */
  refresh(): Promise<void>;
  /** Marks a bundle as applied and healthy: from now on a restart without network begins with it. */
  applied(bundle: Bundle): Promise<void>;
  /** What `applied` kept last, for a start whose newest bundle turns out to be bad. */
  lastGood(): Promise<Bundle | undefined>;
  close(): Promise<void>;
}
