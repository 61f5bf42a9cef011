import { existsSync, globSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";

export type LeafKind = "components" | "sources";

/**
 * The default export of a leaf's file, loaded on first use; undefined when there is no such leaf. The one place from which
 * leaves are imported: a bundler sees the two folders in the expressions below and makes a lazy chunk of each file.
 */
export async function loadLeaf(kind: LeafKind, name: string): Promise<unknown> {
  if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/.test(name)) return undefined;
  const path = name.replaceAll(".", "/");
  const fromSources = import.meta.url.endsWith(".ts");
  if (fromSources && !existsSync(fileURLToPath(new URL(`../../${kind}/${path}.ts`, import.meta.url)))) return undefined;
  try {
    const module = (await importers[kind](path)) as { readonly default: unknown };
    return module.default;
  } catch (error) {
    if (!fromSources && error instanceof Error && error.message.startsWith("Module not found in bundle"))
      return undefined;
    throw error;
  }
}

/** Names of all leaves of a kind, sorted. A bundle has them listed in `catalog.json`. */
export function listLeaves(kind: LeafKind): string[] {
  if (import.meta.url.endsWith(".ts")) {
    const files = globSync("**/*.ts", { cwd: fileURLToPath(new URL(`../../${kind}`, import.meta.url)) });
    const names = files.map((file) => file.replace(/\.ts$/, "").split(sep));
    const leaves = names.filter((parts) => !parts.some((part) => part.startsWith("_")));
    return leaves.map((parts) => parts.join(".")).sort();
  }
  const text = readFileSync(new URL("catalog.json", import.meta.url), "utf8");
  const catalog = JSON.parse(text) as Readonly<Record<LeafKind, readonly { readonly name: string }[]>>;
  return catalog[kind].map(({ name }) => name);
}

const importers: Readonly<Record<LeafKind, (path: string) => Promise<unknown>>> = {
  components: (path) => import(/* @vite-ignore */ `../../components/${path}.ts`),
  sources: (path) => import(/* @vite-ignore */ `../../sources/${path}.ts`),
};
