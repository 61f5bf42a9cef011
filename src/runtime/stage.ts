/** The version of one module that is being built, beside the one that runs. */
import type { CompiledModule, CompiledNode } from "#src/compile/types.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { spanOf } from "#src/syntax/spans.ts";
import { DiagnosticError, type Diagnostic } from "#src/diag/diagnostic.ts";
import { SourceError } from "#src/source/define.ts";
import { equal } from "#src/value/equal.ts";
import type { ObjectValue, Value } from "#src/value/value.ts";
import type { Change } from "./change.ts";
import type { Definitions } from "./definitions.ts";
import type { Host } from "./host.ts";
import type { ImportContent, Module, NodeKind, NodeState } from "./module.ts";
import type { ModuleScope } from "./scope.ts";
import { messageOf } from "./unit.ts";

/** One attempt, with all modules it reaches. */
export interface Build {
  readonly host: Host;
  /** What imports will hold if this attempt succeeds. */
  readonly contents: Map<NodeState, ImportContent>;
  /** A node that fails keeps its last good arguments and holds back nothing else: Alloy's way. */
  readonly tolerant: boolean;
}

export interface Stage {
  readonly build: Build;
  readonly module: Module;
  readonly compiled: CompiledModule;
  readonly definitions: Definitions;
  readonly scope: ModuleScope;
  readonly nodes: Map<string, NodeState>;
  readonly args: ObjectValue;
  readonly exports: Map<string, Value>;
  /** Single nodes of the running version are evaluated, rather than a version of its own. */
  readonly live: boolean;
  /** Nodes whose values differ from those of the running version. */
  readonly dirty: Set<string>;
  /** Nodes that failed, and those that need them. */
  readonly failed: Set<string>;
  /** Something outside the module that expressions see has changed. */
  readonly environmentChanged: boolean;
}

export function globalIdOf(module: Module, id: string): string {
  return module.id === "" ? id : `${module.id}/${id}`;
}

/** The running node, or one that comes into being with this change. */
export function adoptNode(stage: Stage, compiled: CompiledNode, make: () => NodeKind): NodeState {
  const running = stage.module.nodes.get(compiled.id);
  const node = running ?? {
    id: compiled.id,
    globalId: globalIdOf(stage.module, compiled.id),
    module: stage.module,
    compiled,
    exports: nothing,
    evaluated: { state: "unknown", message: "component created", fault: "own", at: stage.build.host.clock.now() },
    of: make(),
  };
  stage.nodes.set(compiled.id, node);
  return node;
}

export const nothing: ObjectValue = new Map();

/** Shows a node's values to the rest of the stage; to the running graph with the swap. */
export function showExports(stage: Stage, change: Change, node: NodeState, exports: ObjectValue): void {
  if (!stage.module.nodes.has(node.id)) {
    // Nobody sees a new node before the swap.
    node.exports = exports;
    stage.scope.set(node.id, exports);
    stage.dirty.add(node.id);
    return;
  }
  const same = exports === node.exports || equal(exports, node.exports);
  const shown = same ? node.exports : exports;
  if (!stage.live) {
    stage.scope.set(node.id, shown);
    if (!same) stage.dirty.add(node.id);
    change.commit(() => void (node.exports = shown));
  } else if (!same) {
    change.commit(() => publish(stage.build.host, node, shown));
  }
}

/** Outside of builds: new values of a node become what others see, and its dependants are told. */
export function publish(host: Host, node: NodeState, exports: ObjectValue): void {
  node.exports = exports;
  node.module.scope.set(node.id, exports);
  host.spread(node);
}

/** Marks the outcome of an evaluation that succeeded. */
export function commitEvaluated(stage: Stage, change: Change, node: NodeState, compiled: CompiledNode): void {
  const { host } = stage.build;
  if (!stage.module.nodes.has(node.id)) {
    node.evaluated = { state: "healthy", message: "component evaluated", fault: "own", at: host.clock.now() };
    return;
  }
  change.commit(() => {
    node.compiled = compiled;
    const was = node.evaluated;
    if (was.state !== "healthy") {
      node.evaluated = { state: "healthy", message: "component evaluated", fault: "own", at: host.clock.now() };
      host.healthChanged(node);
    }
  });
}

/**
 * Records why a node failed. Diagnostics keep their own places; anything else becomes one on the node's block, worded as
 * its kind demands (specification 4.5).
 */
export function failNode(change: Change, compiled: CompiledNode, error: unknown): void {
  const world = error instanceof SourceError && (error.kind === "network" || error.kind === "auth");
  if (error instanceof DiagnosticError) change.fail(error.diagnostics, world);
  else change.fail([wrap(compiled, messageOf(error))], world);
}

function wrap(compiled: CompiledNode, message: string): Diagnostic {
  const { of, block } = compiled;
  const prefix =
    of.kind === "component" || of.kind === "custom" || (of.kind === "block" && of.def.name === "foreach")
      ? "Failed to build component"
      : of.kind === "block" && of.def.service
        ? "Failed to evaluate service"
        : "Failed to evaluate node for config block";
  return problemAt(spanOf(block), "evaluation-failed", `${prefix}: ${message}`);
}
