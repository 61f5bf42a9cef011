/** Blocks that hold values or settings rather than components: `argument`, `export`, `declare` and process services. */
import type { CompiledNode } from "#src/compile/types.ts";
import { equalArguments } from "#src/schema/equal.ts";
import { equal } from "#src/value/equal.ts";
import type { Value } from "#src/value/value.ts";
import type { Change } from "./change.ts";
import { checkProblems, decodeArguments } from "./language.ts";
import type { PlainKind } from "./module.ts";
import { retireNode } from "./retire.ts";
import { adoptNode, commitEvaluated, nothing, publish, showExports, type Stage } from "./stage.ts";

type Of = Extract<CompiledNode["of"], { readonly kind: "block" }>;

interface ArgumentBlock {
  readonly optional: boolean;
  readonly default: Value;
}

const plain = (): PlainKind => ({ kind: "plain", args: undefined });

export async function buildDeclare(stage: Stage, change: Change, compiled: CompiledNode): Promise<void> {
  become(stage, change, compiled, undefined);
}

/** Readable as `argument.<label>.value`: what the caller passed, or else its default. */
export async function buildArgument(stage: Stage, change: Change, compiled: CompiledNode, of: Of): Promise<void> {
  const args = decodeArguments(compiled.block, of.def.args, stage.scope) as ArgumentBlock;
  const passed = stage.args.get(compiled.label);
  if (passed === undefined && !args.optional) {
    throw new Error(`missing required argument "${compiled.label}" to module`);
  }
  const node = become(stage, change, compiled, args);
  showExports(stage, change, node, new Map<string, Value>([["value", passed ?? args.default]]));
}

/** Readable on the instance as `<its id>.<label>`. */
export async function buildExport(stage: Stage, change: Change, compiled: CompiledNode, of: Of): Promise<void> {
  const { value } = decodeArguments(compiled.block, of.def.args, stage.scope) as { readonly value: Value };
  become(stage, change, compiled, undefined);
  if (!stage.live) {
    stage.exports.set(compiled.label, value);
    return;
  }
  const { module, build } = stage;
  change.commit(() => {
    const old = module.exports.get(compiled.label);
    if (old !== undefined && equal(old, value)) return;
    module.exports = new Map([...module.exports, [compiled.label, value]]);
    if (module.owner !== undefined) publish(build.host, module.owner, module.exports);
  });
}

/** A block of the process: its service prepares, the swap applies. */
export async function buildService(stage: Stage, change: Change, compiled: CompiledNode, of: Of): Promise<void> {
  const { name } = of.def;
  const service = stage.build.host.options.services.get(name);
  if (service === undefined) throw new Error(`block "${name}" is not supported here`);
  const args = decodeArguments(compiled.block, of.def.args, stage.scope);
  checkProblems(of.def.check, args, compiled.block);
  const running = stage.module.nodes.get(compiled.id)?.of;
  if (running?.kind !== "plain" || running.args === undefined || !equalArguments(of.def.args, running.args, args)) {
    change.commit(await service.prepare(args));
    change.step(compiled.id, running === undefined ? "create" : "update", running === undefined ? "" : "arguments");
  } else change.step(compiled.id, "keep");
  become(stage, change, compiled, args);
}

function become(stage: Stage, change: Change, compiled: CompiledNode, args: unknown) {
  const running = stage.module.nodes.get(compiled.id);
  const node = adoptNode(stage, compiled, plain);
  if (running !== undefined && running.of.kind !== "plain") {
    retireNode(stage.build.host, change, running, false);
    change.commit(() => void (node.exports = nothing));
  }
  change.commit(() => void (node.of = { kind: "plain", args }));
  commitEvaluated(stage, change, node, compiled);
  return node;
}
