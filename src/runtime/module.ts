/**
 * What runs, as records. A module (the root, an instance of a custom component, a child of a `foreach`, what an import
 * holds) has nodes; a node may own modules. These records change in swaps and nowhere else.
 */
import type { ComponentDef, Health } from "#src/component/define.ts";
import type { CompiledModule, CompiledNode } from "#src/compile/types.ts";
import type { Port } from "#src/signal/consumer.ts";
import type { Bundle, SourceDef } from "#src/source/define.ts";
import type { Feed } from "#src/source/feed.ts";
import type { ObjectValue, Value } from "#src/value/value.ts";
import type { Scope } from "#src/vm/scope.ts";
import type { Definitions } from "./definitions.ts";
import type { Restarts } from "./restart.ts";
import { ModuleScope } from "./scope.ts";
import type { HostValues, Unit } from "./unit.ts";

export interface Module {
  /** `""` for the root, the global id of the owning node for an instance, `foreach.f/foreach_a_1` for a child. */
  readonly id: string;
  readonly depth: number;
  /** The node it belongs to; undefined for the root. */
  readonly owner: NodeState | undefined;
  /** Whether its components and itself have metrics. */
  readonly measured: boolean;
  readonly scope: ModuleScope;
  /** The scope around it: that of a `foreach`. */
  readonly outer: Scope | undefined;
  compiled: CompiledModule | undefined;
  definitions: Definitions | undefined;
  nodes: ReadonlyMap<string, NodeState>;
  /** `module_path`, and the item of a `foreach`. */
  variables: ReadonlyMap<string, Value>;
  /** What the caller passed in. */
  args: ObjectValue;
  /** Values of its export blocks. */
  exports: ObjectValue;
}

export interface NodeState {
  readonly id: string;
  readonly globalId: string;
  readonly module: Module;
  compiled: CompiledNode;
  /** What the scope holds for it. */
  exports: ObjectValue;
  /** Of the last evaluation. */
  evaluated: Health;
  of: NodeKind;
}

export type NodeKind = ComponentKind | CustomKind | ForeachKind | ImportKind | PlainKind;

export interface ComponentKind {
  readonly kind: "component";
  readonly def: ComponentDef;
  readonly unit: Unit;
  readonly args: unknown;
  /** The exports of the unit that `exports` shows. */
  readonly shown: HostValues;
  readonly ports: ReadonlyMap<string, Port>;
  readonly restarts: Restarts;
}

export interface CustomKind {
  readonly kind: "custom";
  readonly child: Module;
}

export interface ForeachKind {
  readonly kind: "foreach";
  readonly measured: boolean;
  readonly children: ReadonlyMap<string, ForeachChild>;
}

export interface ForeachChild {
  readonly module: Module;
  readonly item: Value;
}

export interface ImportKind {
  readonly kind: "import";
  readonly def: SourceDef;
  readonly args: unknown;
  /** Undefined for a file of the bundle around it. */
  readonly feed: Feed | undefined;
  readonly content: ImportContent;
  /** The newest bundle, where it is not in use, and why. */
  readonly refused: { readonly digest: string; readonly health: Health } | undefined;
}

/** One good version of what an import brought. */
export interface ImportContent {
  readonly bundle: Bundle;
  /** Holds the imports of the content itself. */
  readonly module: Module;
  readonly definitions: Definitions;
}

/** Blocks that are values or settings (`argument`, `export`, `declare`, services), and nodes that could not be built yet. */
export interface PlainKind {
  readonly kind: "plain";
  /** Decoded settings of a service. */
  readonly args: unknown;
}

/** A module that is not part of anything yet; the swap that completes it makes it run. */
export function createModule(identity: Pick<Module, "id" | "owner" | "measured">, outer: Scope | undefined): Module {
  const depth = identity.owner === undefined ? 0 : identity.owner.module.depth + 1;
  if (depth > MODULE_DEPTH) {
    throw new Error(`modules are nested more than ${MODULE_DEPTH} deep; does ${identity.id} contain itself?`);
  }
  return {
    ...identity,
    depth,
    scope: new ModuleScope(outer, new Map()),
    outer,
    variables: new Map(),
    compiled: undefined,
    definitions: undefined,
    nodes: new Map(),
    args: new Map(),
    exports: new Map(),
  };
}

/** Modules within modules, so that a file which imports itself comes to an end. */
const MODULE_DEPTH = 64;

/** Whether a node is still part of what runs. */
export function isRunning(node: NodeState): boolean {
  let at: NodeState | undefined = node;
  for (; at !== undefined; at = at.module.owner) if (at.module.nodes.get(at.id) !== at) return false;
  return true;
}
