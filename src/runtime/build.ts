/**
 * Builds a version of a module beside the one that runs. Nodes are evaluated after what they need, otherwise together;
 * one whose text and inputs are as before is kept without evaluating it. Every failure is reported, not just the first.
 */
import type { CompiledModule, CompiledNode } from "#src/compile/types.ts";
import { equal } from "#src/value/equal.ts";
import type { ObjectValue, Value } from "#src/value/value.ts";
import { buildNode } from "./build-node.ts";
import type { Change } from "./change.ts";
import type { Definitions } from "./definitions.ts";
import type { Module, NodeState } from "./module.ts";
import { retireNode } from "./retire.ts";
import { ModuleScope } from "./scope.ts";
import type { Build, Stage } from "./stage.ts";
import type { Scope } from "#src/vm/scope.ts";

export interface ModuleVersion {
  readonly compiled: CompiledModule;
  /** Its `nodes` are empty; the build fills them. */
  readonly definitions: Definitions;
  readonly variables: ReadonlyMap<string, Value>;
  /** The scope around it as the same change stages it: that of a `foreach`. */
  readonly outer: Scope | undefined;
  readonly args: ObjectValue;
  /** Something outside the module that its expressions see has changed. */
  readonly environmentChanged: boolean;
  /** Nodes whose dependants are to be evaluated again. */
  readonly dirty?: Iterable<string>;
}

/** Nodes that are evaluated at the same time, where they do not need one another. */
const CONCURRENCY = 256;

/** Resolves with the values of the module's export blocks. Whether it succeeded, the change knows. */
export async function buildModule(
  build: Build,
  change: Change,
  module: Module,
  version: ModuleVersion,
): Promise<ObjectValue> {
  const dirty = new Set(version.dirty);
  if (dirty.size === 0 && isUnchanged(build, module, version)) return module.exports;
  const stage = openStage(build, module, version, dirty);
  const evaluating = new Map<string, Promise<void>>();
  for (const id of version.compiled.order) {
    const node = version.compiled.nodes.get(id)!;
    const waits = evaluating.size === 0 ? [] : node.needs.flatMap((need) => evaluating.get(need) ?? []);
    if (waits.length === 0 && keepNode(stage, change, node)) continue;
    const part = change.part();
    const building = waits.length === 0 ? buildNode(stage, part, node) : waitAndBuild(stage, part, node, waits);
    if (!(building instanceof Promise)) continue;
    evaluating.set(
      id,
      building.finally(() => evaluating.delete(id)),
    );
    if (evaluating.size >= CONCURRENCY) await Promise.all(evaluating.values());
  }
  await Promise.all(evaluating.values());
  for (const node of module.nodes.values()) {
    if (stage.nodes.get(node.id) !== node) retireNode(build.host, change, node);
  }
  const exports = equal(stage.exports, module.exports) ? module.exports : stage.exports;
  change.commit(() => adopt(stage, version, exports));
  return exports;
}

async function waitAndBuild(stage: Stage, part: Change, node: CompiledNode, waits: readonly Promise<void>[]) {
  await Promise.all(waits);
  if (!keepNode(stage, part, node)) await buildNode(stage, part, node);
}

function isUnchanged(build: Build, module: Module, version: ModuleVersion): boolean {
  return (
    module.compiled === version.compiled &&
    !version.environmentChanged &&
    build.contents.size === 0 &&
    equal(module.args, version.args)
  );
}

function openStage(build: Build, module: Module, version: ModuleVersion, dirty: Set<string>): Stage {
  return {
    build,
    module,
    compiled: version.compiled,
    definitions: version.definitions,
    scope: new ModuleScope(version.outer, version.variables),
    nodes: version.definitions.nodes,
    args: version.args,
    exports: new Map<string, Value>(),
    live: false,
    dirty,
    failed: new Set(),
    environmentChanged: version.environmentChanged,
  };
}

/** Keeps a running node as it is when neither its text nor anything it reads has changed. */
function keepNode(stage: Stage, change: Change, compiled: CompiledNode): boolean {
  const running = stage.module.nodes.get(compiled.id);
  if (running === undefined || stage.environmentChanged || running.evaluated.state !== "healthy") return false;
  if (!isEvaluatedOnlyWhenChanged(stage, running) || !isSame(running.compiled, compiled)) return false;
  for (const need of compiled.needs) if (stage.dirty.has(need) || stage.failed.has(need)) return false;
  stage.nodes.set(compiled.id, running);
  stage.scope.set(running.id, running.exports);
  change.step(running.globalId, "keep");
  return true;
}

function isEvaluatedOnlyWhenChanged(stage: Stage, running: NodeState): boolean {
  switch (running.of.kind) {
    case "component":
      return !running.of.unit.exited;
    case "custom":
    case "foreach":
      return stage.module.compiled === stage.compiled && stage.build.contents.size === 0;
    default:
      return false;
  }
}

function isSame(a: CompiledNode, b: CompiledNode): boolean {
  if (a === b) return true;
  if (a.of.kind === "component" && (b.of.kind !== "component" || a.of.def !== b.of.def)) return false;
  if (a.needs.length !== b.needs.length || a.needs.some((need, i) => need !== b.needs[i])) return false;
  const [left, right] = [a.block, b.block];
  if (left.end - left.start !== right.end - right.start) return false;
  return left.source.text.slice(left.start, left.end) === right.source.text.slice(right.start, right.end);
}

/** Part of the swap: what was staged is what runs. */
function adopt(stage: Stage, version: ModuleVersion, exports: ObjectValue): void {
  const { module, compiled, nodes, scope, args, build } = stage;
  module.compiled = compiled;
  module.definitions = version.definitions;
  module.nodes = nodes;
  module.variables = version.variables;
  module.args = args;
  module.exports = exports;
  module.scope.adopt(scope);
  for (const node of nodes.values()) node.compiled = compiled.nodes.get(node.id) ?? node.compiled;
  build.host.modules.set(module.id, module);
  build.host.controllers.open(module);
}
