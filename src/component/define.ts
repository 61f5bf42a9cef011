/**
 * The contract between the engine and everything it runs. A component is one file under `components/` whose default export
 * is `component({ … })`; its name is its path. The definition is data plus `create`.
 *
 * Life of an instance: `create` (able to receive, producing nothing) → swap → `start` (timers, tails, listeners) →
 * any number of `update`s → `stop` (drains, then lets go of everything). A failing `create` or `update` refuses the whole
 * new generation and leaves what runs untouched.
 */
import type { Infer, Shape, Stability } from "#src/schema/field.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import type { Metrics } from "#src/util/metrics.ts";

/** Makes a prepared update real. Synchronous, fast, cannot fail: it runs inside the swap. */
export type Apply = () => void;

/** What `update` prepares. Exports that follow from the arguments alone are given here, so that dependants are judged before the swap. */
export type Prepared<E> =
  | Apply
  | {
      readonly apply: Apply;
      readonly exports?: Partial<E>;
      /** Undoes what was prepared when the generation is refused. */ readonly discard?: () => void;
    };

export interface Instance<A, E = unknown> {
  /** Begins to produce. Called once, after the swap. May resolve late; rejecting makes the node `exited`. */
  start?(): void | Promise<void>;
  /** Prepares only: nothing that runs changes before `apply`. Without it, changed arguments replace the instance. */
  update?(next: A): Prepared<E> | Promise<Prepared<E>>;
  /** Drains, then lets go. Called also on an instance that was built and never started. */
  stop?(): void | Promise<void>;
  /** JSON-able state for the UI and the API; no secrets. */
  debug?(): unknown;
}

export type HealthState = "unknown" | "healthy" | "unhealthy" | "exited";
/** Whose fault: `own` counts against a settling generation, `world` (a server that is down) never rolls one back. */
export type Fault = "own" | "world";

export interface Health {
  readonly state: HealthState;
  readonly message: string;
  readonly fault: Fault;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A port, folder or path that one node at a time may hold; two nodes of a generation that claim the same are refused before anything starts. */
export interface Claim {
  readonly kind: "tcp" | "udp" | "folder" | "file" | "name";
  readonly key: string;
}

/** A thing that outlives generations: opened by the first who acquires its key, closed when the last has let go. */
export interface Resource {
  close(): void | Promise<void>;
}

/** Answers a request inside the process or behind `/api/v0/component/<id>/`. */
export type Handler = (request: HandlerRequest) => Promise<HandlerResponse> | HandlerResponse;
export interface HandlerRequest {
  readonly method: string;
  /** Below the component's prefix, beginning with `/`, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}
export interface HandlerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** All that a component may touch. */
export interface Context<E> {
  /** Node id within its module: `prometheus.scrape.default`. */
  readonly id: string;
  /** Path through modules: `add.inst/prometheus.scrape.s`. */
  readonly globalId: string;
  readonly label: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Aborted when the instance is to stop. */
  readonly signal: AbortSignal;
  /** `<storage.path>/<globalId>`; the component creates it. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Publishes exports; equal values are ignored. During `create` and before the swap they stay within the new generation. */
  export(exports: Partial<E>): void;
  health(state: "healthy" | "unhealthy", message: string, fault?: Fault): void;
  /** Shares a resource by key with the predecessor and with others; `release` when done. */
  acquire<R extends Resource>(
    key: string,
    open: () => R | Promise<R>,
  ): Promise<{ readonly resource: R; release(): Promise<void> }>;
  /** Serves HTTP for this component. Targets with the returned address and path are scraped without a socket. */
  serve(handler: Handler): { readonly address: string; readonly path: string };
  /** The handler behind an in-process address and path, if there is one (see `serve`); `undefined` for the rest of the world. */
  local(address: string, path: string): Handler | undefined;
  /** This process' own `/metrics` text. */
  selfMetrics(): Promise<string>;
}

export interface Problem {
  /** Dotted path of the field at fault, `""` for the whole component. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

export interface ComponentDef<A extends Shape = Shape, E extends Shape = Shape> {
  readonly name: string;
  readonly stability: Stability;
  /** Needs `--feature.community-components.enabled`. */
  readonly community?: boolean;
  readonly doc: string;
  readonly args: A;
  readonly exports: E;
  /** Whole blocks of configuration that compile. */
  readonly examples: readonly string[];
  /** What no single field can say: exclusive fields, ranges that depend on one another. */
  readonly check?: (args: Infer<A>) => readonly Problem[];
  readonly claims?: (args: Infer<A>) => readonly Claim[];
  readonly create: (
    args: Infer<A>,
    ctx: Context<Infer<E>>,
  ) => Instance<Infer<A>, Infer<E>> | Promise<Instance<Infer<A>, Infer<E>>>;
}

/** Freezes a definition; the types of `check`, `claims` and `create` follow from its fields. */
export function component<const A extends Shape, const E extends Shape>(def: ComponentDef<A, E>): ComponentDef<A, E> {
  return Object.freeze(def);
}
