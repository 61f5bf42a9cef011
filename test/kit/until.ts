import { setTimeout } from "node:timers/promises";

/**
 * Looks again and again until there is something, and gives it; what is thrown meanwhile counts as nothing. Rejects with
 * what was waited for, and with what was seen last, once the deadline has passed.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  within = 20_000,
): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = Date.now() + within;
  for (;;) {
    let seen: unknown;
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found as Exclude<NonNullable<T>, false>;
      seen = found;
    } catch (error) {
      seen = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${within / 1000} s for ${what}; seen last: ${String(seen)}`, { cause: seen });
    }
    await setTimeout(20);
  }
}
