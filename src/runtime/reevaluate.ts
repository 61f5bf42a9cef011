/**
 * When exports change, those who read them are evaluated again: changes gather while one round runs, each node once in a
 * round, direct dependants first and theirs in the next round. A node that fails keeps what it has and says so.
 */
import { messageOf } from "./unit.ts";
import { equal } from "#src/value/equal.ts";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { buildNode, markFailed } from "./build-node.ts";
import { Change } from "./change.ts";
import { encodeExports } from "./exports.ts";
import type { Host } from "./host.ts";
import { rebuildUsers } from "./import-users.ts";
import { isRunning, type Module, type NodeState } from "./module.ts";
import type { Serial } from "./serial.ts";
import { publish, type Build, type Stage } from "./stage.ts";
import { enact, findConflicts } from "./swap.ts";

export interface Reevaluation {
  stale(node: NodeState): void;
  spread(node: NodeState): void;
  /** Nodes whose changes have yet to be dealt with. */
  readonly waiting: number;
}

export function createReevaluation(host: () => Host, serial: Serial): Reevaluation {
  const stale = new Set<NodeState>();
  const spreading = new Map<NodeState, number>();
  let later = new Map<NodeState, number>();
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    void serial.run(async () => {
      scheduled = false;
      if (host().signal.aborted) return;
      await round();
      if (stale.size + spreading.size + later.size > 0) schedule();
    });
  };

  /** One round, so that a load which waits comes before the next. */
  const round = async (): Promise<void> => {
    for (const node of take(stale)) if (isRunning(node)) refresh(host(), node);
    const targets = later;
    later = new Map();
    for (const [node, since] of spreading) addDependants(node, since, targets);
    spreading.clear();
    const imported = [...targets.keys()].find((node) => node.compiled.of.kind === "import" && isRunning(node));
    for (const [node, since] of targets) {
      if (!isRunning(node)) targets.delete(node);
      else if (liesWithin(node, targets) || (imported !== undefined && node !== imported)) {
        later.set(node, since);
        targets.delete(node);
      }
    }
    if (targets.size > 0) await evaluateAll(host(), targets);
  };

  return {
    stale(node) {
      stale.add(node);
      schedule();
    },
    spread(node) {
      if (!spreading.has(node)) spreading.set(node, host().clock.now());
      schedule();
    },
    get waiting() {
      return stale.size + spreading.size + later.size;
    },
  };
}

function take<T>(set: Set<T>): T[] {
  const all = [...set];
  set.clear();
  return all;
}

function addDependants(node: NodeState, since: number, targets: Map<NodeState, number>): void {
  const { module } = node;
  for (const id of module.compiled?.dependants.get(node.id) ?? []) {
    const dependant = module.nodes.get(id);
    if (dependant !== undefined && dependant.compiled.of.kind !== "declare" && !targets.has(dependant)) {
      targets.set(dependant, since);
    }
  }
}

/** Whether one of the nodes around it is evaluated in the same round, which may replace it. */
function liesWithin(node: NodeState, targets: ReadonlyMap<NodeState, number>): boolean {
  for (let at = node.module.owner; at !== undefined; at = at.module.owner) if (targets.has(at)) return true;
  return false;
}

/** Shows what a component has published since. */
function refresh(host: Host, node: NodeState): void {
  const { of } = node;
  if (of.kind !== "component" || of.unit.exports === of.shown) return;
  const shown = of.unit.exports;
  const ports = new Map(of.ports);
  try {
    const exports = encodeExports(of.def, shown, ports, { globalId: node.globalId, taps: host.taps });
    node.of = { ...of, shown, ports };
    of.unit.judgeExports(undefined);
    if (!equal(exports, node.exports)) publish(host, node, exports);
  } catch (error) {
    node.of = { ...of, shown };
    of.unit.judgeExports(`publishing exports failed: ${messageOf(error)}`);
  }
}

async function evaluateAll(host: Host, targets: ReadonlyMap<NodeState, number>): Promise<void> {
  const counts = new Map<Module, number>();
  for (const { module } of targets.keys()) counts.set(module, (counts.get(module) ?? 0) + 1);
  for (const [module, count] of counts) host.controllers.of(module).queued(count);
  const begun = host.clock.now();
  const evaluated = await Promise.all(
    [...targets].map(async ([node, since]) => {
      const change = await evaluateLive(host, node);
      const controller = host.controllers.of(node.module);
      controller.evaluated(node, (begun - since) / 1000, (host.clock.now() - begun) / 1000);
      return { node, change };
    }),
  );
  for (const { node, change } of evaluated) enactLive(host, node, change);
  for (const module of counts.keys()) host.controllers.of(module).queued(0);
}

/** Evaluates one running node against the running graph; nothing changes yet. `forced` says why it is to be built anew. */
export async function evaluateLive(host: Host, node: NodeState, forced?: string): Promise<Change> {
  const change = new Change();
  const build: Build = { host, contents: new Map(), tolerant: false };
  // What an import holds reaches far beyond its direct dependants, so all of it changes in one step.
  if (node.compiled.of.kind === "import") await rebuildUsers(build, change, node);
  else await buildNode(liveStage(build, node.module), change, node.compiled, forced);
  return change;
}

/** Makes the evaluation of one node real, or marks it as failed. */
export function enactLive(host: Host, node: NodeState, change: Change): boolean {
  const gathered = change.gather();
  const diagnostics = gathered.diagnostics.length > 0 ? gathered.diagnostics : findConflicts(host, gathered);
  if (diagnostics.length > 0) {
    host.background(change.drop());
    const message = diagnostics.map(formatDiagnostic).join("; ");
    host.log.error("failed to evaluate component", { node_id: node.globalId, err: message });
    markFailed(host, node, message);
    return false;
  }
  enact(host, gathered);
  return true;
}

function liveStage(build: Build, module: Module): Stage {
  const { compiled, definitions } = module;
  if (compiled === undefined || definitions === undefined) throw new Error(`module ${module.id} does not run`);
  return {
    build,
    module,
    compiled,
    definitions,
    scope: module.scope,
    nodes: definitions.nodes,
    args: module.args,
    exports: new Map(),
    live: true,
    dirty: new Set(),
    failed: new Set(),
    environmentChanged: false,
  };
}
