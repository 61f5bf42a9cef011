import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Shape } from "#src/schema/field.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { Imported, Place } from "./definitions.ts";
import type { CompiledNode, CompileOptions, ModuleInput, Reference, Registry } from "./types.ts";

/** Blocks in the order in which modules are read: definitions, configuration, components, services. */
export type Group = "declare" | "config" | "component" | "service";

/** A node while passes work on it. What is wrong with it is kept by stage, so that passes may run in any order. */
export interface DraftNode {
  /** A second block of the same id gets a suffix, so that it is checked all the same. */
  readonly id: string;
  readonly block: Block;
  readonly group: Group;
  /** The first block of the same id. */
  readonly original: Block | undefined;
  /** Undefined as long as, or if, it cannot be said what it is. */
  of: CompiledNode["of"] | undefined;
  /** What its arguments are checked against, where that is known. */
  fields: Shape | undefined;
  /** It has no definition, or one that may not be used: nothing more is said of it. */
  unknown: boolean;
  readonly needs: Set<string>;
  references: readonly Reference[];
  readonly problems: {
    /** Placement, label, definition. */
    readonly own: Diagnostic[];
    readonly arguments: Diagnostic[];
    /** Of the module inside: a declare's body, a foreach's template, imported content. */
    readonly inner: Diagnostic[];
    readonly references: Diagnostic[];
  };
}

/** What a module is told about the compilation it is part of. */
export interface Frame {
  readonly options: CompileOptions;
  /** Nested bodies that are checked along: of nothing, of what the module uses, of everything (which is to validate it). */
  readonly nested: "nothing" | "used" | "everything";
  /** Only foreach templates lie between this module and the root. */
  readonly rooted: boolean;
  /** The nodes of the modules around a foreach template. */
  readonly outerNode: (id: string) => DraftNode | undefined;
  /** Compiles a module inside this one. */
  readonly inside: (input: ModuleInput, frame: Frame) => Promise<Draft>;
  readonly imported: Imported;
  /** Where its text lies. */
  readonly place: Place;
}

/** A module while passes work on it. */
export interface Draft {
  readonly input: ModuleInput;
  readonly frame: Frame;
  readonly nodes: Map<string, DraftNode>;
  readonly registry: Registry;
  /** Wrong with the module as a whole: statements that no node stands for. */
  readonly problems: Diagnostic[];
  /** Cycles; filled last. */
  readonly cycles: Diagnostic[];
  order: readonly string[];
}

/** All diagnostics of a module in the order of its nodes. */
export function collectDiagnostics(draft: Draft): Diagnostic[] {
  const all: Diagnostic[] = [...draft.problems];
  for (const { problems } of draft.nodes.values()) {
    all.push(...problems.own, ...problems.arguments, ...problems.inner, ...problems.references);
  }
  all.push(...draft.cycles);
  return all;
}
