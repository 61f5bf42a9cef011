import { compile } from "#src/compile/compile.ts";
import type { CompiledModule, CompileOptions, ModuleInput, Registry } from "#src/compile/types.ts";
import { DiagnosticError } from "#src/diag/diagnostic.ts";
import type { Block } from "#src/syntax/ast.ts";

/** Compiles a body of a `declare` or a `template` once for each block and registry around it. Rejects with diagnostics. */
export interface Bodies {
  compile(
    kind: "declare" | "foreach",
    block: Block,
    outer: Registry,
    inScope: ModuleInput["inScope"],
    /** Tells apart what makes `inScope` differ for the same block. */
    variable: string,
  ): Promise<CompiledModule>;
}

export function createBodies(options: CompileOptions): Bodies {
  const known = new WeakMap<Registry, WeakMap<Block, Map<string, Promise<CompiledModule>>>>();
  return {
    compile(kind, block, outer, inScope, variable) {
      let blocks = known.get(outer);
      if (blocks === undefined) known.set(outer, (blocks = new WeakMap()));
      let versions = blocks.get(block);
      if (versions === undefined) blocks.set(block, (versions = new Map()));
      let compiled = versions.get(variable);
      if (compiled === undefined) {
        compiled = compileBody({ kind, files: undefined, body: block.body, outer, inScope }, options);
        versions.set(variable, compiled);
      }
      return compiled;
    },
  };
}

async function compileBody(input: ModuleInput, options: CompileOptions): Promise<CompiledModule> {
  const result = await compile(input, options);
  if (!result.ok) throw new DiagnosticError(result.diagnostics);
  return result.module;
}
