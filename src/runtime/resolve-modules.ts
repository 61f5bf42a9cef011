/** Brings a configuration with all its modules into a form that can be planned: imports are read, nothing runs. */
import { parseBundle } from "#src/compile/bundle.ts";
import { compile, compileImport } from "#src/compile/compile.ts";
import type { Origin } from "#src/compile/definitions.ts";
import { findTemplate } from "#src/compile/foreach.ts";
import type { ResolveImport } from "#src/compile/imported.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { spanOf } from "#src/syntax/spans.ts";
import { findDeclare, findImports } from "#src/compile/registry.ts";
import type { CompiledModule, CompiledNode, CompileOptions, CompileResult, Registry } from "#src/compile/types.ts";
import { DiagnosticError, hasErrors, type Diagnostic } from "#src/diag/diagnostic.ts";
import type { SourceText } from "#src/diag/source-text.ts";
import { decodeBody } from "#src/schema/decode.ts";
import type { Bundle } from "#src/source/define.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { Scope } from "#src/vm/scope.ts";
import type { PlannedModule } from "./plan.ts";

export interface ResolveInput {
  readonly bundle: Bundle;
  readonly origin: Origin;
  /** Put before the names of the bundle's files in diagnostics. */
  readonly prefix: string;
  readonly options: CompileOptions;
  readonly resolveImport: ResolveImport;
}

export interface ResolvedModules {
  /** Undefined when there are errors. */
  readonly module: PlannedModule | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Modules that could not be looked into, and why. */
  readonly notes: readonly Diagnostic[];
  /** The texts behind all positions. */
  readonly texts: readonly SourceText[];
}

/** How deep modules may nest, and how many imports may be read: a file that imports itself ends here. */
const MAX_DEPTH = 32;
const MAX_IMPORTS = 1_000;

export async function resolveModules(input: ResolveInput): Promise<ResolvedModules> {
  const resolver = new Resolver(input);
  const parsed = parseBundle(input.bundle, input.prefix);
  for (const text of parsed.texts.values()) resolver.texts.add(text);
  const { notes } = resolver;
  const finish = (module: PlannedModule | undefined, diagnostics: readonly Diagnostic[]): ResolvedModules => ({
    module,
    diagnostics,
    notes,
    texts: [...resolver.texts],
  });
  if (hasErrors(parsed.diagnostics)) return finish(undefined, parsed.diagnostics);
  const inScope = (name: string): boolean => name === "module_path";
  const result = await compile(
    { kind: "root", files: parsed.files, body: undefined, outer: undefined, inScope },
    input.options,
  );
  if (!result.ok) return finish(undefined, result.diagnostics);
  try {
    return finish(await resolver.resolve(result.module, input.origin, 0), result.module.warnings);
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return finish(undefined, error.diagnostics);
  }
}

interface Content {
  readonly registry: Registry;
}

class Resolver {
  readonly #input: ResolveInput;
  /** Where the text behind a registry lies, and what its imports hold by node id. */
  readonly #places = new Map<Registry, { readonly origin: Origin; readonly contents: Map<string, Content> }>();
  readonly #known = new Map<Registry, Map<Block, Promise<PlannedModule>>>();
  readonly notes: Diagnostic[] = [];
  readonly texts = new Set<SourceText>();
  #imports = 0;

  constructor(input: ResolveInput) {
    this.#input = input;
  }

  async resolve(compiled: CompiledModule, origin: Origin, depth: number): Promise<PlannedModule> {
    const contents = new Map<string, Content>();
    this.#places.set(compiled.registry, { origin, contents });
    const inner = new Map<string, PlannedModule>();
    for (const id of compiled.order) {
      const node = compiled.nodes.get(id)!;
      if (node.of.kind === "import") {
        const content = await this.#readImport(node, origin, depth);
        if (content !== undefined) contents.set(id, content);
      } else {
        const module = await this.#inside(compiled, node, depth);
        if (module !== undefined) inner.set(id, module);
      }
    }
    return { compiled, inner };
  }

  async #inside(compiled: CompiledModule, node: CompiledNode, depth: number): Promise<PlannedModule | undefined> {
    const { of, block } = node;
    if (of.kind === "block" && of.def.name === "foreach") {
      const template = findTemplate(block);
      return template && this.#body("foreach", template, compiled.registry, depth);
    }
    if (of.kind !== "custom") return undefined;
    const found = this.#findDeclare(compiled.registry, of.namespace, of.name);
    if (found === undefined) return this.#skip(node, "what it is made of is not known before it runs");
    return this.#body("declare", found.block, found.registry, depth);
  }

  #findDeclare(registry: Registry, namespace: string | undefined, name: string) {
    if (namespace === undefined) return findDeclare(registry, name);
    for (const { node, registry: importing } of findImports(registry, namespace)) {
      const content = this.#places.get(importing)?.contents.get(node);
      const block = content?.registry.declares.get(name);
      if (content !== undefined && block !== undefined) return { block, registry: content.registry };
    }
    return undefined;
  }

  /** Compiles a body once for each registry around it, with all that is inside. */
  #body(kind: "declare" | "foreach", block: Block, outer: Registry, depth: number): Promise<PlannedModule> {
    let blocks = this.#known.get(outer);
    if (blocks === undefined) this.#known.set(outer, (blocks = new Map()));
    let module = blocks.get(block);
    if (module === undefined) blocks.set(block, (module = this.#compileBody(kind, block, outer, depth)));
    return module;
  }

  async #compileBody(
    kind: "declare" | "foreach",
    block: Block,
    outer: Registry,
    depth: number,
  ): Promise<PlannedModule> {
    if (depth >= MAX_DEPTH) throw tooDeep(block);
    const inScope = (name: string): boolean => kind === "foreach" || name === "module_path";
    const input = { kind, files: undefined, body: block.body, outer, inScope };
    const compiled = unwrap(await compile(input, this.#input.options));
    return this.resolve(compiled, this.#places.get(outer)?.origin ?? this.#input.origin, depth + 1);
  }

  async #readImport(node: CompiledNode, from: Origin, depth: number): Promise<Content | undefined> {
    const { block, of } = node;
    if (of.kind !== "import") return undefined;
    if (depth >= MAX_DEPTH || ++this.#imports > MAX_IMPORTS) throw tooDeep(block);
    const scope: Scope = { lookup: (name) => (name === "module_path" ? from.modulePath : undefined) };
    const decoded = decodeBody(of.def.args, block, scope);
    if (node.needs.length > 0 || !decoded.ok) return this.#skip(node, "its arguments are known only when it runs");
    let found;
    try {
      found = await this.#input.resolveImport({ block, def: of.def, args: decoded.value, from });
    } catch (error) {
      const message = `cannot import: ${error instanceof Error ? error.message : String(error)}`;
      throw new DiagnosticError([problemAt(spanOf(block), "import-failed", message)]);
    }
    if (typeof found === "string") return this.#skip(node, found);
    const parsed = parseBundle(found.bundle, found.prefix);
    for (const text of parsed.texts.values()) this.texts.add(text);
    if (hasErrors(parsed.diagnostics)) throw new DiagnosticError(parsed.diagnostics);
    const compiled = unwrap(await compileImport(parsed.files, this.#input.options));
    await this.resolve(compiled, found.origin, depth + 1);
    return { registry: compiled.registry };
  }

  #skip({ id, block }: CompiledNode, reason: string): undefined {
    this.notes.push(problemAt(spanOf(block), "not-checked", `${id} was not looked into: ${reason}`));
  }
}

function unwrap(result: CompileResult): CompiledModule {
  if (!result.ok) throw new DiagnosticError(result.diagnostics);
  return result.module;
}

function tooDeep(block: Block): DiagnosticError {
  const message = `modules are nested more than ${MAX_DEPTH} deep, or more than ${MAX_IMPORTS} are imported`;
  return new DiagnosticError([
    problemAt(spanOf(block), "import-failed", message, { hint: "Does a file import itself?" }),
  ]);
}
