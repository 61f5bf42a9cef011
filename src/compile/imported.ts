import { DiagnosticError, type Diagnostic } from "#src/diag/diagnostic.ts";
import type { SourceText } from "#src/diag/source-text.ts";
import { decodeBody } from "#src/schema/decode.ts";
import type { Bundle, SourceDef } from "#src/source/define.ts";
import type { Block } from "#src/syntax/ast.ts";
import { parseBundle } from "./bundle.ts";
import { collectDiagnostics, report, type Draft, type DraftNode, type Frame } from "./draft.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { headSpan } from "#src/syntax/spans.ts";
import { describeProblems } from "./problems.ts";
import { findImports } from "./registry.ts";
import type { Imported, Origin, Place, Definition } from "./definitions.ts";
import { isSettled, settledScope } from "./settled.ts";
import type { Registry } from "./types.ts";

/** An import block whose arguments are known without running anything. */
export interface ImportRequest {
  readonly block: Block;
  readonly def: SourceDef;
  /** Decoded by `def.args`. */
  readonly args: unknown;
  readonly from: Origin;
}

export interface ImportedBundle {
  readonly bundle: Bundle;
  readonly origin: Origin;
  /** Put before the names of its files in diagnostics. */
  readonly prefix: string;
}

/** Fetches what an import block asks for; a text says why it is not fetched here. Throws what the user has to know. */
export type ResolveImport = (request: ImportRequest) => Promise<ImportedBundle | string>;

/** How deep imports may nest, and how many there may be: a file that imports itself ends here. */
const MAX_DEPTH = 16;
const MAX_IMPORTS = 1_000;

/** What imports hold, for a validation: fetched, parsed and checked as modules are read. */
export class ResolvedImports implements Imported {
  readonly #resolve: ResolveImport;
  /** Where the content behind a registry lies. */
  readonly #places = new Map<Registry, Place>();
  /** By the registry of the importing module, then by label; undefined where the content is not known. */
  readonly #contents = new Map<Registry, Map<string, Registry | undefined>>();
  readonly #claimed = new Set<Block>();
  #count = 0;
  /** Imports that were not looked into, and why. */
  readonly notes: Diagnostic[] = [];
  /** The imported texts by the names in diagnostics. */
  readonly texts = new Map<string, SourceText>();

  constructor(resolve: ResolveImport) {
    this.#resolve = resolve;
  }

  async load(draft: Draft): Promise<void> {
    const contents = new Map<string, Registry | undefined>();
    this.#contents.set(draft.registry, contents);
    for (const node of draft.nodes.values()) {
      const { of, block, original } = node;
      if (of?.kind !== "import" || original !== undefined || block.label === "") continue;
      contents.set(block.label, await this.#loadOne(draft, node, of.def));
    }
  }

  find(registry: Registry, namespace: string, name: string): Definition | "missing" | undefined {
    for (const { registry: importing } of findImports(registry, namespace)) {
      const content = this.#contents.get(importing)?.get(namespace);
      if (content === undefined) return undefined;
      const block = content.declares.get(name);
      if (block !== undefined) return { block, registry: content };
    }
    return "missing";
  }

  claim({ block, registry }: Definition): Place | undefined {
    const place = this.#places.get(registry);
    if (place === undefined || this.#claimed.has(block)) return undefined;
    this.#claimed.add(block);
    return place;
  }

  async #loadOne(draft: Draft, node: DraftNode, def: SourceDef): Promise<Registry | undefined> {
    const { block } = node;
    const { place } = draft.frame;
    const fail = (message: string, hint: string): void =>
      report(draft, node, "inner", [problemAt(headSpan(block), "import-failed", message, { hint })]);
    if (place.depth >= MAX_DEPTH || ++this.#count > MAX_IMPORTS) {
      fail(`imports are nested more than ${MAX_DEPTH} deep, or more than ${MAX_IMPORTS}`, "Does a file import itself?");
      return undefined;
    }
    if (!isSettled(draft, block.body)) return this.#skip(node, "its arguments are known only when it runs");
    const decoded = decodeBody(def.args, block, settledScope(draft));
    // Which the check of all blocks' values says, too.
    if (!decoded.ok || describeProblems(def.check, decoded.value, block).length > 0)
      return this.#skip(node, "its arguments are wrong");
    try {
      const found = await this.#resolve({ block, def, args: decoded.value, from: place.origin });
      if (typeof found === "string") return this.#skip(node, found);
      return await this.#check(draft, node, found, { origin: found.origin, depth: place.depth + 1 });
    } catch (error) {
      if (error instanceof DiagnosticError) report(draft, node, "inner", error.diagnostics);
      else if (error instanceof Error) fail(`cannot import: ${error.message}`, "The configuration would not start.");
      else throw error;
      return undefined;
    }
  }

  async #check(importing: Draft, node: DraftNode, found: ImportedBundle, place: Place): Promise<Registry | undefined> {
    const { files, diagnostics, texts } = parseBundle(found.bundle, found.prefix);
    for (const [name, text] of texts) this.texts.set(name, text);
    report(importing, node, "inner", diagnostics);
    if (diagnostics.length > 0) return undefined;
    const inScope = (name: string): boolean => name === "module_path";
    const input = { kind: "import", files, body: undefined, outer: undefined, inScope } as const;
    // Declares of a library are checked where they are used: the others are not this configuration's business.
    const inner: Frame = { ...importing.frame, nested: "used", rooted: false, outerNode: () => undefined, place };
    const draft = await importing.frame.inside(input, inner);
    this.#places.set(draft.registry, place);
    report(importing, node, "inner", collectDiagnostics(draft));
    return draft.registry;
  }

  #skip({ id, block }: DraftNode, reason: string): undefined {
    this.notes.push(problemAt(headSpan(block), "not-checked", `${id} was not looked into: ${reason}`));
  }
}
