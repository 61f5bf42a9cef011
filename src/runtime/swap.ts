/** From a change that stands to one that runs: claims are compared, the swap happens, what is new starts, what is gone stops. */
import type { Claim } from "#src/component/define.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { spanOf } from "#src/syntax/spans.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Gathered, Stopping } from "./change.ts";
import type { Host } from "./host.ts";
import { messageOf } from "./unit.ts";

/** Two nodes that would hold the same port, folder or name. */
export function findConflicts(host: Host, { claims: changing }: Gathered): Diagnostic[] {
  if (changing.length === 0) return [];
  const owners = new Set(changing.map(({ owner }) => owner));
  const held = new Map([...host.claims].filter(([, owner]) => !owners.has(owner)));
  const conflicts: Diagnostic[] = [];
  for (const { owner, claims, block } of changing) {
    for (const claim of claims) {
      const key = keyOf(claim);
      const other = held.get(key);
      if (other === undefined || other === owner) held.set(key, owner);
      else {
        const message = `${owner} and ${other} both need ${claim.kind} ${claim.key}`;
        const hint = "Give one of them another one, or remove it.";
        conflicts.push(
          block === undefined
            ? { severity: "error", code: "claim-conflict", message, hint }
            : problemAt(spanOf(block), "claim-conflict", message, { hint }),
        );
      }
    }
  }
  return conflicts;
}

/** Makes a change real. `settle` runs between the swap and the first start, in the same breath. */
export function enact(host: Host, gathered: Gathered, settle: () => void = () => undefined): void {
  const { commits, claims, starts, stops } = gathered;
  // The one step in which everything becomes real. No `await` in here, ever.
  for (const commit of commits) commit();
  const owners = new Set(claims.map(({ owner }) => owner));
  if (owners.size > 0) for (const [key, holder] of host.claims) if (owners.has(holder)) host.claims.delete(key);
  for (const { owner, claims: held } of claims) for (const claim of held) host.claims.set(keyOf(claim), owner);
  settle();
  for (const unit of starts) unit.start();
  if (stops.length > 0) host.background(stopInOrder(host, stops));
}

/** Producers first: smaller ranks stop before larger ones, equal ones together. Never rejects. */
export async function stopInOrder(host: Host, stops: readonly Stopping[]): Promise<void> {
  const ordered = stops.toSorted((a, b) => compareRanks(a.rank, b.rank));
  for (let from = 0; from < ordered.length;) {
    let to = from + 1;
    while (to < ordered.length && compareRanks(ordered[from]!.rank, ordered[to]!.rank) === 0) to++;
    await Promise.all(
      ordered.slice(from, to).map(async ({ name, stop }) => {
        try {
          await stop();
        } catch (error) {
          host.log.error("failed to stop", { node_id: name, err: messageOf(error) });
        }
      }),
    );
    from = to;
  }
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function keyOf({ kind, key }: Claim): string {
  return `${kind} ${key}`;
}
