/** Takes nodes out of the running graph: producers stop before consumers, each with a deadline (see `Stopping`). */
import type { CompiledModule } from "#src/compile/types.ts";
import type { Change } from "./change.ts";
import type { Host } from "./host.ts";
import type { Module, NodeState } from "./module.ts";

const levels = new WeakMap<CompiledModule, ReadonlyMap<string, number>>();

/** For each node how many steps lie between it and the furthest node that depends on it. */
function levelsOf(compiled: CompiledModule): ReadonlyMap<string, number> {
  let known = levels.get(compiled);
  if (known === undefined) {
    const found = new Map<string, number>();
    for (const id of compiled.order.toReversed()) {
      let level = 0;
      for (const dependant of compiled.dependants.get(id) ?? []) {
        level = Math.max(level, (found.get(dependant) ?? 0) + 1);
      }
      found.set(id, level);
    }
    levels.set(compiled, (known = found));
  }
  return known;
}

function rankOf(node: NodeState): number[] {
  const rank: number[] = [];
  for (let at: NodeState | undefined = node; at !== undefined; at = at.module.owner) {
    const { compiled } = at.module;
    rank.unshift(compiled === undefined ? 0 : (levelsOf(compiled).get(at.id) ?? 0));
  }
  return rank;
}

/** Stops the component that a node has now, once the swap is done. */
function stopUnit(host: Host, change: Change, node: NodeState): void {
  if (node.of.kind !== "component") return;
  const { unit } = node.of;
  change.stop({
    rank: rankOf(node),
    name: node.globalId,
    stop: () => unit.stop(host.options.shutdownDeadline),
  });
}

/** Everything a node owns goes with the swap. `report` adds it and what lies below it to the plan. */
export function retireNode(host: Host, change: Change, node: NodeState, report = true): void {
  if (report) change.step(node.globalId, "remove");
  switch (node.of.kind) {
    case "component":
      if (report) change.claim(node.globalId, []);
      stopUnit(host, change, node);
      break;
    case "custom":
      retireModule(host, change, node.of.child);
      break;
    case "foreach":
      for (const { module } of node.of.children.values()) retireModule(host, change, module);
      break;
    case "import": {
      const { feed, content } = node.of;
      retireModule(host, change, content.module);
      if (feed !== undefined) {
        change.stop({ rank: rankOf(node), name: node.globalId, stop: () => feed.close() });
      }
      break;
    }
    case "plain":
  }
}

export function retireModule(host: Host, change: Change, module: Module): void {
  for (const node of module.nodes.values()) retireNode(host, change, node);
  change.commit(() => {
    if (host.modules.get(module.id) === module) host.modules.delete(module.id);
    host.controllers.close(module);
  });
}
