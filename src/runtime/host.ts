/** What all modules of one engine share: options, clocks, resources, and the ways in which nodes make themselves heard. */
import type { Handler } from "#src/component/define.ts";
import type { CompileOptions } from "#src/compile/types.ts";
import type { Taps } from "#src/signal/taps.ts";
import type { SourceDef } from "#src/source/define.ts";
import type { Feed } from "#src/source/feed.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import type { OwnedMetrics } from "#src/util/metric-store.ts";
import type { Apply } from "#src/component/define.ts";
import type { ImportContent, Module, NodeState } from "./module.ts";
import type { Resources } from "./resources.ts";
import type { Bodies } from "./bodies.ts";
import type { Controllers } from "./controller-metrics.ts";

/** What a process service makes of its block (`logging`, `http`). Called with defaults where the block is absent. */
export interface ServiceHook {
  prepare(args: unknown): Apply | Promise<Apply>;
}

export interface FeedContext {
  /** Global id of the import. */
  readonly globalId: string;
  readonly log: Logger;
  /** Aborted when the engine stops. */
  readonly signal: AbortSignal;
}

/** Opens the source behind an import; rejects when there is neither content nor a last good one. */
export type OpenFeed = (def: SourceDef, args: unknown, ctx: FeedContext) => Promise<Feed>;

export type SwapPolicy = "invar" | "alloy";

export interface EngineOptions extends CompileOptions {
  /** Data folders of components lie below it. */
  readonly storagePath: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: (owner: Readonly<Record<string, string>>) => OwnedMetrics;
  /** `/metrics` text of this process, for components that scrape it. */
  readonly selfMetrics: () => Promise<string>;
  readonly openFeed: OpenFeed;
  /** Process services by the name of their block. */
  readonly services: ReadonlyMap<string, ServiceHook>;
  /** Address under which components reach one another's handlers without a socket. */
  readonly memoryAddress: string;
  /** Where the root configuration lies: its value of `module_path`, and whether its imports may name local files. */
  readonly root: { readonly modulePath: string; readonly local: boolean };
  /** Milliseconds that a generation settles; 0 for not at all. */
  readonly grace: number;
  readonly policy: SwapPolicy;
  /** Milliseconds that a component may take to stop. */
  readonly shutdownDeadline: number;
}

export interface Host {
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly resources: Resources;
  /** Shows what goes through ports. */
  readonly taps: Taps;
  /** Aborted when the engine stops. */
  readonly signal: AbortSignal;
  /** Modules that run, by their id; the root's is `""`. */
  readonly modules: Map<string, Module>;
  /** Who holds which claim. */
  readonly claims: Map<string, string>;
  /** Values that a node's component published have yet to be shown to others. */
  stale(node: NodeState): void;
  /** A node's values have changed: its dependants have yet to be evaluated. */
  spread(node: NodeState): void;
  /** Something about a node's health changed. */
  healthChanged(node: NodeState): void;
  /** A node's component ended by itself. */
  exited(node: NodeState): void;
  /** An import holds new content: kept for restarts once it has run for the grace period. */
  installed(node: NodeState, content: ImportContent): void;
  /** A timer that ends with the engine. */
  after(ms: number, callback: () => void): void;
  /** A source has a new bundle for an import, or its state changed. */
  arrived(node: NodeState): void;
  /** Work that goes on after the change that caused it: stopping what is gone. */
  background(work: Promise<void>): void;
  /** The handler of the component whose global id is the longest prefix of the path, and what is left of the path. */
  findHandler(path: string): { readonly handler: Handler; readonly rest: string } | undefined;
  /** Metrics of modules, opened as they begin to run and closed with them. */
  readonly controllers: Controllers;
  /** Metrics of something inside a module; none where the module is not measured. */
  metricsOf(module: Module, owner: Readonly<Record<string, string>>): OwnedMetrics;
  /** Compiles bodies of modules once, however many instances they have. */
  readonly bodies: Bodies;
}

/** Longest that one component may take to be created or to prepare an update, in milliseconds. */
export const BUILD_DEADLINE = 300_000;
/** Longest that a component which never ran may take to be discarded, in milliseconds. */
export const DISCARD_DEADLINE = 10_000;
