/**
 * The static plan: what going from one compiled configuration to another means for each node, as far as that can be known
 * without evaluating anything. Pure; the engine itself decides by evaluated arguments and may keep more.
 */
import type { CompiledModule, CompiledNode, Reference } from "#src/compile/types.ts";
import type { Block, Expression } from "#src/syntax/ast.ts";
import type { PlanStep, StepKind } from "./types.ts";

/** A compiled module with the modules inside it: of each custom component, and the template of each `foreach`. */
export interface PlannedModule {
  readonly compiled: CompiledModule;
  readonly inner: ReadonlyMap<string, PlannedModule>;
}

export interface PlannedStep extends PlanStep {
  readonly before: CompiledNode | undefined;
  readonly after: CompiledNode | undefined;
}

/** Steps in the order of the new graph, what is inside a node before the node, what is removed last. */
export function plan(from: PlannedModule | undefined, to: PlannedModule): PlannedStep[] {
  const steps: PlannedStep[] = [];
  planModule("", from, to, steps);
  return steps;
}

function planModule(
  path: string,
  from: PlannedModule | undefined,
  to: PlannedModule,
  steps: PlannedStep[],
): Map<string, StepKind> {
  const done = new Map<string, StepKind>();
  for (const id of to.compiled.order) {
    const node = to.compiled.nodes.get(id)!;
    const before = from?.compiled.nodes.get(id);
    const inside = to.inner.get(id);
    const innerChanged = inside !== undefined && planInner(`${path}${id}/`, from?.inner.get(id), inside, steps);
    const [kind, because] = decide(to, node, before, innerChanged, done);
    done.set(id, kind);
    steps.push({ node: path + id, do: kind, because, before, after: node });
  }
  for (const id of from?.compiled.order ?? []) {
    if (to.compiled.nodes.has(id)) continue;
    removeInner(`${path}${id}/`, from?.inner.get(id), steps);
    const before = from?.compiled.nodes.get(id);
    steps.push({ node: path + id, do: "remove", because: "", before, after: undefined });
  }
  return done;
}

function planInner(path: string, from: PlannedModule | undefined, to: PlannedModule, steps: PlannedStep[]): boolean {
  const first = steps.length;
  planModule(path, from, to, steps);
  return steps.slice(first).some((step) => step.do !== "keep");
}

function removeInner(path: string, module: PlannedModule | undefined, steps: PlannedStep[]): void {
  if (module === undefined) return;
  for (const [id, node] of module.compiled.nodes) {
    removeInner(`${path}${id}/`, module.inner.get(id), steps);
    steps.push({ node: path + id, do: "remove", because: "", before: node, after: undefined });
  }
}

function decide(
  module: PlannedModule,
  node: CompiledNode,
  before: CompiledNode | undefined,
  innerChanged: boolean,
  done: ReadonlyMap<string, StepKind>,
): readonly [StepKind, string] {
  if (before === undefined) return ["create", ""];
  if (!sameDefinition(node, before)) return ["replace", "definition"];
  if (!sameTree(node.block, before.block)) return ["update", "arguments"];
  for (const reference of node.references) {
    const need = done.get(reference.node);
    if (need === undefined || need === "keep" || leadsToReceiver(module, reference)) continue;
    return ["update", `dependency ${reference.node}`];
  }
  return innerChanged ? ["update", "definition"] : ["keep", ""];
}

function sameDefinition({ of: a }: CompiledNode, { of: b }: CompiledNode): boolean {
  if (a.kind === "custom" && b.kind === "custom") return a.namespace === b.namespace && a.name === b.name;
  if (a.kind === "component" && b.kind === "component") return a.def.name === b.def.name;
  return a.kind === b.kind;
}

/** Receivers stay where they are when their owner changes, so those who send to them are not touched. */
function leadsToReceiver(module: PlannedModule, { node, path }: Pick<Reference, "node" | "path">): boolean {
  let at = module;
  let target = at.compiled.nodes.get(node);
  let [name] = path;
  while (target?.of.kind === "custom" && name !== undefined) {
    const inside = at.inner.get(target.id);
    const exported = inside?.compiled.nodes.get(`export.${name}`);
    const [reference, ...more] = exported?.references ?? [];
    if (inside === undefined || reference === undefined || more.length > 0 || !isPlain(exported, reference))
      return false;
    at = inside;
    target = at.compiled.nodes.get(reference.node);
    name = reference.path[0];
  }
  if (target?.of.kind !== "component" || name === undefined) return false;
  const field = Object.hasOwn(target.of.def.exports, name) ? target.of.def.exports[name] : undefined;
  return field?.field === "attr" && field.type.kind === "handle" && field.type.consumer === true;
}

/** Whether an export hands on just what it refers to. */
function isPlain(exported: CompiledNode | undefined, reference: Reference): boolean {
  const value = exported?.block.body.find((statement) => statement.name === "value");
  return value?.kind === "attribute" && value.value === reference.expression;
}

const PLACES = new Set(["source", "start", "end", "lcurly", "rcurly", "labelStart", "nameStart", "operatorStart"]);

/** Whether two pieces of a syntax tree say the same, wherever they stand and however they are laid out. */
export function sameTree(a: Block | Expression, b: Block | Expression): boolean {
  return sameValue(a, b);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  const keys = Object.keys(a).filter((key) => !PLACES.has(key));
  if (keys.length !== Object.keys(b).filter((key) => !PLACES.has(key)).length) return false;
  return keys.every((key) => sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
