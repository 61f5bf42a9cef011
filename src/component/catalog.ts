import type { Shape, Stability } from "#src/schema/field.ts";
import { listLeaves, loadLeaf } from "#src/util/load-leaf.ts";
import { nearest } from "#src/util/nearest.ts";
import type { ComponentDef } from "./define.ts";

export type ComponentLookup =
  | { readonly found: "component"; readonly def: ComponentDef }
  /** Alloy has it, we do not yet; its arguments are checked all the same. */
  | {
      readonly found: "unsupported";
      readonly name: string;
      readonly args: Shape | undefined;
      readonly stability: Stability;
      readonly community: boolean;
      /** Components of the same name space that do run here. */
      readonly alternatives: readonly string[];
    }
  | { readonly found: "unknown"; readonly suggestion: string | undefined };

export interface Catalog {
  readonly find: (name: string) => Promise<ComponentLookup>;
}

export interface CatalogOptions {
  /** Definitions that have no file under `components/`. They win over files of the same name. */
  readonly extra?: readonly ComponentDef[];
}

/** Finds definitions by name. A component's file is loaded when its name is first asked for. */
export function createCatalog(options: CatalogOptions = {}): Catalog {
  const extra = new Map((options.extra ?? []).map((def) => [def.name, def]));
  const lookups = new Map<string, Promise<ComponentLookup>>();
  return {
    find(name) {
      let lookup = lookups.get(name);
      if (lookup === undefined) {
        lookup = look(name, extra);
        lookups.set(name, lookup);
      }
      return lookup;
    },
  };
}

/** Finds a component of this program by name. */
export const findComponent: Catalog["find"] = createCatalog().find;

async function look(name: string, extra: ReadonlyMap<string, ComponentDef>): Promise<ComponentLookup> {
  const def = extra.get(name) ?? (await loadLeaf("components", name));
  if (def !== undefined) return { found: "component", def: def as ComponentDef };
  const { alloyComponents, findAlloyComponent } = await import("./alloy.ts");
  const alloy = findAlloyComponent(name);
  if (alloy !== undefined) {
    const namespace = name.slice(0, name.indexOf(".") + 1);
    const alternatives = listLeaves("components").filter((other) => other.startsWith(namespace));
    return { found: "unsupported", ...alloy, alternatives };
  }
  return { found: "unknown", suggestion: nearest(name, [...alloyComponents, ...extra.keys()]) };
}
