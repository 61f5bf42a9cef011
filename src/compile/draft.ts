import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Shape } from "#src/schema/field.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { Imported, Place } from "./definitions.ts";
import type { CompiledNode, CompileOptions, ModuleInput, Reference, Registry } from "./types.ts";

/** Blocks in the order in which modules are read: definitions, configuration, components, services. */
export type Group = "declare" | "config" | "component" | "service";

/** A node while passes work on it. */
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
}

/** What a module is told about the compilation it is part of. */
export interface Frame {
  readonly options: CompileOptions;
  /** Nested bodies that are checked along: of nothing, of what the module uses, of everything (which is to validate it). */
  readonly nested: "nothing" | "used" | "everything";
  /** Whether values that are known before anything runs are held against definitions, which a run does by itself. */
  readonly values: boolean;
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
  /** What is wrong with its nodes. Kept by stage, so that passes may run in any order. */
  readonly findings: Readonly<Record<Stage, Map<DraftNode, Diagnostic[]>>>;
  /** Cycles; filled last. */
  readonly cycles: Diagnostic[];
  /** Each node's needs, sorted; filled last. */
  graph: ReadonlyMap<string, readonly string[]>;
  order: readonly string[];
}

/** `own`: placement, label, definition. `inner`: of the module inside, be it a body, a template or imported content. */
export type Stage = (typeof stages)[number];
/** In the order in which what they find is told. */
const stages = ["own", "arguments", "inner", "references"] as const;

/** Adds to what is wrong with a node. */
export function report(draft: Draft, node: DraftNode, stage: Stage, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const found = draft.findings[stage].get(node);
  if (found === undefined) draft.findings[stage].set(node, [...diagnostics]);
  else found.push(...diagnostics);
}

/** All diagnostics of a module in the order of its nodes. */
export function collectDiagnostics(draft: Draft): Diagnostic[] {
  const { findings } = draft;
  const all: Diagnostic[] = [...draft.problems];
  if (stages.some((stage) => findings[stage].size > 0)) {
    for (const node of draft.nodes.values()) {
      for (const stage of stages) all.push(...(findings[stage].get(node) ?? []));
    }
  }
  all.push(...draft.cycles);
  return all;
}
