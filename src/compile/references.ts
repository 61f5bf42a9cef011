import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { nearest } from "#src/util/nearest.ts";
import { findReplacement, functionStability, isStdlib } from "#src/vm/stdlib.ts";
import { report, type Draft, type DraftNode } from "./draft.ts";
import { findExportProblem } from "./exports.ts";
import { findTemplate, withoutTemplate } from "./foreach.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { findStabilityProblem } from "#src/schema/stability.ts";
import { collectTraversals, type Traversal } from "./traversals.ts";
import type { Reference } from "./types.ts";
import { Uses } from "./uses.ts";

interface Target {
  readonly node: DraftNode;
  readonly path: readonly string[];
  /** It stands in a module around this foreach template. */
  readonly outside: boolean;
}

/** Binds every expression to the nodes it reads, and every use of a definition to its declare or import (specification 4.3). */
export function linkReferences(draft: Draft): void {
  const uses = new Uses(draft);
  for (const node of draft.nodes.values()) {
    const { block } = node;
    if (node.group === "declare") {
      for (const id of uses.of(block.body)) node.needs.add(id);
    } else if (block.name === "foreach") {
      linkBody(draft, node, collectTraversals(withoutTemplate(block).body));
      linkTemplate(draft, node, uses);
    } else if (!node.unknown) {
      const definition = node.of?.kind === "custom" ? uses.definition(block.name) : undefined;
      if (definition !== undefined) for (const id of uses.allOf([definition])) node.needs.add(id);
      linkBody(draft, node, collectTraversals(block.body));
    }
  }
}

function linkBody(draft: Draft, node: DraftNode, traversals: readonly Traversal[]): void {
  const references: Reference[] = [];
  for (const traversal of traversals) {
    const target = findTarget(draft, traversal);
    report(draft, node, "references", judge(draft, traversal, target));
    if (target === undefined || target.outside) continue;
    references.push({ expression: traversal.expression, node: target.node.id, path: target.path });
    node.needs.add(target.node.id);
  }
  node.references = references;
}

/** A template's expressions are judged in the modules made of it; here they say only what the foreach waits for. */
function linkTemplate(draft: Draft, node: DraftNode, uses: Uses): void {
  const template = findTemplate(node.block);
  if (template === undefined) return;
  for (const id of uses.allOf(uses.of(template.body))) node.needs.add(id);
  for (const traversal of collectTraversals(template.body)) {
    const target = findTarget(draft, traversal);
    if (target !== undefined && !target.outside) node.needs.add(target.node.id);
  }
}

/** What a traversal reads: the shortest prefix that is a node id wins. */
export function findTarget(draft: Draft, { names }: Traversal): Target | undefined {
  let id = "";
  for (const [at, name] of names.entries()) {
    id = at === 0 ? name : `${id}.${name}`;
    const own = draft.nodes.get(id);
    const node = own ?? draft.frame.outerNode(id);
    if (node !== undefined) return { node, path: names.slice(at + 1), outside: own === undefined };
  }
  return undefined;
}

function judge(draft: Draft, traversal: Traversal, target: Target | undefined): Diagnostic[] {
  const { source, names, start, end } = traversal;
  const [first = ""] = names;
  const whole = { source, start, end };
  if (target !== undefined) {
    const missing = findExportProblem(draft, target.node, target.path, whole);
    const found = missing === undefined ? [] : [missing];
    if (!isStdlib(first)) return found;
    const identifier = { source, start, end: start + first.length };
    const message = "a component is shadowing an existing stdlib name";
    return [problemAt(identifier, "shadowed-stdlib", message, { severity: "warning" }), ...found];
  }
  if (draft.input.inScope(first)) return [];
  const path = names.join(".");
  if (!isStdlib(first)) {
    const message = `component "${path}" does not exist or is out of scope`;
    return [problemAt(whole, "unknown-reference", message, { hint: suggest(draft, names) })];
  }
  const replacement = findReplacement(first);
  if (replacement !== undefined) {
    const message =
      "this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives";
    return [problemAt(whole, "deprecated-function", message, { severity: "warning", hint: `Use ${replacement}.` })];
  }
  const unstable = findStabilityProblem(path, functionStability(path), draft.frame.options.stability);
  return unstable === undefined ? [] : [problemAt(whole, "stability", unstable)];
}

function suggest(draft: Draft, names: readonly string[]): string | undefined {
  const ids = [...draft.nodes.keys()];
  for (let length = names.length; length > 1; length--) {
    const alike = ids.filter((id) => id.split(".").length === length);
    const id = nearest(names.slice(0, length).join("."), alike);
    if (id !== undefined) return `Did you mean ${[id, ...names.slice(length)].join(".")}?`;
  }
  return undefined;
}
