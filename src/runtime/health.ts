import type { Health, HealthState } from "#src/component/define.ts";

const rank: Readonly<Record<HealthState, number>> = { healthy: 0, unknown: 1, unhealthy: 2, exited: 3 };

/** The least healthy of several; among equals the most recent one (specification 4.8). */
export function leastHealthy(first: Health, ...others: readonly (Health | undefined)[]): Health {
  let worst = first;
  for (const health of others) {
    if (health === undefined) continue;
    const order = rank[health.state] - rank[worst.state];
    if (order > 0 || (order === 0 && health.at >= worst.at)) worst = health;
  }
  return worst;
}

/** Whether a node in this state counts as broken. */
export function isBad(health: Health): boolean {
  return health.state === "unhealthy" || health.state === "exited";
}

/** What a parent shows of a child that is worse than itself. */
export function ofChild(id: string, health: Health): Health {
  return { ...health, message: `${id}: ${health.message}` };
}
