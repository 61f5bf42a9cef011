/** An engine under a fake clock: configurations as texts, everything it shows at hand, everything counted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ComponentDef } from "#src/component/define.ts";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { createEngine } from "#src/runtime/engine.ts";
import type { EngineOptions, OpenFeed } from "#src/runtime/host.ts";
import type { Engine, GenerationRecord, Outcome, StepKind } from "#src/runtime/types.ts";
import { reconcile } from "#src/source/reconciler.ts";
import { silentLogger } from "#src/util/log.ts";
import { createMetricStore, type MetricStore } from "#src/util/metric-store.ts";
import { textBundle } from "./bundle.ts";
import { fakeClock, type FakeClock } from "./clock.ts";
import { compileOptions } from "./compile-options.ts";
import { testComponents } from "./testcomponents/all.ts";

export interface TestEngine {
  readonly engine: Engine;
  readonly clock: FakeClock;
  readonly store: MetricStore;
  readonly storage: string;
  /** Loads a text as `main.alloy`. */
  load(text: string, cause?: string): Promise<Outcome>;
  loadFiles(files: Readonly<Record<string, string>>, entry?: string, cause?: string): Promise<Outcome>;
  /** Loads a text that must be good; gives what was done to each node, those that were kept left out. */
  run(text: string): Promise<Readonly<Record<string, StepKind>>>;
  /** Loads a text that must be refused; gives the messages. */
  refuse(text: string): Promise<readonly string[]>;
  /** Lets everything that waits happen, without time passing. */
  settle(): Promise<void>;
  /** An exported value as JSON. */
  exported(node: string, name: string): unknown;
  debug(node: string): unknown;
  health(node: string): string;
  /** The newest line of the history, of the root unless told otherwise. */
  last(loader?: string): GenerationRecord;
}

export interface TestEngineOptions extends Partial<EngineOptions> {
  readonly components?: readonly ComponentDef<never, never>[];
}

export function testEngine(options: TestEngineOptions = {}): TestEngine {
  const clock = fakeClock();
  const store = createMetricStore();
  const storage = mkdtempSync(join(tmpdir(), "invar-engine-"));
  const extra = [...testComponents, ...((options.components ?? []) as unknown as ComponentDef[])];
  const engine = createEngine({
    ...compileOptions({ extra }),
    storagePath: storage,
    log: silentLogger,
    clock,
    metrics: store.owner,
    selfMetrics: store.render,
    openFeed: feedOpener(clock, storage),
    services: new Map(),
    memoryAddress: "invar.internal:12345",
    root: { modulePath: storage, local: true },
    grace: 0,
    policy: "invar",
    shutdownDeadline: 60_000,
    ...options,
  });
  let revision = 0;
  onTestFinished(async () => {
    await engine.stop();
    rmSync(storage, { recursive: true, force: true });
  });
  const test: TestEngine = {
    engine,
    clock,
    store,
    storage,
    load: (text, cause = "source") => test.loadFiles({ "main.alloy": text }, "main.alloy", cause),
    loadFiles(files, entry = "", cause = "source") {
      const bundle = textBundle(Object.entries(files), entry);
      return engine.load({ ...bundle, revision: { ...bundle.revision, id: `r${++revision}` } }, cause);
    },
    async run(text) {
      const outcome = await test.load(text);
      if (!outcome.ok) throw new Error(outcome.diagnostics.map(formatDiagnostic).join("\n"));
      await test.settle();
      return Object.fromEntries(outcome.steps.filter((s) => s.do !== "keep").map((step) => [step.node, step.do]));
    },
    async refuse(text) {
      const outcome = await test.load(text);
      if (outcome.ok) throw new Error("it was accepted");
      await test.settle();
      return outcome.diagnostics.map(({ message }) => message);
    },
    async settle() {
      for (let i = 0; i < 10; i++) await clock.advance(0);
    },
    exported(node, name) {
      const entry = engine.node(node)?.exports.find((one) => one.name === name);
      if (entry?.type !== "attr") return undefined;
      const { value } = entry.value as { readonly value: unknown };
      return value;
    },
    debug: (node) => engine.node(node)?.debug,
    health: (node) => engine.node(node)?.health.state ?? "missing",
    last: (loader = "") => engine.history.findLast((record) => record.loader === loader)!,
  };
  return test;
}

/** Opens sources without keeping anything on disk. */
export function feedOpener(clock: FakeClock, storage: string): OpenFeed {
  return async (def, args, { globalId, log, signal }) =>
    reconcile({
      source: await def.open(args as never, { log, clock, dataDir: join(storage, globalId) }),
      interval: def.interval(args as never),
      slot: undefined,
      clock,
      log,
      signal,
      random: () => 0.5,
    });
}
