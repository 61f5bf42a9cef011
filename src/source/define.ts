/**
 * Where configuration comes from. One file under `sources/` is one `ConfigSource`; its default export is `source({ … })`.
 * `import.<name>`, the start-up SOURCE and (later) `remote.<name>` all stand on the same definition.
 */
import type { Infer, Shape } from "#src/schema/field.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";

export interface Revision {
  /** What the origin calls it: a commit, a version id, an ETag, a content digest. */
  readonly id: string;
  /** `sha256:…` over the paths and bytes of the bundle. Equal digests are equal content. */
  readonly digest: string;
  readonly at: Date;
  /** The subject of a commit, for people. */
  readonly note?: string;
}

/** An immutable set of files. */
export interface Bundle {
  readonly revision: Revision;
  /** By path relative to the bundle's root, `/` between parts, no `.` or `..` parts. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The file or folder that was asked for, within `files`; `""` for the root. */
  readonly entry: string;
}

export interface ConfigSource {
  /** For logs, the API and errors: a URL without credentials. */
  readonly name: string;
  /** Finds out cheaply whether anything changed since `known`, and fetches only then. */
  fetch(known: Revision | undefined, signal: AbortSignal): Promise<Bundle | "unchanged">;
  /** Calls `hint` when a fetch is worth while; resolves when the signal aborts. */
  watch?(hint: () => void, signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** Why a fetch failed, for status and for deciding on retries. `permanent` ones wait for a change of configuration or of the origin. */
export type SourceErrorKind = "auth" | "not-found" | "network" | "verification" | "content" | "limit";

export class SourceError extends Error {
  readonly kind: SourceErrorKind;
  constructor(kind: SourceErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SourceError";
    this.kind = kind;
  }
}

export interface SourceContext {
  readonly log: Logger;
  readonly clock: Clock;
  /** A folder of its own for caches (object stores); the last good bundle is not its business. */
  readonly dataDir: string;
}

export interface SourceDef<A extends Shape = Shape> {
  readonly name: string;
  readonly doc: string;
  readonly args: A;
  readonly examples: readonly string[];
  /** The content comes with the arguments and may be secret: nothing of it is kept on disk. */
  readonly transient?: true;
  readonly check?: (args: Infer<A>) => readonly { readonly path: string; readonly message: string }[];
  /** How often to fetch, in milliseconds; 0 for never again. */
  readonly interval: (args: Infer<A>) => number;
  readonly open: (args: Infer<A>, ctx: SourceContext) => ConfigSource | Promise<ConfigSource>;
}

export function source<const A extends Shape>(def: SourceDef<A>): SourceDef<A> {
  return Object.freeze(def);
}
