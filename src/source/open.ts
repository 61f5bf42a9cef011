import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import type { SourceDef } from "./define.ts";
import type { Feed } from "./feed.ts";
import { reconcile } from "./reconciler.ts";
import { sourceKey, type RevisionStore } from "./store.ts";

export interface OpenSourceContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all sources of a process: what they cache, such as clones, is shared below it. */
  readonly dataDir: string;
  /** Undefined where nothing is to be kept, as in `plan` and `validate`. */
  readonly store: RevisionStore | undefined;
  /** Set apart last good bundles of sources with equal arguments, such as an import's global id. */
  readonly owner?: string;
  readonly signal?: AbortSignal;
}

/** Opens a source and keeps it fresh. `args` are what its definition's fields decode to. Throws a `SourceError` without content. */
export async function openSource(def: SourceDef, args: unknown, context: OpenSourceContext): Promise<Feed> {
  const { clock, log, dataDir, store, owner = "", signal } = context;
  const decoded = args as Parameters<SourceDef["open"]>[0];
  const source = await def.open(decoded, { clock, log, dataDir });
  const slot = def.transient === true ? undefined : store?.slot(sourceKey(def.name, { owner, args }));
  return reconcile({
    source,
    interval: def.interval(decoded),
    slot,
    clock,
    log,
    ...(signal === undefined ? {} : { signal }),
  });
}
