/** After a swap: health is watched for the grace period, and what turns bad by its own fault calls the change back. */
import type { Health } from "#src/component/define.ts";
import type { Host } from "./host.ts";
import type { Module, NodeState } from "./module.ts";
import { isBroken, runningHealth, walkNodes } from "./node-health.ts";

export interface Settlement {
  /** Where the change took place. */
  readonly module: Module;
  /** Nodes that this change is answerable for. */
  readonly covers: (node: NodeState) => boolean;
  /** Global ids of those that were broken before. */
  readonly exempt: ReadonlySet<string>;
  readonly healthy: () => void;
  readonly failed: (node: NodeState, health: Health) => void;
}

export interface Settling {
  /** Watches from now on; the returned function ends the watch without a verdict. */
  begin(settlement: Settlement): () => void;
  /** Tells of a node whose health changed; true if that calls a change back. */
  observe(node: NodeState): boolean;
  /** Ends all watches without verdicts. */
  end(): void;
}

export function createSettling(host: () => Host): Settling {
  const active = new Map<Settlement, () => void>();
  const end = (settlement: Settlement): boolean => {
    active.get(settlement)?.();
    return active.delete(settlement);
  };
  const observe = (node: NodeState): boolean => {
    if (active.size === 0 || !isBroken(node)) return false;
    const health = runningHealth(node);
    if (health.fault !== "own") return false;
    const answerable = [...active.keys()].findLast(({ covers, exempt }) => !exempt.has(node.globalId) && covers(node));
    if (answerable === undefined) return false;
    end(answerable);
    answerable.failed(node, health);
    return true;
  };
  return {
    observe,
    begin(settlement) {
      const { clock, options } = host();
      const cancel = clock.after(options.grace, () => {
        if (end(settlement)) settlement.healthy();
      });
      active.set(settlement, cancel);
      // What broke in the swap itself.
      for (const node of walkNodes(settlement.module)) if (observe(node)) break;
      return () => void end(settlement);
    },
    end() {
      for (const settlement of active.keys()) end(settlement);
    },
  };
}

/** Whether a node lies at or below another. */
export function isWithin(node: NodeState, ancestor: NodeState): boolean {
  for (let at: NodeState | undefined = node; at !== undefined; at = at.module.owner) if (at === ancestor) return true;
  return false;
}
