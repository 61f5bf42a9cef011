/**
 * One attempt to change what runs. While it is built it only gathers: what the swap will do, what has to be undone if it
 * is refused, who is to be started and who stopped. Parts keep the order of the graph, whatever the order they finish in.
 */
import type { Claim } from "#src/component/define.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { PlanStep, StepKind } from "./types.ts";
import type { Unit } from "./unit.ts";

export interface Stopping {
  /** Levels from the root module inwards; smaller ones stop first, equal ones together. */
  readonly rank: readonly number[];
  readonly name: string;
  readonly stop: () => Promise<void>;
}

export interface Claiming {
  /** Global id of the node. */
  readonly owner: string;
  readonly claims: readonly Claim[];
  /** Where to point at when another node claims the same. */
  readonly block: Block | undefined;
}

type Part =
  | { readonly do: "commit"; readonly run: () => void }
  | { readonly do: "discard"; readonly run: () => void | Promise<void> }
  | { readonly do: "start"; readonly unit: Unit }
  | { readonly do: "stop"; readonly what: Stopping }
  | { readonly do: "step"; readonly step: PlanStep }
  | ({ readonly do: "claim" } & Claiming)
  | { readonly do: "change"; readonly change: Change };

export class Change {
  #parts: Part[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  /** A failure came from the world (a server that is down), so the same content may succeed later. */
  #world = false;

  /** A part of its own that can be dropped without the rest; its place in the order is now. */
  part(): Change {
    const change = new Change();
    this.#parts.push({ do: "change", change });
    return change;
  }
  /** Runs in the swap: synchronous, and it must not throw. */
  commit(run: () => void): void {
    this.#parts.push({ do: "commit", run });
  }
  /** Runs, last first, when the change is refused. */
  discard(run: () => void | Promise<void>): void {
    this.#parts.push({ do: "discard", run });
  }
  start(unit: Unit): void {
    this.#parts.push({ do: "start", unit });
  }
  stop(what: Stopping): void {
    this.#parts.push({ do: "stop", what });
  }
  step(node: string, kind: StepKind, because = ""): void {
    this.#parts.push({ do: "step", step: { node, do: kind, because } });
  }
  /** From now on the owner claims just these. */
  claim(owner: string, claims: readonly Claim[], block?: Block): void {
    this.#parts.push({ do: "claim", owner, claims, block });
  }
  fail(diagnostics: readonly Diagnostic[], world = false): void {
    this.#diagnostics.push(...diagnostics);
    this.#world ||= world;
  }

  get diagnostics(): Diagnostic[] {
    const all = [...this.#diagnostics];
    for (const part of this.#parts) if (part.do === "change") all.push(...part.change.diagnostics);
    return all;
  }
  get failed(): boolean {
    return this.#diagnostics.length > 0 || this.#parts.some((part) => part.do === "change" && part.change.failed);
  }
  get worldFault(): boolean {
    return this.#world || this.#parts.some((part) => part.do === "change" && part.change.worldFault);
  }
  get steps(): PlanStep[] {
    return [...this.#each("step")].map(({ step }) => step);
  }
  get starts(): Unit[] {
    return [...this.#each("start")].map(({ unit }) => unit);
  }
  get stops(): Stopping[] {
    return [...this.#each("stop")].map(({ what }) => what);
  }
  get claims(): Claiming[] {
    return [...this.#each("claim")];
  }

  /** The one step in which everything becomes real. No `await` in here, ever. */
  swap(): void {
    for (const { run } of this.#each("commit")) run();
  }

  /** Undoes what was built, last first; what runs never noticed. Why it failed stays to be read. */
  async drop(): Promise<void> {
    const parts = this.#parts.toReversed();
    this.#parts = this.#parts.filter((part) => part.do === "change");
    await Promise.all(
      parts.map(async (part) => {
        if (part.do === "change") await part.change.drop();
        else if (part.do === "discard") await part.run();
      }),
    );
  }

  /** Drops a part as if it had never been tried. */
  async forget(part: Change): Promise<void> {
    this.#parts = this.#parts.filter((own) => own.do !== "change" || own.change !== part);
    await part.drop();
  }

  *#each<K extends Part["do"]>(kind: K): Generator<Extract<Part, { readonly do: K }>> {
    for (const part of this.#parts) {
      if (part.do === kind) yield part as Extract<Part, { readonly do: K }>;
      else if (part.do === "change") yield* part.change.#each(kind);
    }
  }
}
