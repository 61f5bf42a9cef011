/** The reference: a page for everything a configuration may name, made from its definition alone. */
import { languageBlocks } from "#src/compile/language-blocks.ts";
import type { BlockDef, ModuleKind } from "#src/compile/types.ts";
import { findComponent } from "#src/component/catalog.ts";
import { renderPage, type Documented } from "#src/schema/docs.ts";
import { blockNames, findBlock } from "#src/service/blocks.ts";
import { findSource } from "#src/source/catalog.ts";
import { listLeaves } from "#src/util/load-leaf.ts";

export type EntryKind = "component" | "block" | "source";

export interface Entry {
  readonly kind: EntryKind;
  /** As configurations have it: `prometheus.scrape`, `logging`, `import.git`. */
  readonly name: string;
}

const IMPORT = "import.";

/** Everything that has a page, by kind and name. */
export function listEntries(): readonly Entry[] {
  const entries = (kind: EntryKind, names: readonly string[]): Entry[] => names.map((name) => ({ kind, name }));
  return [
    ...entries("component", listLeaves("components")),
    ...entries("block", [...blockNames].sort()),
    ...entries(
      "source",
      listLeaves("sources").map((name) => IMPORT + name),
    ),
  ];
}

/** What there is to say of a name; undefined if it has no page. */
export async function findEntry(name: string): Promise<(Entry & { readonly def: Documented }) | undefined> {
  const block = findBlock(name);
  if (block !== undefined) return { kind: "block", name, def: { ...block, notes: notesOf(block) } };
  if (name.startsWith(IMPORT)) {
    const source = await findSource(name.slice(IMPORT.length));
    if (source === undefined) return undefined;
    const notes = [`The configuration behind it is a module: what it declares is used as \`LABEL.NAME\`.`];
    return { kind: "source", name, def: { ...source, name, notes } };
  }
  const lookup = await findComponent(name);
  return lookup.found === "component" ? { kind: "component", name, def: lookup.def } : undefined;
}

/** The page of a name, as Markdown; undefined if it has none. */
export async function findPage(name: string): Promise<string | undefined> {
  const entry = await findEntry(name);
  return entry === undefined ? undefined : renderPage(entry.def);
}

const PLACES: Readonly<Record<ModuleKind, string>> = {
  root: "at the top level",
  declare: "in a `declare`",
  foreach: "in the template of a `foreach`",
  import: "in an imported module",
};

function notesOf(block: BlockDef): readonly string[] {
  const label = block.label === "required" ? "It takes a label" : "It takes no label";
  const places = block.places.map((place) => PLACES[place]);
  const last = places.at(-1);
  const where = places.length > 1 ? `${places.slice(0, -1).join(", ")} or ${last}` : last;
  const once = languageBlocks.includes(block) ? "" : ", once";
  return [`${label} and stands ${where}${once}.`];
}
