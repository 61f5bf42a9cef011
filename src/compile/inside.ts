import { collectDiagnostics, report, type Draft, type DraftNode, type Frame } from "./draft.ts";
import type { Block } from "#src/syntax/ast.ts";
import { findTemplate, findVariable } from "./foreach.ts";
import { findDefinition } from "./definitions.ts";
import type { CompiledNode, ModuleInput, Registry } from "./types.ts";

type CustomName = Extract<CompiledNode["of"], { readonly kind: "custom" }>;

/** Checks the modules written inside this one: bodies of declares, templates of foreach. */
export async function checkInside(draft: Draft): Promise<void> {
  const { nested } = draft.frame;
  if (nested === "nothing") return;
  const used = new Set<string>();
  for (const node of draft.nodes.values()) if (node.group !== "declare") for (const id of node.needs) used.add(id);
  for (const node of draft.nodes.values()) {
    if (node.group === "declare") {
      if (nested === "everything" || used.has(node.id)) await checkDeclare(draft, node, node.block, draft.registry);
    } else if (node.of?.kind === "custom") {
      await checkImported(draft, node, node.of);
    } else if (node.block.name === "foreach") {
      await checkTemplate(draft, node);
    }
  }
}

async function checkDeclare(
  draft: Draft,
  node: DraftNode,
  { body }: Block,
  outer: Registry,
  frame: Frame = draft.frame,
): Promise<void> {
  const inScope = (name: string): boolean => name === "module_path";
  const input: ModuleInput = { kind: "declare", files: undefined, body, outer, inScope };
  await check(draft, node, input, { ...frame, rooted: false, outerNode: () => undefined });
}

/** The declare of an import is checked with the first component that uses it. */
async function checkImported(draft: Draft, node: DraftNode, { namespace, name }: CustomName): Promise<void> {
  const definition = findDefinition(draft, namespace, name);
  if (definition === undefined || definition === "missing") return;
  const place = draft.frame.imported.claim(definition);
  if (place === undefined) return;
  await checkDeclare(draft, node, definition.block, definition.registry, { ...draft.frame, nested: "used", place });
}

async function checkTemplate(draft: Draft, node: DraftNode): Promise<void> {
  const template = findTemplate(node.block);
  if (template === undefined) return;
  const variable = findVariable(node.block);
  // A variable whose name is not known yet may be any name.
  const inScope = (name: string): boolean => variable === undefined || name === variable || draft.input.inScope(name);
  const input: ModuleInput = { kind: "foreach", files: undefined, body: template.body, outer: draft.registry, inScope };
  const outerNode = (id: string): DraftNode | undefined => draft.nodes.get(id) ?? draft.frame.outerNode(id);
  await check(draft, node, input, { ...draft.frame, outerNode });
}

async function check(draft: Draft, node: DraftNode, input: ModuleInput, frame: Frame): Promise<void> {
  const diagnostics = collectDiagnostics(await frame.inside(input, frame));
  // Warnings come with each instance as it is compiled; who validates gets them here.
  const all = frame.nested === "everything";
  report(draft, node, "inner", all ? diagnostics : diagnostics.filter(({ severity }) => severity === "error"));
}
