import { quote } from "#src/util/quote.ts";

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
/** Go keeps durations in 63 bits of nanoseconds. */
const MAX_NANOSECONDS = 2 ** 63;

/** Milliseconds of a Go duration text (`1h30m`, `-1.5s`, `0`). Throws an `Error` with Go's message. */
export function parseDuration(text: string): number {
  const quoted = quote(text);
  const invalid = () => new Error(`time: invalid duration ${quoted}`);
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") throw invalid();
  let nanoseconds = 0;
  while (rest !== "") {
    const number = /^(?:[0-9]+\.?[0-9]*|\.[0-9]+)/.exec(rest)?.[0];
    if (number === undefined) throw invalid();
    rest = rest.slice(number.length);
    const unit = /^[^.0-9]*/.exec(rest)![0];
    if (unit === "") throw new Error(`time: missing unit in duration ${quoted}`);
    const scale = UNITS[unit];
    if (scale === undefined) throw new Error(`time: unknown unit ${quote(unit)} in duration ${quoted}`);
    nanoseconds += Number(number) * scale;
    if (nanoseconds >= MAX_NANOSECONDS) throw invalid();
    rest = rest.slice(unit.length);
  }
  return (text.startsWith("-") ? -nanoseconds : nanoseconds) / 1e6;
}
