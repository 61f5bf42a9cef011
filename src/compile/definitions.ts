import type { Bundle } from "#src/source/define.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { Draft } from "./draft.ts";
import { findDeclare } from "./registry.ts";
import type { Registry } from "./types.ts";

/** The declare behind a custom component, with the registry that its body sees. */
export interface Definition {
  readonly block: Block;
  readonly registry: Registry;
}

/** Where a module's text comes from, and so what its imports mean. */
export interface Origin {
  /** What `module_path` reads as. */
  readonly modulePath: string;
  /** The bundle whose files its imports may name; undefined where they name files of this machine. */
  readonly bundle: Bundle | undefined;
  /** Folder of the file within the bundle, `""` for its root. */
  readonly folder: string;
}

export interface Place {
  readonly origin: Origin;
  /** How many imports lie between it and the root. */
  readonly depth: number;
}

/** What imports hold, as far as that is known before anything runs. */
export interface Imported {
  /** Looks into the imports of a module as soon as they are found. */
  load(draft: Draft): Promise<void>;
  /** `missing`: it is known that the import has no such component. Undefined: nothing is known. */
  find(registry: Registry, namespace: string, name: string): Definition | "missing" | undefined;
  /** Where a definition of an import lies, if its body has yet to be checked: given once only. */
  claim(definition: Definition): Place | undefined;
}

/** What a module that runs is compiled with: imports show what they hold when they are evaluated. */
export const nothingImported: Imported = {
  load: () => Promise.resolve(),
  find: () => undefined,
  claim: () => undefined,
};

/** The definition of a custom component, where it can be known. */
export function findDefinition(
  { registry, frame }: Draft,
  namespace: string | undefined,
  name: string,
): Definition | "missing" | undefined {
  return namespace === undefined ? findDeclare(registry, name) : frame.imported.find(registry, namespace, name);
}
