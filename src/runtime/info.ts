/** Nodes as the API and the UI show them (specification 7.5). */
import type { Handler } from "#src/component/define.ts";
import { encodeFields, encodeValues, type UiEntry } from "#src/schema/ui.ts";
import { flowOf, isComponentLike } from "./flows.ts";
import { kindOf } from "./generation.ts";
import type { Module, NodeState } from "./module.ts";
import { healthOf, modulesOf } from "./node-health.ts";
import { trafficOf } from "./traffic.ts";
import type { NodeDetail, NodeInfo } from "./types.ts";

type Modules = ReadonlyMap<string, Module>;

/** All nodes of a module; undefined if there is no such module. */
export function listNodes(modules: Modules, id: string): readonly NodeInfo[] | undefined {
  const module = modules.get(id);
  if (module?.compiled === undefined) return undefined;
  const flows = new Map<string, Set<string>>();
  for (const node of module.nodes.values()) addFlows(node, flows);
  return module.compiled.order.flatMap((at) => {
    const node = module.nodes.get(at);
    return node === undefined ? [] : describe(node, flows.get(at) ?? []);
  });
}

export function detailNode(modules: Modules, globalId: string): NodeDetail | undefined {
  const node = findNode(modules, globalId);
  if (node === undefined) return undefined;
  const flows = new Map<string, Set<string>>();
  addFlows(node, flows);
  for (const id of node.module.compiled?.dependants.get(node.id) ?? []) {
    const dependant = node.module.nodes.get(id);
    if (dependant !== undefined) addFlows(dependant, flows);
  }
  return {
    ...describe(node, flows.get(node.id) ?? []),
    arguments: argumentsOf(node),
    exports: encodeValues(node.exports),
    debug: node.of.kind === "component" ? node.of.unit.debug() : undefined,
    body: node.compiled.block,
  };
}

export function findNode(modules: Modules, globalId: string): NodeState | undefined {
  const slash = globalId.lastIndexOf("/");
  return modules.get(globalId.slice(0, Math.max(0, slash)))?.nodes.get(globalId.slice(slash + 1));
}

/** The longest beginning of the path that is the global id of a component with a handler, and what follows it. */
export function findHandler(
  modules: Modules,
  path: string,
): { readonly handler: Handler; readonly rest: string } | undefined {
  const query = path.indexOf("?");
  const plain = (query < 0 ? path : path.slice(0, query)).replace(/^\//, "");
  const search = query < 0 ? "" : path.slice(query);
  for (let end = plain.length; end > 0; end = plain.lastIndexOf("/", end - 1)) {
    const of = findNode(modules, plain.slice(0, end))?.of;
    if (of?.kind === "component" && of.unit.handler !== undefined) {
      return { handler: of.unit.handler, rest: (plain.slice(end) || "/") + search };
    }
  }
  return undefined;
}

function describe(node: NodeState, dataFlowTo: Iterable<string>): NodeInfo {
  const { compiled, module } = node;
  const componentsAmong = (ids: Iterable<string>): string[] =>
    [...new Set(ids)].filter((id) => {
      const other = module.nodes.get(id);
      return other !== undefined && isComponentLike(other.compiled);
    });
  return {
    name: compiled.block.name,
    localId: node.id,
    moduleId: module.id,
    globalId: node.globalId,
    label: compiled.label,
    kind: kindOf(compiled),
    health: healthOf(node),
    references: componentsAmong(compiled.references.map((reference) => reference.node)),
    referencedBy: componentsAmong(
      (module.compiled?.dependants.get(node.id) ?? []).filter((id) =>
        module.nodes.get(id)?.compiled.references.some((reference) => reference.node === node.id),
      ),
    ),
    dataFlowTo: [...dataFlowTo],
    createdModuleIds: node.of.kind === "import" ? [] : modulesOf(node).map(({ id }) => id),
    traffic: compiled.of.kind === "component" ? trafficOf(compiled.of.def) : undefined,
  };
}

function addFlows(node: NodeState, flows: Map<string, Set<string>>): void {
  if (!isComponentLike(node.compiled)) return;
  for (const reference of node.compiled.references) {
    const target = node.module.nodes.get(reference.node);
    if (target === undefined || !isComponentLike(target.compiled)) continue;
    const [from, to] = flowOf(node, target, reference);
    const known = flows.get(from);
    if (known === undefined) flows.set(from, new Set([to]));
    else known.add(to);
  }
}

function argumentsOf({ of, compiled }: NodeState): readonly UiEntry[] {
  switch (of.kind) {
    case "component":
    case "import":
      return encodeFields(of.def.args, of.args);
    case "custom":
      return encodeValues(of.child.args);
    case "foreach":
      return [];
    case "plain":
      return compiled.of.kind === "block" && of.args !== undefined ? encodeFields(compiled.of.def.args, of.args) : [];
  }
}
