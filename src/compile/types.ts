/**
 * Between text and running parts: what `compile` makes of one module. A module is the root configuration, the body of a
 * `declare`, the template of a `foreach`, or the content of an `import`. Everything here is frozen once made and evaluates nothing.
 */
import type { ComponentLookup } from "#src/component/catalog.ts";
import type { ComponentDef, Problem } from "#src/component/define.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Stability } from "#src/schema/field.ts";
import type { SourceDef } from "#src/source/define.ts";
import type { Block, Expression, File, Statement } from "#src/syntax/ast.ts";
import type { Shape } from "#src/schema/field.ts";

export type { ComponentLookup };

export type ModuleKind = "root" | "declare" | "foreach" | "import";

/** What commands and flags decide for all modules of a process. */
export interface CompileOptions {
  readonly stability: Stability;
  readonly community: boolean;
  /** Finds the definition of a component, loading its file. `unknown`: no such component; `unsupported`: Alloy has it, we do not yet (its shape, where known, still checks arguments). */
  readonly component: (name: string) => Promise<ComponentLookup>;
  /** Finds the source behind `import.<name>`. */
  readonly source: (name: string) => Promise<SourceDef | undefined>;
  /** Definitions of config and service blocks by name: `logging`, `http`, `argument`, `foreach` … */
  readonly block: (name: string) => BlockDef | undefined;
}

/** A block that is not a component: its fields and where it may stand. */
export interface BlockDef {
  readonly name: string;
  readonly doc: string;
  readonly args: Shape;
  /** What no single field can say. */
  readonly check?: (args: never) => readonly Problem[];
  readonly stability: Stability;
  readonly label: "none" | "required";
  /** Module kinds whose top level may hold it. */
  readonly places: readonly ModuleKind[];
  /** One for a process, evaluated like a component, started by a service: `http`, `logging`, `remotecfg`. */
  readonly service: boolean;
}

export interface ModuleInput {
  readonly kind: ModuleKind;
  readonly files: readonly File[] | undefined;
  /** Instead of files: the body of a block. */
  readonly body: readonly Statement[] | undefined;
  /** Definitions visible from outside: those of the enclosing template or import. */
  readonly outer: Registry | undefined;
  /** Whether an identifier means something outside the module's own nodes (`module_path`, a foreach variable, the outer scope). */
  readonly inScope: (name: string) => boolean;
}

/** The custom components one module defines or imports, with the chain of those around it (specification 5.3). */
export interface Registry {
  readonly declares: ReadonlyMap<string, Block>;
  /** Label of an import block → its node id. What it holds is known when it has been evaluated. */
  readonly imports: ReadonlyMap<string, string>;
  readonly outer: Registry | undefined;
}

export interface Reference {
  readonly expression: Expression;
  /** Node id it resolves to. */
  readonly node: string;
  /** What follows the node id: `["receiver"]`. */
  readonly path: readonly string[];
}

export interface CompiledNode {
  readonly id: string;
  readonly label: string;
  readonly block: Block;
  /** Sorted, unique: references and definitions it needs. */
  readonly needs: readonly string[];
  readonly references: readonly Reference[];
  readonly of:
    | { readonly kind: "component"; readonly def: ComponentDef }
    /** `namespace` is the label of the import it comes from, or undefined for a local declare. */
    | { readonly kind: "custom"; readonly namespace: string | undefined; readonly name: string }
    | { readonly kind: "import"; readonly def: SourceDef }
    | { readonly kind: "block"; readonly def: BlockDef }
    | { readonly kind: "declare" };
}

export interface CompiledModule {
  readonly kind: ModuleKind;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  /** Dependencies first. */
  readonly order: readonly string[];
  /** Direct dependants of each node. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
  readonly registry: Registry;
  readonly warnings: readonly Diagnostic[];
}

export type CompileResult =
  | { readonly ok: true; readonly module: CompiledModule }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };
