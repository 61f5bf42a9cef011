/** Evaluates one component: keeps it where nothing changed, prepares an update where it can, builds a successor where it must. */
import type { Claim, ComponentDef } from "#src/component/define.ts";
import type { CompiledNode } from "#src/compile/types.ts";
import { DiagnosticError } from "#src/diag/diagnostic.ts";
import type { Infer, Shape } from "#src/schema/field.ts";
import type { Port } from "#src/signal/consumer.ts";
import type { Change } from "./change.ts";
import { encodeExports, pointPorts } from "./exports.ts";
import { DISCARD_DEADLINE } from "./host.ts";
import { equalArguments } from "#src/schema/equal.ts";
import { checkProblems, decodeArguments } from "./language.ts";
import type { ComponentKind, NodeState } from "./module.ts";
import { createRestarts } from "./restart.ts";
import { retireNode } from "./retire.ts";
import { adoptNode, commitEvaluated, showExports, type Stage } from "./stage.ts";
import { markSender } from "./traffic.ts";
import { messageOf, Unit, type UnitIdentity } from "./unit.ts";

type Of = Extract<CompiledNode["of"], { readonly kind: "component" }>;

/**
 * Throws when the node cannot be built; what was made until then is undone by dropping the change. Returns a promise only
 * where the component has to be waited for: most are there at once, and a large configuration has very many of them.
 */
export function buildComponent(
  stage: Stage,
  change: Change,
  compiled: CompiledNode,
  of: Of,
  forced?: string,
): void | Promise<void> {
  const running = stage.module.nodes.get(compiled.id);
  const before = running?.of.kind === "component" ? running.of : undefined;
  const args = decodeArguments(compiled.block, of.def.args, stage.scope);
  const unit = before?.def === of.def && forced === undefined ? before.unit : undefined;

  if (running !== undefined && before !== undefined && unit !== undefined && !unit.exited) {
    if (equalArguments(of.def.args, before.args, args)) {
      stage.nodes.set(compiled.id, running);
      change.step(running.globalId, "keep");
      showExports(stage, change, running, running.exports);
      commitEvaluated(stage, change, running, compiled);
      return;
    }
    checkProblems(of.def.check, args, compiled.block);
    if (unit.canUpdate) return updateUnit(stage, change, running, before, unit, compiled, args);
  } else checkProblems(of.def.check, args, compiled.block);
  const because = forced ?? (before !== undefined && before.def === of.def ? "arguments" : "definition");
  return replaceUnit(stage, change, compiled, of.def, args, because);
}

async function updateUnit(
  stage: Stage,
  change: Change,
  node: NodeState,
  before: ComponentKind,
  unit: Unit,
  compiled: CompiledNode,
  args: unknown,
): Promise<void> {
  const claims = findClaims(before.def, args);
  let update;
  try {
    update = await unit.prepare(markSender(before.def.args, args, node.globalId));
  } catch (error) {
    throw error instanceof DiagnosticError
      ? error
      : new Error(`updating component: ${messageOf(error)}`, { cause: error });
  }
  change.discard(update.discard);
  change.step(node.globalId, "update", "arguments");
  change.claim(node.globalId, claims, compiled.block);
  stage.nodes.set(compiled.id, node);
  const ports = new Map(before.ports);
  const shown = { ...before.shown, ...update.exports };
  const exports = encodeExports(before.def, shown, ports, { globalId: node.globalId, taps: stage.build.host.taps });
  change.commit(() => {
    node.of = { ...before, args, ports, shown };
    unit.apply(update);
    pointPorts(shown, ports);
  });
  showExports(stage, change, node, exports);
  commitEvaluated(stage, change, node, compiled);
}

function replaceUnit(
  stage: Stage,
  change: Change,
  compiled: CompiledNode,
  def: ComponentDef,
  args: unknown,
  because: string,
): void | Promise<void> {
  const { host } = stage.build;
  const claims = findClaims(def, args);
  const node = adoptNode(stage, compiled, () => ({ kind: "plain", args: undefined }));
  const owner = {
    component_path: stage.module.id === "" ? "/" : `/${stage.module.id}`,
    component_id: compiled.id,
  };
  const identity: UnitIdentity = {
    id: compiled.id,
    globalId: node.globalId,
    label: compiled.label,
    componentPath: owner.component_path,
    metrics: host.metricsOf(stage.module, owner),
  };
  const install = (unit: Unit): void =>
    installUnit(stage, change, compiled, node, unit, { def, args, claims, because });
  const created = Unit.create(host, identity, def, markSender(def.args, args, node.globalId));
  if (created instanceof Unit) return install(created);
  return created.then(install, (error: unknown) => {
    throw error instanceof DiagnosticError
      ? error
      : new Error(`building component: ${messageOf(error)}`, { cause: error });
  });
}

interface Successor {
  readonly def: ComponentDef;
  readonly args: unknown;
  readonly claims: readonly Claim[];
  readonly because: string;
}

/** A unit that was created becomes part of the change. */
function installUnit(
  stage: Stage,
  change: Change,
  compiled: CompiledNode,
  node: NodeState,
  unit: Unit,
  { def, args, claims, because }: Successor,
): void {
  const { host } = stage.build;
  const running = stage.module.nodes.get(compiled.id);
  const ports = new Map<string, Port>(running?.of.kind === "component" ? running.of.ports : undefined);
  change.discard(() => unit.stop(DISCARD_DEADLINE));
  const shown = unit.exports;
  const exports = encodeExports(def, shown, ports, { globalId: node.globalId, taps: host.taps });
  change.step(node.globalId, running === undefined ? "create" : "replace", running === undefined ? "" : because);
  if (claims.length > 0 || running !== undefined) change.claim(node.globalId, claims, compiled.block);
  if (running !== undefined) retireNode(host, change, running, false);
  const restarts = running?.of.kind === "component" ? running.of.restarts : createRestarts();
  const kind: ComponentKind = { kind: "component", def, unit, args, shown, ports, restarts };
  change.commit(() => {
    node.of = kind;
    unit.listen({
      exported: () => {
        if (node.of.kind !== "component" || node.of.unit !== unit) return;
        pointPorts(unit.exports, node.of.ports);
        host.stale(node);
      },
      healthChanged: () => host.healthChanged(node),
      exited: () => host.exited(node),
    });
    pointPorts(shown, ports);
    if (unit.exports !== shown) host.stale(node);
  });
  change.start(unit);
  showExports(stage, change, node, exports);
  commitEvaluated(stage, change, node, compiled);
}

function findClaims(def: ComponentDef, args: unknown): readonly Claim[] {
  return def.claims?.(args as Infer<Shape>) ?? [];
}
