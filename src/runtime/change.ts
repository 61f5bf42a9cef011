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

/** Everything a change holds, its parts included, in the order of the graph. */
export interface Gathered {
  readonly commits: (() => void)[];
  readonly starts: Unit[];
  readonly stops: Stopping[];
  readonly steps: PlanStep[];
  readonly claims: Claiming[];
  readonly diagnostics: Diagnostic[];
}

type Part =
  | Change
  | { readonly is: "commit"; readonly it: () => void }
  | { readonly is: "discard"; readonly it: () => void | Promise<void> }
  | { readonly is: "start"; readonly it: Unit }
  | { readonly is: "stop"; readonly it: Stopping }
  | { readonly is: "step"; readonly it: PlanStep }
  | { readonly is: "claim"; readonly it: Claiming };

export class Change {
  #parts: Part[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  /** A failure came from the world (a server that is down), so the same content may succeed later. */
  #world = false;

  /** A part of its own that can be dropped without the rest; its place in the order is now. */
  part(): Change {
    const change = new Change();
    this.#parts.push(change);
    return change;
  }
  /** Runs in the swap: synchronous, and it must not throw. */
  commit(commit: () => void): void {
    this.#parts.push({ is: "commit", it: commit });
  }
  /** Runs when the change is refused, those of later parts first. */
  discard(discard: () => void | Promise<void>): void {
    this.#parts.push({ is: "discard", it: discard });
  }
  start(start: Unit): void {
    this.#parts.push({ is: "start", it: start });
  }
  stop(stop: Stopping): void {
    this.#parts.push({ is: "stop", it: stop });
  }
  step(node: string, kind: StepKind, because = ""): void {
    this.#parts.push({ is: "step", it: { node, do: kind, because } });
  }
  /** From now on the owner claims just these. */
  claim(owner: string, claims: readonly Claim[], block?: Block): void {
    this.#parts.push({ is: "claim", it: { owner, claims, block } });
  }
  fail(diagnostics: readonly Diagnostic[], world = false): void {
    this.#diagnostics.push(...diagnostics);
    this.#world ||= world;
  }

  get failed(): boolean {
    if (this.#diagnostics.length > 0) return true;
    for (const part of this.#parts) if (part instanceof Change && part.failed) return true;
    return false;
  }
  get worldFault(): boolean {
    return this.#world || this.#parts.some((part) => part instanceof Change && part.worldFault);
  }
  get diagnostics(): readonly Diagnostic[] {
    return this.gather().diagnostics;
  }

  gather(): Gathered {
    const all: Gathered = { commits: [], starts: [], stops: [], steps: [], claims: [], diagnostics: [] };
    this.#gather(all);
    return all;
  }

  #gather(all: Gathered): void {
    all.diagnostics.push(...this.#diagnostics);
    for (const part of this.#parts) {
      if (part instanceof Change) part.#gather(all);
      else if (part.is === "commit") all.commits.push(part.it);
      else if (part.is === "step") all.steps.push(part.it);
      else if (part.is === "start") all.starts.push(part.it);
      else if (part.is === "stop") all.stops.push(part.it);
      else if (part.is === "claim") all.claims.push(part.it);
    }
  }

  /** Undoes what was built, last first; what runs never noticed. Why it failed stays to be read. */
  async drop(): Promise<void> {
    const parts = this.#parts.toReversed();
    this.#parts = this.#parts.filter((part) => part instanceof Change);
    await Promise.all(
      parts.map(async (part) => {
        if (part instanceof Change) await part.drop();
        else if (part.is === "discard") await part.it();
      }),
    );
  }

  /** Drops a part as if it had never been tried. */
  async forget(part: Change): Promise<void> {
    this.#parts = this.#parts.filter((own) => own !== part);
    await part.drop();
  }
}
