/**
 * One instance of a component and everything it holds: timers, leases, metrics, its HTTP handler. Whatever it throws,
 * wherever it throws, ends the instance and never the process.
 */
import { join } from "node:path";
import type {
  ComponentDef,
  Context,
  Fault,
  Handler,
  Health,
  Instance,
  Prepared,
  Resource,
} from "#src/component/define.ts";
import type { Infer, Shape } from "#src/schema/field.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { withDeadline } from "./deadline.ts";
import type { OwnedMetrics } from "#src/util/metric-store.ts";
import type { Metrics } from "#src/util/metrics.ts";
import { BUILD_DEADLINE, type Host } from "./host.ts";
import { isBad, leastHealthy } from "./health.ts";
import type { Lease } from "./resources.ts";

export type HostValues = Readonly<Record<string, unknown>>;

/** Who is told about an instance once it is part of a running generation. */
export interface UnitListener {
  exported(): void;
  healthChanged(): void;
  exited(): void;
}

export interface UnitIdentity {
  readonly id: string;
  readonly globalId: string;
  readonly label: string;
  /** `/` at the root, `/a.b` inside a module. */
  readonly componentPath: string;
  readonly metrics: OwnedMetrics;
}

/** What an update prepared, ready for the swap. */
export interface PreparedUpdate {
  readonly apply: () => void;
  readonly exports: HostValues;
  readonly discard: () => void;
}

type AnyInstance = Instance<Infer<Shape>, Infer<Shape>>;

export class Unit {
  readonly identity: UnitIdentity;
  readonly def: ComponentDef;
  readonly #host: Host;
  #log: Logger | undefined;
  #controller: AbortController | undefined;
  #timers: Set<() => void> | undefined;
  #leases: Set<Lease<Resource>> | undefined;
  #instance: AnyInstance | undefined;
  #exports: HostValues = {};
  #run: Health;
  #own: Health | undefined;
  #exportFault: Health | undefined;
  #handler: Handler | undefined;
  #listener: UnitListener | undefined;
  #stopped: Promise<void> | undefined;
  #stopping = false;
  #startedAt: number | undefined;

  private constructor(host: Host, identity: UnitIdentity, def: ComponentDef) {
    this.#host = host;
    this.identity = identity;
    this.def = def;
    this.#run = this.#health("unknown", "component created");
  }

  /** Builds an instance that can receive and produces nothing. What it took is given back when `create` fails. */
  static create(host: Host, identity: UnitIdentity, def: ComponentDef, args: unknown): Unit | Promise<Unit> {
    const unit = new Unit(host, identity, def);
    let made: AnyInstance | Promise<AnyInstance>;
    try {
      made = def.create(args as Infer<Shape>, new UnitContext(host, unit));
    } catch (error) {
      return unit.#giveUp(error);
    }
    if (made instanceof Promise) return unit.#created(made);
    unit.#instance = made;
    return unit;
  }

  async #created(made: Promise<AnyInstance>): Promise<Unit> {
    const { clock, signal } = this.#host;
    const late = (): string => "it was not created within 5 minutes";
    try {
      this.#instance = await withDeadline(clock, BUILD_DEADLINE, made, late, signal);
      return this;
    } catch (error) {
      return this.#giveUp(error);
    }
  }

  async #giveUp(error: unknown): Promise<never> {
    await this.stop(0);
    throw error;
  }

  /** What it published so far, later values over earlier ones. A new object whenever something changed. */
  get exports(): HostValues {
    return this.#exports;
  }
  get health(): Health {
    return leastHealthy(this.#run, this.#own, this.#exportFault);
  }
  /** Whether `health` is bad. */
  get broken(): boolean {
    return isBad(this.#run) || this.#exportFault !== undefined || (this.#own !== undefined && isBad(this.#own));
  }
  get handler(): Handler | undefined {
    return this.#handler;
  }
  get canUpdate(): boolean {
    return this.#instance?.update !== undefined;
  }
  /** Made, as all that most components have no use for, when somebody asks. */
  get log(): Logger {
    const { componentPath, id } = this.identity;
    return (this.#log ??= this.#host.log.with({ component_path: componentPath, component_id: id }));
  }
  get exited(): boolean {
    return this.#run.state === "exited";
  }
  /** Milliseconds since 1970; undefined before `start`. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** From the swap on: who hears of exports, health and exit. */
  listen(listener: UnitListener): void {
    this.#listener = listener;
  }

  /** Why what it published last cannot be shown to others; undefined when it can. */
  judgeExports(fault: string | undefined): void {
    if (fault === undefined && this.#exportFault === undefined) return;
    this.#exportFault = fault === undefined ? undefined : this.#health("unhealthy", fault);
    this.#listener?.healthChanged();
  }

  async prepare(next: unknown): Promise<PreparedUpdate> {
    const preparing = this.#instance!.update!(next as Infer<Shape>);
    const prepared: Prepared<Infer<Shape>> =
      preparing instanceof Promise
        ? await withDeadline(
            this.#host.clock,
            BUILD_DEADLINE,
            preparing,
            () => "no update within 5 minutes",
            this.#host.signal,
          )
        : preparing;
    if (typeof prepared === "function") return { apply: prepared, exports: {}, discard: () => undefined };
    return {
      apply: prepared.apply,
      exports: prepared.exports ?? {},
      discard: () => this.#guard(() => prepared.discard?.()),
    };
  }

  /** Within a swap: makes a prepared update real, with the exports that follow from it. */
  apply(update: PreparedUpdate): void {
    this.#exports = { ...this.#exports, ...update.exports };
    this.#guard(update.apply);
  }

  start(): void {
    if (this.#startedAt !== undefined || this.#stopped !== undefined) return;
    this.#startedAt = this.#host.clock.now();
    if (this.exited) return;
    this.#run = this.#health("healthy", "started component");
    this.#guard(() => {
      const starting = this.#instance?.start?.();
      if (starting instanceof Promise) starting.catch((error: unknown) => this.#crash(error));
    });
    this.#listener?.healthChanged();
  }

  /** Ends it and lets go of all it holds, after `deadline` milliseconds whatever it does (0: however long it takes). */
  stop(deadline: number): Promise<void> {
    return (this.#stopped ??= this.#stop(deadline));
  }

  debug(): unknown {
    try {
      return this.#instance?.debug?.();
    } catch (error) {
      return { error: messageOf(error) };
    }
  }

  async #stop(deadline: number): Promise<void> {
    this.#stopping = true;
    this.#controller?.abort(stopped());
    this.#handler = undefined;
    try {
      const stopping = this.#instance?.stop?.();
      if (stopping instanceof Promise) {
        const late = (): string => `it did not stop within ${deadline} ms and was given up`;
        await withDeadline(this.#host.clock, deadline, stopping, late);
      }
    } catch (error) {
      this.log.error("failed to stop component", { err: messageOf(error) });
    }
    for (const cancel of this.#timers ?? []) cancel();
    this.#timers = undefined;
    this.identity.metrics.dispose();
    const released = await Promise.allSettled([...(this.#leases ?? [])].map((lease) => lease.release()));
    this.#leases = undefined;
    for (const result of released) {
      if (result.status === "rejected") {
        this.log.error("failed to close a shared resource", { err: messageOf(result.reason) });
      }
    }
    if (!this.exited) this.#run = this.#health("exited", "component shut down cleanly");
  }

  /** Aborted when the instance is to stop. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopping) this.#controller.abort(stopped());
    }
    return this.#controller.signal;
  }

  export(exports: Partial<Infer<Shape>>): void {
    const known = this.#exports;
    const changed = Object.keys(exports).some((key) => !(key in known) || known[key] !== exports[key]);
    if (!changed) return;
    this.#exports = { ...known, ...exports };
    this.#listener?.exported();
  }

  /** What the instance says of itself. */
  report(state: Health["state"], message: string, fault: Health["fault"]): void {
    if (this.#own?.state === state && this.#own.message === message && this.#own.fault === fault) return;
    this.#own = { state, message, fault, at: this.#host.clock.now() };
    this.#listener?.healthChanged();
  }

  serve(handler: Handler): void {
    this.#handler = handler;
  }

  /** Keeps a lease until it is given back, at the latest when the instance stops. */
  async hold<R extends Resource>(key: string, lease: Lease<R>): Promise<() => Promise<void>> {
    if (this.#stopping) {
      await lease.release();
      throw new Error(`acquiring ${key}: the component is stopping`);
    }
    const leases = (this.#leases ??= new Set());
    leases.add(lease);
    return () => {
      leases.delete(lease);
      return lease.release();
    };
  }

  /** A timer that ends with the instance; what it throws ends the instance. */
  after(ms: number, callback: () => void): () => void {
    const timers = (this.#timers ??= new Set());
    const stop = this.#host.clock.after(ms, () => {
      timers.delete(cancel);
      this.#guard(callback);
    });
    const cancel = (): void => {
      timers.delete(cancel);
      stop();
    };
    timers.add(cancel);
    return cancel;
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#crash(error);
    }
  }

  #crash(error: unknown): void {
    if (this.#stopped !== undefined || this.exited) return;
    this.#run = this.#health("exited", `component shut down with error: ${messageOf(error)}`);
    this.log.error("component shut down with error", { err: messageOf(error) });
    this.#listener?.exited();
  }

  #health(state: Health["state"], message: string): Health {
    return { state, message, fault: "own", at: this.#host.clock.now() };
  }
}

/** What a component sees of its instance and of the process. */
class UnitContext implements Context<Infer<Shape>> {
  readonly #host: Host;
  readonly #unit: Unit;
  #clock: Clock | undefined;

  constructor(host: Host, unit: Unit) {
    this.#host = host;
    this.#unit = unit;
  }
  get id(): string {
    return this.#unit.identity.id;
  }
  get globalId(): string {
    return this.#unit.identity.globalId;
  }
  get label(): string {
    return this.#unit.identity.label;
  }
  get log(): Logger {
    return this.#unit.log;
  }
  get metrics(): Metrics {
    return this.#unit.identity.metrics;
  }
  get signal(): AbortSignal {
    return this.#unit.signal;
  }
  get dataDir(): string {
    return join(this.#host.options.storagePath, this.globalId);
  }
  get clock(): Clock {
    const { clock } = this.#host;
    return (this.#clock ??= { now: () => clock.now(), after: (ms, callback) => this.#unit.after(ms, callback) });
  }
  export(exports: Partial<Infer<Shape>>): void {
    this.#unit.export(exports);
  }
  health(state: "healthy" | "unhealthy", message: string, fault: Fault = "own"): void {
    this.#unit.report(state, message, fault);
  }
  async acquire<R extends Resource>(
    key: string,
    open: () => R | Promise<R>,
  ): Promise<{ readonly resource: R; release(): Promise<void> }> {
    const lease = await this.#host.resources.acquire(key, open);
    return { resource: lease.resource, release: await this.#unit.hold(key, lease) };
  }
  serve(handler: Handler): { readonly address: string; readonly path: string } {
    this.#unit.serve(handler);
    return { address: this.#host.options.memoryAddress, path: `${COMPONENT_PREFIX}${this.globalId}/` };
  }
  local(address: string, path: string): Handler | undefined {
    return findLocal(this.#host, address, path);
  }
  selfMetrics(): Promise<string> {
    return this.#host.options.selfMetrics();
  }
}

const COMPONENT_PREFIX = "/api/v0/component/";

/** Looks the handler up at each request, so that a replaced component is found again. */
function findLocal(host: Host, address: string, path: string): Handler | undefined {
  if (address !== host.options.memoryAddress || !path.startsWith(COMPONENT_PREFIX)) return undefined;
  const within = path.slice(COMPONENT_PREFIX.length);
  if (host.findHandler(within) === undefined) return undefined;
  return (request) => {
    const found = host.findHandler(within);
    if (found === undefined) return { status: 404, headers: {}, body: "no such component" };
    const query = request.path.indexOf("?");
    const asked = query >= 0 && !found.rest.includes("?") ? request.path.slice(query) : "";
    return found.handler({ ...request, path: found.rest + asked });
  };
}

function stopped(): Error {
  return new Error("the component is stopping");
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
