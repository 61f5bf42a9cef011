import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { DiagnosticCode } from "#src/diag/codes.ts";
import { isCustom, findImports, firstFragment, splitCustomName } from "./registry.ts";
import { findDefinition } from "./definitions.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { nameSpan } from "#src/syntax/spans.ts";
import { describeDuplicate } from "./duplicates.ts";
import { findStabilityProblem } from "#src/schema/stability.ts";
import { report, type Draft, type DraftNode } from "./draft.ts";
import type { ComponentLookup } from "./types.ts";

/** Says of every component whether it is a custom one or finds its definition; each definition is loaded once. */
export async function resolveComponents(draft: Draft): Promise<void> {
  const nodes = [...draft.nodes.values()].filter((node) => node.group === "component");
  const lookups = new Map<string, ComponentLookup>();
  const builtin = nodes.filter(({ block }) => !isCustom(draft.registry, firstFragment(block.name)));
  await Promise.all(
    [...new Set(builtin.map(({ block }) => block.name))].map(async (name) => {
      lookups.set(name, await draft.frame.options.component(name));
    }),
  );
  for (const node of nodes) {
    const lookup = lookups.get(node.block.name);
    // A custom component runs without a label; only who validates is told to give it one.
    if (node.block.label === "" && (lookup !== undefined || draft.frame.nested === "everything"))
      report(draft, node, "own", [missingLabel(node)]);
    report(draft, node, "own", describeDuplicate(draft, node));
    if (lookup === undefined) resolveCustom(draft, node);
    else resolveBuiltin(draft, node, lookup);
  }
}

function missingLabel({ block }: DraftNode): Diagnostic {
  return problemAt(nameSpan(block), "missing-label", `component "${block.name}" must have a label`, {
    hint: `Write a name in quotes before the brace: ${block.name} "default" { … }.`,
  });
}

function resolveBuiltin(draft: Draft, node: DraftNode, lookup: ComponentLookup): void {
  const { block } = node;
  const { options } = draft.frame;
  const refuse = (code: DiagnosticCode, message: string, hint?: string): void => {
    node.unknown = true;
    report(draft, node, "own", [problemAt(nameSpan(block), code, message, { hint })]);
  };
  if (lookup.found === "unknown") {
    const hint = lookup.suggestion === undefined ? undefined : `Did you mean ${lookup.suggestion}?`;
    return refuse("unknown-component", `cannot find the definition of component name "${block.name}"`, hint);
  }
  const { stability, community = false } = lookup.found === "component" ? lookup.def : lookup;
  const unstable = findStabilityProblem(`component "${block.name}"`, stability, options.stability);
  if (community && !options.community) {
    const flag = "Use the --feature.community-components.enabled command-line flag to enable community components";
    return refuse("community-component", `the component "${block.name}" is a community component. ${flag}`);
  }
  if (!community && unstable !== undefined) return refuse("stability", unstable);
  if (lookup.found === "component") {
    node.of = { kind: "component", def: lookup.def };
    node.fields = lookup.def.args;
  } else {
    const { alternatives } = lookup;
    const hint = alternatives.length === 0 ? "nothing" : alternatives.join(", ");
    refuse(
      "component-not-supported",
      `component "${block.name}" is not supported yet`,
      `Alloy has it. Of its name space there is ${hint} here.`,
    );
    node.fields = lookup.args;
    node.unknown = false;
  }
}

/** Specification 5.3. As long as it is not known what an import holds, any name of it will do. */
function resolveCustom(draft: Draft, node: DraftNode): void {
  const { namespace, name } = splitCustomName(node.block.name);
  const imported = namespace !== undefined && findImports(draft.registry, namespace).length > 0;
  const definition = findDefinition(draft, namespace, name);
  if (imported ? definition !== "missing" : namespace === undefined && definition !== undefined) {
    node.of = { kind: "custom", namespace, name };
    return;
  }
  node.unknown = true;
  const hint = imported
    ? `The import "${namespace}" declares no component "${name}".`
    : namespace === undefined
      ? `"${name}" is the label of an import: name a component it declares, as in ${name}.NAME.`
      : `"${namespace}" is the label of a declare here, which hides built-in components of that name space.`;
  const message = `cannot find the definition of component name "${node.block.name}"`;
  report(draft, node, "own", [problemAt(nameSpan(node.block), "unknown-component", message, { hint })]);
}
