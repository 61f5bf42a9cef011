const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["y", 365 * 86_400_000],
  ["w", 7 * 86_400_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];
const FORM = new RegExp(`^${UNITS.map(([unit]) => `(?:([0-9]+)${unit})?`).join("")}$`);

/** Milliseconds of a duration as Prometheus writes it (`1h30m`, `15s`, `0`), or undefined. */
export function parsePrometheusDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const match = text === "" ? null : FORM.exec(text);
  if (match === null) return undefined;
  return UNITS.reduce((sum, [, ms], i) => sum + Number(match[i + 1] ?? 0) * ms, 0);
}

/** The text that reads back as the same duration, to the millisecond. */
export function printPrometheusDuration(duration: number): string {
  let rest = Math.round(duration);
  if (rest === 0) return "0s";
  let text = "";
  for (const [unit, ms] of UNITS) {
    if ((unit === "y" || unit === "w" || unit === "d") && rest % ms !== 0) continue;
    if (rest >= ms) text += `${Math.floor(rest / ms)}${unit}`;
    rest %= ms;
  }
  return text;
}
