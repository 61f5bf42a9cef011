import type { Stability } from "./field.ts";

const rank: Readonly<Record<Stability, number>> = {
  experimental: 0,
  "public-preview": 1,
  "generally-available": 2,
};

/** Why a feature may not be used at the level the user allows (specification 4.9); undefined if it may. `what` names it: `component "x"`. */
export function findStabilityProblem(what: string, level: Stability, allowed: Stability): string | undefined {
  if (rank[level] >= rank[allowed]) return undefined;
  return (
    `${what} is at stability level "${level}", which is below the minimum allowed stability level "${allowed}". ` +
    `Use --stability.level command-line flag to enable "${level}" features`
  );
}
