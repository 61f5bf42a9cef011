/**
 * The collector as a whole: storage, log, metrics, the root source, the engine and the HTTP server, wired together. It
 * begins with what the source has, or with the last good configuration where that cannot be had or does not load.
 */
import { join } from "node:path";
import { hostname } from "node:os";
import type { CompileOptions } from "#src/compile/types.ts";
import { formatDiagnostic, type Diagnostic } from "#src/diag/diagnostic.ts";
import { createEngine } from "#src/runtime/engine.ts";
import type { OpenFeed, ServiceHook, SwapPolicy } from "#src/runtime/host.ts";
import type { Engine, GenerationRecord, Outcome } from "#src/runtime/types.ts";
import type { Bundle } from "#src/source/define.ts";
import type { Feed } from "#src/source/feed.ts";
import { locate } from "#src/source/locate.ts";
import { lockFolder, type FolderLock } from "#src/source/lock.ts";
import { openSource } from "#src/source/open.ts";
import { openRevisionStore } from "#src/source/store.ts";
import { systemClock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { createProcessLog } from "#src/util/logger.ts";
import { createMetricStore } from "#src/util/metric-store.ts";
import type { Counter } from "#src/util/metrics.ts";
import { createHttpService, type HttpService } from "./http.ts";
import { createLiveDebugging } from "./live.ts";
import { prepareLogging } from "./logging.ts";
import { addProcessMetrics } from "./process-metrics.ts";

export interface CollectorOptions {
  /** The start-up SOURCE. */
  readonly source: string;
  /** Exists already. */
  readonly storagePath: string;
  readonly compile: CompileOptions;
  readonly listenAddress: string;
  readonly memoryAddress: string;
  readonly uiPathPrefix: string;
  /** Milliseconds. */
  readonly shutdownDeadline: number;
  /** Milliseconds. */
  readonly grace: number;
  readonly policy: SwapPolicy;
}

/** Is shown what is wrong with a bundle; `prefix` goes before the names of its files. */
export type ShowProblems = (diagnostics: readonly Diagnostic[], bundle: Bundle, prefix: string) => void;

/** Bundles that may yet be judged healthy. */
const PENDING = 16;

export class Collector {
  readonly engine: Engine;
  /** The start-up SOURCE without credentials. */
  readonly source: string;
  readonly #log: Logger;
  readonly #feed: Feed;
  readonly #lock: FolderLock;
  readonly #http: HttpService;
  readonly #pending = new Map<string, Bundle>();
  readonly #keeping = new Set<Promise<void>>();
  #reloading = 0;

  private constructor(parts: {
    engine: Engine;
    source: string;
    log: Logger;
    feed: Feed;
    lock: FolderLock;
    http: HttpService;
  }) {
    this.engine = parts.engine;
    this.source = parts.source;
    this.#log = parts.log;
    this.#feed = parts.feed;
    this.#lock = parts.lock;
    this.#http = parts.http;
  }

  /** Resolves when a first generation runs and the server listens. Throws an `Error` for people when it cannot come to that. */
  static async start(options: CollectorOptions, show: ShowProblems): Promise<Collector> {
    const lock = lockFolder(options.storagePath);
    const processLog = createProcessLog();
    const log = processLog.logger;
    let feed: Feed | undefined;
    let engine: Engine | undefined;
    try {
      const located = await locate(options.source);
      const store = openRevisionStore(join(options.storagePath, "sources", "kept"));
      const dataDir = join(options.storagePath, "sources", "cache");
      const feeds = new Map<Feed, string>();
      const shared = { clock: systemClock, dataDir, store };
      feed = await openSource(located.def, located.args, { ...shared, log: log.with({ source: located.name }) });
      feeds.set(feed, "");
      const openFeed: OpenFeed = async (def, args, context) => {
        const opened = await openSource(def, args, {
          ...shared,
          log: context.log,
          owner: context.globalId,
          signal: context.signal,
        });
        feeds.set(opened, context.globalId);
        return whenClosed(opened, () => feeds.delete(opened));
      };

      const metrics = createMetricStore();
      const owned = metrics.owner();
      addProcessMetrics(owned);
      const nothing: ServiceHook = { prepare: () => () => undefined };
      const live = createLiveDebugging(() => engine!, systemClock);
      const services = new Map<string, ServiceHook>([
        ["logging", { prepare: (args) => prepareLogging(processLog, args as Parameters<typeof prepareLogging>[1]) }],
        ["http", { prepare: (args) => http.prepare(args as Parameters<HttpService["prepare"]>[0]) }],
        ["livedebugging", { prepare: (args) => live.prepare(args as { enabled: boolean }) }],
        ["labelstore", nothing],
        ["tracing", nothing],
        ["remotecfg", nothing],
      ]);
      const local = located.def.name === "file";
      engine = createEngine({
        ...options.compile,
        storagePath: options.storagePath,
        log,
        clock: systemClock,
        metrics: (owner) => metrics.owner(owner),
        selfMetrics: () => metrics.render(),
        openFeed,
        services,
        memoryAddress: options.memoryAddress,
        root: { modulePath: located.modulePath, local },
        grace: options.grace,
        policy: options.policy,
        shutdownDeadline: options.shutdownDeadline,
      });
      const http: HttpService = createHttpService({
        listenAddress: options.listenAddress,
        uiPathPrefix: options.uiPathPrefix,
        engine,
        metrics,
        log: log.with({ service: "http" }),
        clock: systemClock,
        reload: () => collector.reload("reload"),
        sources: () => [...feeds].map(([open, node]) => ({ ...open.status(), node })),
        live,
        nodeName: hostname(),
      });
      const collector: Collector = new Collector({ engine, source: located.name, log, feed, lock, http });
      engine.onChange((record) => collector.#changed(record));
      await collector.#begin(show, local ? join(located.modulePath, "/") : "");
      await http.open();
      log.info("now listening for http traffic", { service: "http", addr: http.address });
      feed.subscribe((bundle) => {
        if (bundle !== undefined && collector.#reloading === 0) void collector.#load(bundle, "source");
      });
      void http.warm();
      collector.#atEnd = () => owned.dispose();
      collector.#unexpected = owned.counter(
        "invar_unexpected_errors_total",
        "Errors that no component could be blamed for.",
      );
      return collector;
    } catch (error) {
      processLog.configure({});
      await engine?.stop();
      await feed?.close();
      lock.release();
      throw error;
    }
  }

  #atEnd = (): void => undefined;
  #unexpected: Counter = { inc: () => undefined };

  get address(): string {
    return this.#http.address ?? "";
  }

  /** Fetches and loads again. Rejects when fetching fails. */
  async reload(cause: string): Promise<Outcome> {
    this.#reloading++;
    try {
      await this.#feed.refresh();
      return await this.#load(this.#feed.current, cause);
    } catch (error) {
      this.#log.error("failed to fetch the configuration", { err: error });
      throw error;
    } finally {
      this.#reloading--;
    }
  }

  /** Tells of a mistake of our own that no component could be blamed for. What runs goes on. */
  unexpected(error: unknown): void {
    this.#unexpected.inc();
    this.#log.error("unexpected error", { err: error });
  }

  /** Drains and lets go of everything. */
  async stop(): Promise<void> {
    this.#log.info("stopping");
    await this.#http.close();
    await this.engine.stop();
    await Promise.all(this.#keeping);
    await this.#feed.close();
    this.#atEnd();
    this.#lock.release();
  }

  /** The first generation: the newest bundle or, where that does not load, the last good one. */
  async #begin(show: ShowProblems, prefix: string): Promise<void> {
    const bundle = this.#feed.current;
    const outcome = await this.#load(bundle, "start");
    if (outcome.ok) return;
    show(outcome.diagnostics, bundle, prefix);
    const good = await this.#feed.lastGood();
    if (good !== undefined && good.revision.digest !== bundle.revision.digest) {
      this.#log.warn("beginning with the last good configuration", {
        revision: good.revision.id,
        refused: bundle.revision.id,
      });
      if ((await this.#load(good, "start")).ok) return;
    }
    throw new Error(`the configuration ${bundle.revision.id} does not load, and there is no other that does`);
  }

  async #load(bundle: Bundle, cause: string): Promise<Outcome> {
    this.#pending.set(bundle.revision.digest, bundle);
    for (const digest of this.#pending.keys()) {
      if (this.#pending.size <= PENDING) break;
      this.#pending.delete(digest);
    }
    return this.engine.load(bundle, cause);
  }

  #changed(record: GenerationRecord): void {
    const { loader, number: generation, cause, verdict } = record;
    const own = loader === "";
    const fields = { ...(own ? {} : { module: loader }), generation, revision: record.revision.id, cause };
    const problems = (): Record<string, string> => ({ err: record.diagnostics.map(formatDiagnostic).join("; ") });
    if (verdict === "settling") this.#log.info("generation running", { ...fields, ...countSteps(record) });
    else if (verdict === "healthy") this.#log.info("generation healthy", fields);
    else if (verdict === "unhealthy") this.#log.error("generation unhealthy", { ...fields, ...problems() });
    if (!own) return;
    if (verdict === "refused") this.#log.error("generation refused", { ...fields, ...problems() });
    else if (verdict === "healthy") this.#keep(record);
    else if (verdict === "unhealthy" && cause === "start") void this.#fallBack(record);
  }

  /** A first generation has none before it to roll back to; an earlier process may have left one. */
  async #fallBack(record: GenerationRecord): Promise<void> {
    const good = await this.#feed.lastGood();
    if (good === undefined || good.revision.digest === record.revision.digest) return;
    if (this.engine.current?.number !== record.number) return;
    await this.#load(good, "rollback");
  }

  #keep(record: GenerationRecord): void {
    const bundle = this.#pending.get(record.revision.digest);
    if (bundle === undefined) return;
    const kept = this.#feed
      .applied(bundle)
      .catch((error: unknown) =>
        this.#log.error("failed to keep the configuration for a restart without network", { err: error }),
      )
      .finally(() => this.#keeping.delete(kept));
    this.#keeping.add(kept);
  }
}

function countSteps({ steps }: GenerationRecord): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { do: step } of steps) counts[step] = (counts[step] ?? 0) + 1;
  return counts;
}

/** The same feed, with something done when it is closed. */
function whenClosed(feed: Feed, then: () => void): Feed {
  return {
    get current() {
      return feed.current;
    },
    status: () => feed.status(),
    subscribe: (listener) => feed.subscribe(listener),
    refresh: () => feed.refresh(),
    applied: (bundle) => feed.applied(bundle),
    lastGood: () => feed.lastGood(),
    close: () => feed.close().finally(then),
  };
}
