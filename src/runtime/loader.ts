/**
 * The loader of the root configuration: parse, compile and build beside what runs, swap, settle, verdict. One change at a
 * time; what is refused leaves everything as it was.
 */
import { join } from "node:path";
import { parseBundle } from "#src/compile/bundle.ts";
import { compile } from "#src/compile/compile.ts";
import type { CompiledModule } from "#src/compile/types.ts";
import { formatDiagnostic, hasErrors, type Diagnostic } from "#src/diag/diagnostic.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import type { Bundle } from "#src/source/define.ts";
import { createBackoff } from "#src/util/backoff.ts";
import type { Value } from "#src/value/value.ts";
import { buildModule } from "./build.ts";
import { Change } from "./change.ts";
import type { EngineMetrics } from "./engine-metrics.ts";
import { freezeGeneration } from "./generation.ts";
import type { History } from "./history.ts";
import type { Host } from "./host.ts";
import type { Module, NodeState } from "./module.ts";
import type { Serial } from "./serial.ts";
import { listBad } from "./node-health.ts";
import type { Settling } from "./settle.ts";
import { nothing, type Build } from "./stage.ts";
import { enact, findConflicts } from "./swap.ts";
import { messageOf } from "./unit.ts";
import type { Generation, Outcome, Phase, Verdict } from "./types.ts";

export interface Loader {
  readonly current: Generation | undefined;
  load(bundle: Bundle, cause: string): Promise<Outcome>;
  rollback(number: number | undefined): Promise<Outcome>;
}

export interface LoaderTools {
  readonly host: Host;
  readonly root: Module;
  readonly serial: Serial;
  readonly history: History;
  readonly settling: Settling;
  readonly metrics: EngineMetrics;
  /** Builds crashed components again that no rollback has dealt with. */
  readonly recover: () => void;
}

interface Kept {
  readonly number: number;
  /** Every node of it was built; always so save for the `alloy` policy. */
  readonly complete: boolean;
  readonly bundle: Bundle;
  verdict: Verdict;
}

/** Generations whose text is kept for going back to them. */
const KEPT = 10;
const ROLLBACK = "rollback";

export function createLoader(tools: LoaderTools): Loader {
  return new RootLoader(tools);
}

class RootLoader implements Loader {
  readonly #tools: LoaderTools;
  readonly #absent = new Set<string>();
  readonly #retries = createBackoff(1_000, 300_000);
  #kept: Kept[] = [];
  #current: Kept | undefined;
  #generation: Generation | undefined;
  #number = 0;
  #loads = 0;
  #refused: { readonly digest: string; readonly diagnostics: readonly Diagnostic[] } | undefined;
  #endWatch = (): void => undefined;

  constructor(tools: LoaderTools) {
    this.#tools = tools;
  }

  get current(): Generation | undefined {
    return this.#generation;
  }

  load(bundle: Bundle, cause: string): Promise<Outcome> {
    const load = ++this.#loads;
    return this.#run(async () => {
      const outcome = await this.#load(bundle, cause);
      if (outcome.world && this.#current !== undefined) this.#retryLater(bundle, load);
      else if (outcome.outcome.ok) this.#retries.reset();
      return outcome;
    });
  }

  rollback(number: number | undefined): Promise<Outcome> {
    return this.#run(async () => {
      const kept =
        number === undefined ? this.#lastHealthy(this.#current) : this.#kept.find((k) => k.number === number);
      if (kept !== undefined) return this.#attempt(kept.bundle, ROLLBACK);
      const message =
        number === undefined
          ? "there is no healthy generation to go back to"
          : `generation ${number} is not kept any more`;
      const diagnostics: Diagnostic[] = [{ severity: "error", code: "unknown-generation", message }];
      return { outcome: { ok: false, phase: "build", diagnostics } };
    });
  }

  /** What a refused attempt leaves behind is cleaned up after the next task may begin. */
  async #run(attempt: () => Promise<Attempt>): Promise<Outcome> {
    const { outcome, cleanup } = await this.#tools.serial.run(async () => {
      if (this.#tools.host.signal.aborted) throw new Error("the engine has been stopped");
      return attempt();
    });
    await cleanup;
    return outcome;
  }

  async #load(bundle: Bundle, cause: string): Promise<Attempt> {
    const { digest } = bundle.revision;
    const current = this.#current?.complete === true ? this.#current.bundle : undefined;
    if (current?.revision.digest === digest && current.entry === bundle.entry && this.#generation !== undefined) {
      return { outcome: { ok: true, generation: this.#generation, steps: [] } };
    }
    if (this.#refused !== undefined && this.#refused.digest !== digest) this.#refused = undefined;
    if (this.#refused !== undefined) {
      return { outcome: { ok: false, phase: "settle", diagnostics: this.#refused.diagnostics } };
    }
    return this.#attempt(bundle, cause);
  }

  async #attempt(bundle: Bundle, cause: string): Promise<Attempt> {
    const { host, history, metrics } = this.#tools;
    const number = ++this.#number;
    const record = {
      number,
      revision: bundle.revision,
      loader: "",
      createdAt: host.clock.now(),
      took: {} as Record<string, number>,
      cause,
    };
    const timed = stopwatch(record.took);
    const refuse = (phase: Phase, diagnostics: readonly Diagnostic[], change?: Change): Attempt => {
      history.add({ ...record, verdict: "refused", steps: [], diagnostics });
      metrics.refused(phase);
      metrics.loaded(false);
      return { outcome: { ok: false, phase, diagnostics }, cleanup: change?.drop(), world: change?.worldFault };
    };

    const { modulePath, local } = host.options.root;
    const text = parseBundle(bundle, local && modulePath !== "" ? join(modulePath, "/") : "");
    timed("parse");
    if (hasErrors(text.diagnostics)) return refuse("parse", text.diagnostics);
    const inScope = (name: string): boolean => name === "module_path";
    const result = await compile(
      { kind: "root", files: text.files, body: undefined, outer: undefined, inScope },
      host.options,
    );
    timed("compile");
    if (!result.ok) return refuse("compile", result.diagnostics);

    const half = host.options.policy === "alloy" && this.#current !== undefined;
    const change = new Change();
    await this.#build(change, result.module, bundle, half);
    const gathered = change.gather();
    const { steps } = gathered;
    const conflicts = findConflicts(host, gathered);
    const diagnostics = [...gathered.diagnostics, ...conflicts];
    const failed = diagnostics.length > 0;
    timed("build");
    // Two holders of one thing are too many under any policy.
    if (failed && (!half || conflicts.length > 0)) return refuse("build", diagnostics, change);

    const generation = freezeGeneration(number, bundle.revision, result.module);
    const kept: Kept = { number, complete: !failed, bundle, verdict: "settling" };
    const exempt = listBad(this.#tools.root);
    this.#endWatch();
    enact(host, gathered, () => {
      this.#current = kept;
      this.#generation = generation;
      this.#kept = [...this.#kept.slice(1 - KEPT), kept];
      this.#watch(kept, exempt, cause, failed);
    });
    timed("swap");
    history.add({ ...record, verdict: kept.verdict, steps, diagnostics: [...result.module.warnings, ...diagnostics] });
    metrics.running(generation);
    metrics.planned(steps);
    metrics.loaded(!failed);
    if (failed) return { outcome: { ok: false, phase: "build", diagnostics } };
    return { outcome: { ok: true, generation, steps } };
  }

  async #build(change: Change, compiled: CompiledModule, bundle: Bundle, tolerant: boolean): Promise<void> {
    const { host, root } = this.#tools;
    const { modulePath, local } = host.options.root;
    const build: Build = { host, contents: new Map(), tolerant };
    const controller = host.controllers.of(root);
    controller.evaluating(true);
    const folder = bundle.files.has(bundle.entry) ? bundle.entry.split("/").slice(0, -1).join("/") : bundle.entry;
    await buildModule(build, change, root, {
      compiled,
      definitions: {
        registry: compiled.registry,
        origin: { modulePath, bundle: local ? undefined : bundle, folder },
        outer: undefined,
        nodes: new Map(),
      },
      variables: new Map<string, Value>([["module_path", modulePath]]),
      outer: undefined,
      args: nothing,
      // Imports that are files of the bundle change with it.
      environmentChanged: false,
    });
    await this.#prepareAbsent(change.part(), compiled);
    controller.evaluating(false);
  }

  /** Services whose block is gone go back to their defaults. */
  async #prepareAbsent(change: Change, compiled: CompiledModule): Promise<void> {
    const { options } = this.#tools.host;
    for (const [name, service] of options.services) {
      if (compiled.nodes.has(name)) {
        change.commit(() => void this.#absent.delete(name));
        continue;
      }
      const def = options.block(name);
      if (def === undefined || this.#absent.has(name)) continue;
      try {
        change.commit(await service.prepare(defaultsOf(def.args)));
        change.commit(() => void this.#absent.add(name));
      } catch (error) {
        const message = `Failed to evaluate service: ${name}: ${messageOf(error)}`;
        change.fail([{ severity: "error", code: "evaluation-failed", message }]);
      }
    }
  }

  #watch(kept: Kept, exempt: ReadonlySet<string>, cause: string, half: boolean): void {
    const { host, root, history, settling } = this.#tools;
    const judge = (verdict: Verdict, diagnostics?: readonly Diagnostic[]): void => {
      kept.verdict = verdict;
      history.judge("", kept.number, verdict, diagnostics);
    };
    this.#endWatch = (): void => undefined;
    if (half || host.options.grace === 0) return judge(half ? "unhealthy" : "healthy");
    const end = settling.begin({
      module: root,
      exempt,
      covers: () => true,
      healthy: () => {
        this.#endWatch = () => undefined;
        judge("healthy");
      },
      failed: (node, health) => {
        this.#endWatch = () => undefined;
        this.#callBack(kept, node, `${node.globalId} turned ${health.state}: ${health.message}`, cause, judge);
      },
    });
    this.#endWatch = () => {
      end();
      judge("superseded");
    };
  }

  /** A generation that got worse by its own fault makes room for the last healthy one. */
  #callBack(
    kept: Kept,
    node: NodeState,
    message: string,
    cause: string,
    judge: (verdict: Verdict, diagnostics: readonly Diagnostic[]) => void,
  ): void {
    const { serial, metrics, recover, host } = this.#tools;
    const { block } = node.compiled;
    const start = block.source.position(block.start);
    const hint = "The revision is refused until the source offers another one.";
    const diagnostics: Diagnostic[] = [{ severity: "error", code: "generation-unhealthy", message, start, hint }];
    void serial.run(async () => {
      const back = cause === ROLLBACK ? undefined : this.#lastHealthy(kept);
      if (this.#current !== kept) return judge("superseded", diagnostics);
      const attempt = back === undefined ? undefined : await this.#attempt(back.bundle, ROLLBACK);
      await attempt?.cleanup;
      if (attempt?.outcome.ok !== true) {
        judge("unhealthy", diagnostics);
        recover();
        return;
      }
      this.#refused = { digest: kept.bundle.revision.digest, diagnostics };
      judge("rolled-back", diagnostics);
      metrics.rolledBack();
      host.log.error("generation rolled back", {
        generation: kept.number,
        revision: kept.bundle.revision.id,
        err: diagnostics.map(formatDiagnostic).join("; "),
      });
    });
  }

  #lastHealthy(than: Kept | undefined): Kept | undefined {
    const digest = than?.bundle.revision.digest;
    return this.#kept.findLast((k) => k.verdict === "healthy" && k.bundle.revision.digest !== digest);
  }

  /** Content that the world stood in the way of is tried again, until something newer comes. */
  #retryLater(bundle: Bundle, load: number): void {
    this.#tools.host.after(this.#retries.next(), () => {
      if (load === this.#loads) void this.load(bundle, "retry");
    });
  }
}

interface Attempt {
  readonly outcome: Outcome;
  readonly cleanup?: Promise<void> | undefined;
  readonly world?: boolean | undefined;
}

function stopwatch(took: Record<string, number>): (phase: string) => void {
  let last = performance.now();
  return (phase) => {
    const now = performance.now();
    took[phase] = now - last;
    last = now;
  };
}
