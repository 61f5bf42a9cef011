import { loadLeaf } from "#src/util/load-leaf.ts";
import type { SourceDef } from "./define.ts";

/** Loads `sources/<name>.ts`; undefined if there is no such source. */
export async function findSource(name: string): Promise<SourceDef | undefined> {
  return name.includes(".") ? undefined : ((await loadLeaf("sources", name)) as SourceDef | undefined);
}
