/**
 * From syntax trees to a compiled module: a list of small passes over a draft. Passes add to it and report all that is
 * wrong at once; nothing is evaluated. Specification 4.1 to 4.4, 4.9, 5.1 to 5.4.
 */
import { hasErrors, type Diagnostic } from "#src/diag/diagnostic.ts";
import { reverse } from "#src/graph/graph.ts";
import type { File } from "#src/syntax/ast.ts";
import { checkArguments } from "./arguments.ts";
import { checkBlocks } from "./blocks.ts";
import { collect } from "./collect.ts";
import { resolveComponents } from "./components.ts";
import { checkDeclares } from "./declares.ts";
import { collectDiagnostics, type Draft, type Frame } from "./draft.ts";
import { checkExportTypes } from "./export-types.ts";
import { checkInside } from "./inside.ts";
import { orderNodes } from "./order.ts";
import { linkReferences } from "./references.ts";
import { nothingImported } from "./definitions.ts";
import { checkValues } from "./values.ts";
import type { CompiledModule, CompiledNode, CompileOptions, CompileResult, ModuleInput } from "./types.ts";

/**
 * Compiles one module. Of the root, the bodies of declares in use and the templates of foreach are checked along, so that
 * what is wrong in them is known before anything is built.
 */
export async function compile(input: ModuleInput, options: CompileOptions): Promise<CompileResult> {
  const draft = await draftModule(input, {
    options,
    nested: input.kind === "root" ? "used" : "nothing",
    values: false,
    rooted: input.kind === "root" || input.kind === "foreach",
    outerNode: () => undefined,
    inside: draftModule,
    imported: nothingImported,
    place: { origin: { modulePath: "", bundle: undefined, folder: "" }, depth: 0 },
  });
  const diagnostics = collectDiagnostics(draft);
  return hasErrors(diagnostics) ? { ok: false, diagnostics } : { ok: true, module: freeze(draft, diagnostics) };
}

/** Compiles what an import holds: declares and further imports, from one file or the files of a folder (specification 5.4). */
export function compileImport(files: readonly File[], options: CompileOptions): Promise<CompileResult> {
  const inScope = (name: string): boolean => name === "module_path";
  return compile({ kind: "import", files, body: undefined, outer: undefined, inScope }, options);
}

/** Runs all passes over one module. */
export async function draftModule(input: ModuleInput, frame: Frame): Promise<Draft> {
  const draft = collect(input, frame);
  checkDeclares(draft);
  await checkBlocks(draft);
  await frame.imported.load(draft);
  await resolveComponents(draft);
  checkArguments(draft);
  checkValues(draft);
  linkReferences(draft);
  checkExportTypes(draft);
  await checkInside(draft);
  orderNodes(draft);
  return draft;
}

function freeze(
  { nodes: drafts, graph, order, input, registry }: Draft,
  warnings: readonly Diagnostic[],
): CompiledModule {
  const nodes = new Map<string, CompiledNode>();
  for (const { id, block, references, of, original } of drafts.values()) {
    if (of === undefined || original !== undefined) continue;
    nodes.set(id, Object.freeze({ id, label: block.label, block, needs: graph.get(id)!, references, of }));
  }
  const { kind } = input;
  return Object.freeze({
    kind,
    nodes,
    order: order.filter((id) => nodes.has(id)),
    dependants: reverse(graph),
    registry,
    warnings,
  });
}
