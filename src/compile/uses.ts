import { reach, type Graph } from "#src/graph/graph.ts";
import type { Block, Statement } from "#src/syntax/ast.ts";
import { isImport } from "./collect.ts";
import type { Draft } from "./draft.ts";
import { firstFragment } from "./registry.ts";
import type { Registry } from "./types.ts";

/** The declares and imports of one module that its bodies use, as node ids (specification 4.3). */
export class Uses {
  readonly #registry: Registry;
  readonly #graph: Graph;

  constructor(draft: Draft) {
    this.#registry = draft.registry;
    const graph = new Map<string, readonly string[]>();
    for (const { id, block } of draft.nodes.values())
      graph.set(id, block.name === "declare" ? this.of(block.body) : []);
    this.#graph = graph;
  }

  /** Used directly by the components of a body, its templates and its declares included. */
  of(body: readonly Statement[]): string[] {
    const found = new Set<string>();
    this.#collect(body, new Set(), found);
    return [...found];
  }

  /** The same, with what the used declares use themselves. */
  allOf(ids: Iterable<string>): Set<string> {
    return reach(this.#graph, ids);
  }

  /** The node that defines what a block instantiates, if it is one of this module's. */
  definition(name: string): string | undefined {
    const fragment = firstFragment(name);
    if (fragment !== name) return this.#registry.imports.get(fragment);
    return this.#registry.declares.has(fragment) ? `declare.${fragment}` : undefined;
  }

  #collect(body: readonly Statement[], hidden: ReadonlySet<string>, found: Set<string>): void {
    const blocks = body.filter((statement): statement is Block => statement.kind === "block");
    const labels = blocks.filter((block) => block.name === "declare" || isImport(block)).map((block) => block.label);
    const inner = labels.length === 0 ? hidden : new Set([...hidden, ...labels]);
    for (const block of blocks) {
      if (block.name === "declare") this.#collect(block.body, inner, found);
      else if (block.name === "foreach") for (const part of block.body) this.#collectTemplate(part, inner, found);
      else if (!inner.has(firstFragment(block.name))) {
        const definition = this.definition(block.name);
        if (definition !== undefined) found.add(definition);
      }
    }
  }

  #collectTemplate(statement: Statement, hidden: ReadonlySet<string>, found: Set<string>): void {
    if (statement.kind === "block" && statement.name === "template") this.#collect(statement.body, hidden, found);
  }
}
