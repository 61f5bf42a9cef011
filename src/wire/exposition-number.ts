/** Numbers of the exposition formats: read as Go's `ParseFloat` reads them, written as its shortest `%g`. */

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/** The number a text stands for, or undefined if it stands for none or for one too large. */
export function parseFloatText(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? NaN : undefined;
}

/** The shortest text that reads back as the same number. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** The same with a dot wherever OpenMetrics wants one: `1.0`. */
export function formatOpenMetricsFloat(value: number): string {
  const text = formatFloat(value);
  return /[.eNI]/.test(text) ? text : `${text}.0`;
}

const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Digits that a double holds exactly whatever they are. */
const EXACT_DIGITS = 15;

/** Reads decimal numbers out of bytes wherever doubles give the exact answer in one operation. */
export class NumberScanner {
  value = 0;

  /** The end of the number that begins here, its value in `value`; -1 if there is none or it needs the long way. */
  scan(page: Uint8Array, from: number): number {
    let at = from;
    let byte = page[at]!;
    const negative = byte === 45;
    if (negative) byte = page[++at]!;
    const first = at;
    let mantissa = 0;
    for (; byte >= 48 && byte <= 57; byte = page[++at]!) mantissa = mantissa * 10 + (byte - 48);
    let digits = at - first;
    if (digits === 0) return -1;
    let power = 0;
    if (byte === 46) {
      const dot = at;
      for (byte = page[++at]!; byte >= 48 && byte <= 57; byte = page[++at]!) mantissa = mantissa * 10 + (byte - 48);
      power = dot + 1 - at;
      digits -= power;
    }
    if (byte === 101 || byte === 69) {
      const sign = page[at + 1]!;
      at += sign === 43 || sign === 45 ? 2 : 1;
      const start = at;
      let exponent = 0;
      for (byte = page[at]!; byte >= 48 && byte <= 57; byte = page[++at]!) exponent = exponent * 10 + (byte - 48);
      if (at === start || at > start + 3) return -1;
      power += sign === 45 ? -exponent : exponent;
    }
    if (digits > EXACT_DIGITS || power > 22 || power < -22) return -1;
    if (power > 0) mantissa *= POWERS[power]!;
    else if (power < 0) mantissa /= POWERS[-power]!;
    this.value = negative ? -mantissa : mantissa;
    return at;
  }
}
