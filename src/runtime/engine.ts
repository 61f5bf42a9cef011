/**
 * The engine: loads configurations, runs what they describe, keeps it up to date with sources and exports, and shows its
 * state as data. All changes go through one queue, one at a time; every one of them is built beside what runs and becomes
 * real in one synchronous step.
 */
import { createBodies } from "./bodies.ts";
import { Change } from "./change.ts";
import { createControllers } from "./controller-metrics.ts";
import { createEngineMetrics } from "./engine-metrics.ts";
import { createHistory } from "./history.ts";
import type { OwnedMetrics } from "#src/util/metric-store.ts";
import type { EngineOptions, Host } from "./host.ts";
import { createImportUpdates } from "./import-update.ts";
import { detailNode, findHandler, listNodes } from "./info.ts";
import { createLoader } from "./loader.ts";
import { createModule, isRunning, type NodeState } from "./module.ts";
import { walkNodes } from "./node-health.ts";
import { createReevaluation, enactLive, evaluateLive } from "./reevaluate.ts";
import { createResources } from "./resources.ts";
import { retireNode } from "./retire.ts";
import { createSerial } from "./serial.ts";
import { createSettling } from "./settle.ts";
import { stopInOrder } from "./swap.ts";
import type { Engine } from "./types.ts";
import { Taps } from "#src/signal/taps.ts";
import { noMetrics } from "#src/util/metrics.ts";

const unmeasured: OwnedMetrics = { ...noMetrics, dispose() {} };

export function createEngine(options: EngineOptions): Engine {
  const { clock, log } = options;
  const ending = new AbortController();
  const serial = createSerial();
  const history = createHistory();
  const timers = new Set<() => void>();
  const background = new Set<Promise<void>>();
  const restarting = new WeakSet<NodeState>();
  const root = createModule({ id: "", owner: undefined, measured: true }, undefined);
  const metrics = createEngineMetrics(options.metrics({}), clock);

  const after = (ms: number, callback: () => void): void => {
    if (ending.signal.aborted) return;
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      callback();
    });
    timers.add(cancel);
  };

  const host: Host = {
    options,
    clock,
    log,
    resources: createResources(),
    taps: new Taps(),
    signal: ending.signal,
    modules: new Map(),
    claims: new Map(),
    bodies: createBodies(options),
    controllers: createControllers(options.metrics),
    metricsOf: (module, owner) => (module.measured ? options.metrics(owner) : unmeasured),
    stale: (node) => reevaluation.stale(node),
    spread: (node) => reevaluation.spread(node),
    healthChanged: (node) => void settling.observe(node),
    exited: (node) => {
      if (!settling.observe(node)) restartLater(node);
    },
    arrived: (node) => imports.arrived(node),
    installed: (node, content) =>
      after(options.grace, () => {
        if (!isRunning(node) || node.of.kind !== "import" || node.of.content !== content) return;
        const kept = node.of.feed?.applied(content.bundle);
        if (kept === undefined) return;
        host.background(kept.catch((error: unknown) => log.warn("failed to keep imported content", { err: error })));
      }),
    after,
    background: (work) => {
      const tracked = work.finally(() => background.delete(tracked));
      background.add(tracked);
    },
    findHandler: (path) => findHandler(host.modules, path),
  };
  const reevaluation = createReevaluation(() => host, serial);
  const settling = createSettling(() => host);
  const imports = createImportUpdates(() => host, { serial, history, settling, metrics });

  const restartLater = (node: NodeState): void => {
    if (restarting.has(node) || node.of.kind !== "component") return;
    restarting.add(node);
    const { unit, restarts } = node.of;
    const ran = unit.startedAt === undefined ? 0 : clock.now() - unit.startedAt;
    after(restarts.next(ran), () => {
      restarting.delete(node);
      void serial.run(() => restart(node));
    });
  };
  const restart = async (node: NodeState): Promise<void> => {
    if (ending.signal.aborted || !isRunning(node) || node.of.kind !== "component" || !node.of.unit.exited) return;
    if (!enactLive(host, node, await evaluateLive(host, node, "it ended by itself"))) restartLater(node);
  };
  const recover = (): void => {
    for (const node of walkNodes(root)) if (node.of.kind === "component" && node.of.unit.exited) restartLater(node);
  };
  const loader = createLoader({ host, root, serial, history, settling, metrics, recover });

  const stop = async (): Promise<void> => {
    ending.abort(new Error("the engine is stopping"));
    for (const cancel of timers) cancel();
    timers.clear();
    await serial.run(async () => {
      const change = new Change();
      for (const node of root.nodes.values()) retireNode(host, change, node);
      const { commits, stops } = change.gather();
      await stopInOrder(host, stops);
      for (const commit of commits) commit();
      root.nodes = new Map();
      host.modules.clear();
      host.claims.clear();
      host.controllers.close(root);
    });
    await Promise.all(background);
    settling.end();
    metrics.dispose();
  };
  let stopped: Promise<void> | undefined;

  return {
    get current() {
      return loader.current;
    },
    get history() {
      return history.records;
    },
    load: (bundle, cause) => loader.load(bundle, cause),
    rollback: (number) => loader.rollback(number),
    nodes: (moduleId) => listNodes(host.modules, moduleId),
    node: (globalId) => detailNode(host.modules, globalId),
    handler: (path) => findHandler(host.modules, path),
    taps: host.taps,
    onChange: (listener) => history.onChange(listener),
    stop: () => (stopped ??= stop()),
  };
}
