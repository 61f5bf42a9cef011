import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Block } from "#src/syntax/ast.ts";
import { isImport } from "./collect.ts";
import { report, type Draft, type DraftNode } from "./draft.ts";
import { describeDuplicate } from "./duplicates.ts";
import { listTemplates, withoutTemplateField } from "./foreach.ts";
import { problemAt, type Span } from "#src/diag/problem-at.ts";
import { idOf, idSpan, nameSpan, spanOf } from "#src/syntax/spans.ts";
import { findStabilityProblem } from "#src/schema/stability.ts";
import type { BlockDef } from "./types.ts";

/** Config and service blocks: where they may stand, their labels and stability; and what stands behind an import. */
export async function checkBlocks(draft: Draft): Promise<void> {
  for (const node of draft.nodes.values()) {
    if (node.group !== "config" && node.group !== "service") continue;
    report(draft, node, "own", describeDuplicate(draft, node));
    report(draft, node, "own", isImport(node.block) ? await checkImport(draft, node) : checkBlock(draft, node));
  }
}

async function checkImport(draft: Draft, node: DraftNode): Promise<Diagnostic[]> {
  const { block } = node;
  const own: Diagnostic[] = [];
  if (block.label === "") own.push(missingLabel(node));
  const { options } = draft.frame;
  const def = await options.source(block.name.slice("import.".length));
  if (def !== undefined) {
    node.of = { kind: "import", def };
    node.fields = def.args;
  } else if (block.name === "import.http") {
    own.push(problemAt(nameSpan(block), "component-not-supported", `block "import.http" is not supported yet`));
    // It takes what the component takes that reads the same source.
    const component = await options.component("remote.http");
    if (component.found !== "unknown")
      node.fields = component.found === "component" ? component.def.args : component.args;
  } else {
    node.unknown = true;
    const message = `cannot find the definition of component name "${block.name}"`;
    const hint = "There is no source of that name to import from.";
    own.push(problemAt(nameSpan(block), "unknown-component", message, { hint }));
  }
  return own;
}

function checkBlock(draft: Draft, node: DraftNode): Diagnostic[] {
  const { block } = node;
  const def = draft.frame.options.block(block.name);
  if (def === undefined) {
    return [problemAt(nameSpan(block), "block-not-supported", `block "${block.name}" is not supported yet`)];
  }
  const own: Diagnostic[] = [];
  node.of = { kind: "block", def };
  node.fields = block.name === "foreach" ? withoutTemplateField(def.args) : def.args;
  const misplaced = findMisplacement(draft, node, def);
  if (misplaced !== undefined) own.push(misplaced);
  const what = block.name === "foreach" ? `foreach block "foreach"` : `block "${block.name}"`;
  const unstable = findStabilityProblem(what, def.stability, draft.frame.options.stability);
  if (unstable !== undefined) own.push(problemAt(nameSpan(block), "stability", unstable));
  if (def.label === "required" && block.label === "") own.push(missingLabel(node));
  if (def.label === "none" && block.label !== "") {
    own.push(
      problemAt(idSpan(block), "unexpected-label", `block "${block.name}" does not support specifying labels`, {
        hint: "Remove the label: there is one such block.",
      }),
    );
  }
  if (block.name === "foreach") own.push(...checkTemplates(block));
  return own;
}

/** Specification 5.2. */
function findMisplacement(draft: Draft, { block }: DraftNode, def: BlockDef): Diagnostic | undefined {
  const { kind } = draft.input;
  if (def.places.includes(kind)) return undefined;
  const inModules = def.places.includes("declare");
  if (inModules && draft.frame.rooted) {
    return misplacedBlock(
      spanOf(block),
      `${block.name} blocks only allowed inside a module`,
      "Move it into a declare.",
    );
  }
  const where = kind === "foreach" && (draft.frame.rooted || inModules) ? "foreach" : "module";
  const hint = inModules ? "Move it out of the template." : "Move it to the top level of the configuration.";
  return misplacedBlock(idSpan(block), `${idOf(block)} not allowed in ${where}`, hint);
}

function misplacedBlock(span: Span, message: string, hint: string): Diagnostic {
  return problemAt(span, "misplaced-block", message, { hint });
}

function checkTemplates(foreach: Block): Diagnostic[] {
  const [first, ...more] = listTemplates(foreach);
  if (first === undefined) return [problemAt(spanOf(foreach), "missing-block", `missing required block "template"`)];
  return more.map((block) =>
    problemAt(spanOf(block), "duplicate-block", `block "template" may only be specified once`),
  );
}

function missingLabel({ block }: DraftNode): Diagnostic {
  return problemAt(nameSpan(block), "missing-label", `${block.name} block must have a label`);
}
