import { collectDiagnostics, type Draft, type DraftNode, type Frame } from "./draft.ts";
import { findTemplate, findVariable } from "./foreach.ts";
import type { ModuleInput } from "./types.ts";

/** Checks the modules written inside this one: bodies of declares, templates of foreach. */
export async function checkInside(draft: Draft): Promise<void> {
  const { nested } = draft.frame;
  if (nested === "nothing") return;
  const used = new Set<string>();
  for (const node of draft.nodes.values()) if (node.group !== "declare") for (const id of node.needs) used.add(id);
  for (const node of draft.nodes.values()) {
    if (node.group === "declare" && (nested === "everything" || used.has(node.id))) {
      await check(draft, node, declareInput(draft, node), {
        ...draft.frame,
        rooted: false,
        outerNode: () => undefined,
      });
    } else if (node.block.name === "foreach") {
      const input = templateInput(draft, node);
      if (input === undefined) continue;
      const outerNode = (id: string): DraftNode | undefined => draft.nodes.get(id) ?? draft.frame.outerNode(id);
      await check(draft, node, input, { ...draft.frame, outerNode });
    }
  }
}

async function check(draft: Draft, node: DraftNode, input: ModuleInput, frame: Frame): Promise<void> {
  const diagnostics = collectDiagnostics(await draft.frame.inside(input, frame));
  // Warnings come with each instance as it is compiled; who validates gets them here.
  const all = frame.nested === "everything";
  node.problems.inner.push(...diagnostics.filter((diagnostic) => all || diagnostic.severity === "error"));
}

function declareInput(draft: Draft, { block }: DraftNode): ModuleInput {
  const inScope = (name: string): boolean => name === "module_path";
  return { kind: "declare", files: undefined, body: block.body, outer: draft.registry, inScope };
}

function templateInput(draft: Draft, { block }: DraftNode): ModuleInput | undefined {
  const template = findTemplate(block);
  if (template === undefined) return undefined;
  const variable = findVariable(block);
  // A variable whose name is not known yet may be any name.
  const inScope = (name: string): boolean => variable === undefined || name === variable || draft.input.inScope(name);
  return { kind: "foreach", files: undefined, body: template.body, outer: draft.registry, inScope };
}
