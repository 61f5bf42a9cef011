import type { Block } from "#src/syntax/ast.ts";
import type { Registry } from "./types.ts";

/** Whether the first fragment of a block's name makes it a custom component: a label of a declare or an import, here or further out. */
export function isCustom(registry: Registry | undefined, fragment: string): boolean {
  for (let r = registry; r !== undefined; r = r.outer)
    if (r.declares.has(fragment) || r.imports.has(fragment)) return true;
  return false;
}

/** The innermost `declare` of that name and the registry that its body sees. */
export function findDeclare(
  registry: Registry | undefined,
  name: string,
): { readonly block: Block; readonly registry: Registry } | undefined {
  for (let r = registry; r !== undefined; r = r.outer) {
    const block = r.declares.get(name);
    if (block !== undefined) return { block, registry: r };
  }
  return undefined;
}

/** The registries that import something under a label, innermost first, each with the id of its import node. */
export function findImports(
  registry: Registry | undefined,
  label: string,
): readonly { readonly node: string; readonly registry: Registry }[] {
  const found: { readonly node: string; readonly registry: Registry }[] = [];
  for (let r = registry; r !== undefined; r = r.outer) {
    const node = r.imports.get(label);
    if (node !== undefined) found.push({ node, registry: r });
  }
  return found;
}

/** `ns.add` is `add` of the import `ns`; `add` is a local declare. Everything after the first dot is the name. */
export function splitCustomName(name: string): { readonly namespace: string | undefined; readonly name: string } {
  const dot = name.indexOf(".");
  return dot < 0 ? { namespace: undefined, name } : { namespace: name.slice(0, dot), name: name.slice(dot + 1) };
}

/** The part of a block's name before the first dot. */
export function firstFragment(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? name : name.slice(0, dot);
}
