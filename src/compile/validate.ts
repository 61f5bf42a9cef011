import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { hasErrors } from "#src/diag/diagnostic.ts";
import type { SourceText } from "#src/diag/source-text.ts";
import type { Bundle } from "#src/source/define.ts";
import { parseBundle } from "./bundle.ts";
import { draftModule } from "./compile.ts";
import { collectDiagnostics, type Draft } from "./draft.ts";
import { ResolvedImports, type ResolveImport } from "./imported.ts";
import type { Origin } from "./definitions.ts";
import type { CompileOptions } from "./types.ts";

export interface ValidateInput {
  readonly bundle: Bundle;
  readonly origin: Origin;
  /** Put before the names of the bundle's files in diagnostics. */
  readonly prefix: string;
  readonly options: CompileOptions;
  readonly resolveImport: ResolveImport;
}

export interface Validation {
  readonly diagnostics: readonly Diagnostic[];
  /** Imports that were not looked into, and why. */
  readonly notes: readonly Diagnostic[];
  /** The texts behind all positions. */
  readonly texts: readonly SourceText[];
  readonly files: number;
  readonly components: number;
}

/**
 * Checks a whole configuration without running it: bodies of all declares and templates, what imports bring, and the calls
 * of custom components with it. Nothing but imports is fetched, nothing but their arguments is evaluated.
 */
export async function validate(input: ValidateInput): Promise<Validation> {
  const parsed = parseBundle(input.bundle, input.prefix);
  const files = parsed.files.length;
  if (hasErrors(parsed.diagnostics)) {
    return { diagnostics: parsed.diagnostics, notes: [], texts: [...parsed.texts.values()], files, components: 0 };
  }
  const imports = new ResolvedImports(input.resolveImport);
  const inScope = (name: string): boolean => name === "module_path";
  const draft = await draftModule(
    { kind: "root", files: parsed.files, body: undefined, outer: undefined, inScope },
    {
      options: input.options,
      nested: "everything",
      values: true,
      rooted: true,
      outerNode: () => undefined,
      inside: draftModule,
      imported: imports,
      place: { origin: input.origin, depth: 0 },
    },
  );
  return {
    diagnostics: [...parsed.diagnostics, ...collectDiagnostics(draft)],
    notes: imports.notes,
    texts: [...parsed.texts.values(), ...imports.texts.values()],
    files,
    components: countComponents(draft),
  };
}

function countComponents(draft: Draft): number {
  return [...draft.nodes.values()].filter((node) => node.group === "component").length;
}
