/**
 * What the engine shows of itself: generations, plans, verdicts and the state of nodes, as data. The CLI, the HTTP API and
 * the metrics are readers of these records.
 */
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { Bundle, Revision } from "#src/source/define.ts";
import type { Health, Handler } from "#src/component/define.ts";
import type { UiEntry } from "#src/schema/ui.ts";
import type { Taps } from "#src/signal/taps.ts";

/** A vertex of the graph, frozen once compiled. */
export interface Node {
  /** `prometheus.scrape.default`, unique within its module. */
  readonly id: string;
  /** Block name: `prometheus.scrape`, `import.git`, `logging`, or that of a custom component. */
  readonly component: string;
  readonly kind: "component" | "custom" | "foreach" | "import" | "declare" | "argument" | "export" | "service";
  readonly body: Block;
  /** Ids of the nodes it depends on, sorted. */
  readonly needs: readonly string[];
}

/** One immutable version of a module's graph. */
export interface Generation {
  /** Counts from 1 in each loader. */
  readonly number: number;
  readonly revision: Revision;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Ids, dependencies first. */
  readonly order: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

export type StepKind = "keep" | "update" | "replace" | "create" | "remove";

export interface PlanStep {
  /** Global id. */
  readonly node: string;
  readonly do: StepKind;
  /** Why: `arguments`, `definition`, `dependency prometheus.relabel.x`, `claim tcp 127.0.0.1:1`. Empty for keep. */
  readonly because: string;
}

export type Phase = "parse" | "compile" | "build" | "settle";

export type Outcome =
  | { readonly ok: true; readonly generation: Generation; readonly steps: readonly PlanStep[] }
  | { readonly ok: false; readonly phase: Phase; readonly diagnostics: readonly Diagnostic[] };

/** `unhealthy`: it got worse while it settled, and there was nothing healthy to go back to. */
export type Verdict = "settling" | "healthy" | "unhealthy" | "rolled-back" | "refused" | "superseded";

/** One line of the history: every change that was tried, also those refused. */
export interface GenerationRecord {
  readonly number: number;
  readonly revision: Revision;
  /** Empty for the root configuration, the global id of an import for its content. */
  readonly loader: string;
  readonly createdAt: number;
  readonly verdict: Verdict;
  /** What was done; steps that keep a node are left out. */
  readonly steps: readonly PlanStep[];
  readonly diagnostics: readonly Diagnostic[];
  /** Milliseconds each phase took. */
  readonly took: Readonly<Record<string, number>>;
  /** What led to it: `start`, `source`, `reload`, `rollback`, `retry`. */
  readonly cause: string;
}

/** A node as the UI API shows it (specification 7.5). */
export interface NodeInfo {
  readonly name: string;
  readonly localId: string;
  readonly moduleId: string;
  readonly globalId: string;
  readonly label: string;
  readonly kind: Node["kind"];
  /** Its own health combined with the worst of its children. */
  readonly health: Health;
  readonly references: readonly string[];
  readonly referencedBy: readonly string[];
  readonly dataFlowTo: readonly string[];
  readonly createdModuleIds: readonly string[];
  /** What can be seen of it while it works; undefined for what is no component of its own. */
  readonly traffic: Traffic | undefined;
}

/** What a component lets pass. */
export interface Traffic {
  /** Whether batches go into it or out of it. */
  readonly batches: boolean;
  /** Names of its exports that are lists of targets. */
  readonly targets: readonly string[];
}

/** The bulky half of a node's state, made on demand by `src/schema/ui.ts`, secrets masked. */
export interface NodeDetail extends NodeInfo {
  readonly arguments: readonly UiEntry[];
  readonly exports: readonly UiEntry[];
  readonly debug: unknown;
  readonly body: Block;
}

export interface Engine {
  /** The generation that runs; undefined before the first good load. */
  readonly current: Generation | undefined;
  readonly history: readonly GenerationRecord[];
  /** Builds beside, swaps, settles. One at a time; later calls wait. Resolves at the swap or the refusal, the verdict comes by `onChange`. */
  load(bundle: Bundle, cause: string): Promise<Outcome>;
  /** Plans and applies an earlier generation, the last healthy one by default. */
  rollback(number?: number): Promise<Outcome>;
  /** Nodes of a module, `""` for the root; undefined if there is no such module. */
  nodes(moduleId: string): readonly NodeInfo[] | undefined;
  node(globalId: string): NodeDetail | undefined;
  /** The HTTP handler of the component whose global id is the longest prefix of the path, and the rest of the path. */
  handler(path: string): { readonly handler: Handler; readonly rest: string } | undefined;
  /** Shows what flows between components, whichever generation they are of. */
  readonly taps: Taps;
  onChange(listener: (record: GenerationRecord) => void): () => void;
  /** Stops everything, producers first, each with a deadline. */
  stop(): Promise<void>;
}
