import type { Health } from "#src/component/define.ts";
import { isBad, leastHealthy, ofChild } from "./health.ts";
import type { Module, NodeState } from "./module.ts";

/** Whether what runs of a node works: its last evaluation, its component. */
export function runningHealth({ of, evaluated }: NodeState): Health {
  return of.kind === "component" ? leastHealthy(evaluated, of.unit.health) : evaluated;
}

/** Whether `runningHealth` is bad, for who asks all nodes. */
export function isBroken({ of, evaluated }: NodeState): boolean {
  return isBad(evaluated) || (of.kind === "component" && of.unit.broken);
}

/** A node by itself: also that an import's newest content is not in use, or its source out of reach. */
function ownHealth(node: NodeState): Health {
  const { of } = node;
  if (of.kind !== "import") return runningHealth(node);
  return leastHealthy(node.evaluated, of.refused?.health, sourceHealth(of.feed?.status()));
}

/** A node and everything inside it: the worst of them is what it shows. */
export function healthOf(node: NodeState): Health {
  let worst = ownHealth(node);
  for (const module of modulesOf(node)) {
    for (const child of module.nodes.values()) {
      const health = healthOf(child);
      if (isBad(health)) worst = leastHealthy(worst, ofChild(child.id, health));
    }
  }
  return worst;
}

/** The modules that a node owns. */
export function modulesOf(node: NodeState): Module[] {
  const { of } = node;
  if (of.kind === "custom") return [of.child];
  if (of.kind === "foreach") return [...of.children.values()].map(({ module }) => module);
  return of.kind === "import" ? [of.content.module] : [];
}

/** All nodes of a module and of the modules inside it. */
export function* walkNodes(module: Module): Generator<NodeState> {
  const open = [module];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const node of at.nodes.values()) {
      yield node;
      open.push(...modulesOf(node));
    }
  }
}

/** Global ids of all nodes that are broken now. */
export function listBad(module: Module): Set<string> {
  const bad = new Set<string>();
  for (const node of walkNodes(module)) if (isBroken(node)) bad.add(node.globalId);
  return bad;
}

function sourceHealth(
  status: { readonly error: { readonly message: string; readonly at: number } | undefined } | undefined,
): Health | undefined {
  if (status?.error === undefined) return undefined;
  return { state: "unhealthy", message: status.error.message, fault: "world", at: status.error.at };
}
