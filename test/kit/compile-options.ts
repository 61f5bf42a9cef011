import type { CompileOptions } from "#src/compile/types.ts";
import { createCatalog, type CatalogOptions } from "#src/component/catalog.ts";
import { findBlock } from "#src/service/blocks.ts";
import { findSource } from "#src/source/catalog.ts";

/** How tests compile: at every stability level, with the program's own definitions and `extra` ones. */
export function compileOptions(options: Partial<CompileOptions> & CatalogOptions = {}): CompileOptions {
  const { extra = [], ...rest } = options;
  return {
    stability: "experimental",
    community: false,
    component: createCatalog({ extra }).find,
    source: findSource,
    block: findBlock,
    ...rest,
  };
}
