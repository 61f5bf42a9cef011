/** Metrics of modules under the names that Alloy gives them (specification 9). */
import type { HealthState } from "#src/component/define.ts";
import type { CompiledModule } from "#src/compile/types.ts";
import type { OwnedMetrics } from "#src/util/metric-store.ts";
import { dataFlows } from "./flows.ts";
import type { Module, NodeState } from "./module.ts";
import { healthOf } from "./node-health.ts";

export interface ControllerMetrics {
  evaluating(on: boolean): void;
  /** Nodes that wait to be evaluated. */
  queued(count: number): void;
  /** One node was evaluated because of changed exports: seconds it waited and seconds it took. */
  evaluated(node: NodeState, waited: number, took: number): void;
}

export interface Controllers {
  open(module: Module): void;
  close(module: Module): void;
  of(module: Module): ControllerMetrics;
}

const BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600];
const SLOW = 60;
const RUNNING = "alloy_component_controller_running_components";
const CONNECTION = "alloy_component_graph_connection";

const silent: ControllerMetrics = { evaluating() {}, queued() {}, evaluated() {} };

export function createControllers(metrics: (owner: Readonly<Record<string, string>>) => OwnedMetrics): Controllers {
  const known = new Map<Module, { readonly metrics: OwnedMetrics; readonly controller: ControllerMetrics }>();
  return {
    open(module) {
      if (!module.measured || known.has(module)) return;
      const owned = metrics(labelsOf(module));
      known.set(module, { metrics: owned, controller: instrument(module, owned) });
    },
    close(module) {
      known.get(module)?.metrics.dispose();
      known.delete(module);
    },
    of: (module) => known.get(module)?.controller ?? silent,
  };
}

/** Root: `/` and nothing; `a.b/c.d`: path `/a.b`, id `c.d`. */
function labelsOf({ id }: Module): Readonly<Record<string, string>> {
  const slash = id.lastIndexOf("/");
  return { controller_path: `/${slash < 0 ? "" : id.slice(0, slash)}`, controller_id: id.slice(slash + 1) };
}

function instrument(module: Module, metrics: OwnedMetrics): ControllerMetrics {
  const evaluating = metrics.gauge(
    "alloy_component_controller_evaluating",
    "Tracks if the controller is currently in the middle of a graph evaluation",
  );
  const queue = metrics.gauge(
    "alloy_component_evaluation_queue_size",
    "Tracks the number of components waiting to be evaluated in the worker pool",
  );
  const took = metrics.histogram(
    "alloy_component_evaluation_seconds",
    "Time spent performing component evaluation after components have been updated",
    BUCKETS,
  );
  const waited = metrics.histogram(
    "alloy_component_dependencies_wait_seconds",
    "Time spent by components waiting to be evaluated after any of their dependencies were updated",
    BUCKETS,
  );
  evaluating.set(0);
  queue.set(0);
  metrics.beforeCollect(countRunning(module, metrics));
  metrics.beforeCollect(showConnections(module, metrics));
  return {
    evaluating: (on) => evaluating.set(on ? 1 : 0),
    queued: (count) => queue.set(count),
    evaluated(node, wait, seconds) {
      waited.observe(wait);
      took.observe(seconds);
      if (seconds < SLOW) return;
      const help = "Number of seconds spent evaluating components that take longer than 1 minute to evaluate";
      metrics.counter("alloy_component_evaluation_slow_seconds", help, { component_id: node.id }).inc(seconds);
    },
  };
}

/** Components, `foreach` blocks and imports of a module by their health. */
function countRunning(module: Module, metrics: OwnedMetrics): () => void {
  let shown = new Set<HealthState>();
  return () => {
    const counts = new Map<HealthState, number>();
    for (const node of module.nodes.values()) {
      if (!isCounted(node)) continue;
      const { state } = healthOf(node);
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    for (const [health_type, count] of counts) {
      metrics.gauge(RUNNING, "Total number of running components.", { health_type }).set(count);
    }
    for (const health_type of shown) if (!counts.has(health_type)) metrics.remove(RUNNING, { health_type });
    shown = new Set(counts.keys());
  };
}

function isCounted({ compiled: { of } }: NodeState): boolean {
  return (
    of.kind === "component" ||
    of.kind === "custom" ||
    of.kind === "import" ||
    (of.kind === "block" && of.def.name === "foreach")
  );
}

function showConnections(module: Module, metrics: OwnedMetrics): () => void {
  let shown: CompiledModule | undefined;
  let edges: readonly (readonly [string, string])[] = [];
  return () => {
    if (module.compiled === shown) return;
    for (const [from, to] of edges) metrics.remove(CONNECTION, { from, to });
    shown = module.compiled;
    edges = shown === undefined ? [] : dataFlows(module);
    for (const [from, to] of edges) {
      metrics.gauge(CONNECTION, "Graph connections", { from, to }).set(1);
    }
  };
}
