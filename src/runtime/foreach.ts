/** `foreach`: one child module for each item. Children whose item and surroundings are as before are left alone (specification 5.9). */
import type { CompiledNode } from "#src/compile/types.ts";
import { findTemplate, withoutTemplate, withoutTemplateField } from "#src/compile/foreach.ts";
import { equal } from "#src/value/equal.ts";
import type { Value } from "#src/value/value.ts";
import { buildModule } from "./build.ts";
import type { Change } from "./change.ts";
import { findField, fingerprint } from "./fingerprint.ts";
import type { Host } from "./host.ts";
import { decodeArguments } from "./language.ts";
import { createModule, type ForeachChild, type ForeachKind, type NodeState } from "./module.ts";
import { retireModule, retireNode } from "./retire.ts";
import { adoptNode, commitEvaluated, nothing, type Stage } from "./stage.ts";

type Of = Extract<CompiledNode["of"], { readonly kind: "block" }>;

interface Args {
  readonly collection: readonly Value[];
  readonly var: string;
  readonly id: string;
  readonly hash_string_id: boolean;
  readonly enable_metrics: boolean;
}

/** Children that are built at the same time. */
const TOGETHER = 64;

export async function buildForeach(stage: Stage, change: Change, compiled: CompiledNode, of: Of): Promise<void> {
  const { host } = stage.build;
  const template = findTemplate(compiled.block);
  if (template === undefined) throw new Error("the block template is missing in the foreach block");
  const fields = withoutTemplateField(of.def.args);
  const args = decodeArguments(withoutTemplate(compiled.block), fields, stage.scope) as unknown as Args;
  const inScope = (name: string): boolean => name === args.var || stage.scope.lookup(name) !== undefined;
  const body = await host.bodies.compile("foreach", template, stage.definitions.registry, inScope, args.var);

  const running = stage.module.nodes.get(compiled.id);
  const before = running?.of.kind === "foreach" ? running.of : undefined;
  const node = adoptNode(stage, compiled, () => ({ kind: "plain", args: undefined }));
  const measured = stage.module.measured && args.enable_metrics;
  const reusable = before?.measured === measured ? before.children : undefined;
  const environmentChanged =
    stage.live || stage.environmentChanged || compiled.needs.some((need) => stage.dirty.has(need));

  const children = new Map<string, ForeachChild>();
  let building: Promise<unknown>[] = [];
  for (const [key, item] of nameItems(args, host, node)) {
    const old = reusable?.get(key);
    const module =
      old?.module ?? createModule({ id: `${node.globalId}/${key}`, owner: node, measured }, stage.module.scope);
    children.set(key, { module, item });
    building.push(
      buildModule(stage.build, change.part(), module, {
        compiled: body,
        definitions: {
          registry: body.registry,
          origin: stage.definitions.origin,
          outer: stage.definitions,
          nodes: new Map(),
        },
        variables: new Map([[args.var, item]]),
        outer: stage.scope,
        args: nothing,
        environmentChanged: environmentChanged || old === undefined || !equal(old.item, item),
      }),
    );
    if (building.length === TOGETHER) {
      await Promise.all(building);
      building = [];
    }
  }
  await Promise.all(building);
  if (change.failed) return;

  for (const [key, { module }] of before?.children ?? []) {
    if (children.get(key)?.module !== module) retireModule(host, change, module);
  }
  if (running !== undefined && before === undefined) retireNode(host, change, running, false);
  change.step(node.globalId, running === undefined ? "create" : sameChildren(before, children) ? "keep" : "update");
  const kind: ForeachKind = { kind: "foreach", measured, children };
  change.commit(() => {
    node.of = kind;
    node.exports = nothing;
  });
  commitEvaluated(stage, change, node, compiled);
}

/** Children in the order of the collection. What has the same fingerprint is told apart by a count. */
function nameItems(args: Args, host: Host, node: NodeState): Map<string, Value> {
  const named = new Map<string, Value>();
  const counts = new Map<string, number>();
  for (const item of args.collection) {
    let id = item;
    if (args.id !== "") {
      const field = findField(item, args.id);
      if (field === undefined) {
        host.log.warn("specified id not found in collection item", { node_id: node.globalId, id: args.id });
      } else id = field;
    }
    const name = `foreach_${fingerprint(id, args.hash_string_id)}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    named.set(`${name}_${count}`, item);
  }
  return named;
}

function sameChildren(before: ForeachKind | undefined, children: ReadonlyMap<string, ForeachChild>): boolean {
  if (before?.children.size !== children.size) return false;
  for (const [key, { module, item }] of children) {
    const old = before.children.get(key);
    if (old?.module !== module || !equal(old.item, item)) return false;
  }
  return true;
}
