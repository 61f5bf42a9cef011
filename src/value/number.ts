/** Numbers as the configuration language knows them: int64 and uint64 as `bigint`, float64 as `number`; their texts are Go's. */
const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;
const MIN_INT = -(2n ** 63n);

export type NumberKind = "int" | "uint" | "float";

export function numberKind(n: bigint | number): NumberKind {
  if (typeof n === "number") return "float";
  return n > MAX_INT ? "uint" : "int";
}

/** As an int64: floats are truncated, what does not fit becomes the smallest int64, unsigned integers wrap. */
export function asInt64(n: bigint | number): bigint {
  if (typeof n === "bigint") return BigInt.asIntN(64, n);
  if (!(n > -9.223372036854776e18 && n < 9.223372036854776e18)) return MIN_INT;
  return BigInt(Math.trunc(n));
}

/** As a uint64: negative integers wrap, floats are truncated. */
export function asUint64(n: bigint | number): bigint {
  if (typeof n === "bigint") return BigInt.asUintN(64, n);
  if (n >= 9.223372036854776e18 && n < 1.8446744073709552e19) return BigInt(Math.trunc(n));
  return BigInt.asUintN(64, asInt64(n));
}

/** Decimal text without an exponent. */
export function formatNumber(n: bigint | number): string {
  return typeof n === "bigint" ? n.toString() : formatFloat(n, "f", -1);
}

/** A base-10 int64, or undefined. */
export function parseDecimalInt(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text) || text.length > 4096) return undefined;
  const n = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return n < MIN_INT || n > MAX_INT ? undefined : n;
}

/** A base-10 uint64 (no sign), or undefined. */
export function parseDecimalUint(text: string): bigint | undefined {
  if (!/^[0-9]+$/.test(text) || text.length > 4096) return undefined;
  const n = BigInt(text);
  return n > MAX_UINT ? undefined : n;
}

/** An integer with an optional sign and a prefix `0x`, `0o`, `0b` or `0` (octal), within int64 or uint64, or undefined. */
export function parsePrefixedInt(text: string): bigint | undefined {
  if (text.length > 4096) return undefined;
  const match = /^([+-]?)(?:(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))$/.exec(text);
  if (match === null) return undefined;
  const [, sign, prefixed, octal, decimal] = match;
  const magnitude = BigInt(prefixed?.toLowerCase() ?? (octal === undefined ? decimal! : `0o${octal}`));
  const n = sign === "-" ? -magnitude : magnitude;
  if (n < MIN_INT || n > MAX_UINT || (sign === "+" && n > MAX_INT)) return undefined;
  return n;
}

/** A decimal float64, or undefined if it is malformed or too large. */
export function parseFloat64(text: string): number | undefined {
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return undefined;
  const n = Number(text);
  return Number.isFinite(n) ? n : undefined;
}

/** Decimal digits of a positive number: 0.DIGITS × 10^point. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/**
 * Text of a float64 as Go's `strconv.FormatFloat` gives it: `e` with exponent, `f` without, `g` with one for small and
 * large numbers. Precision -1 takes as many digits as needed to read the same number back.
 */
export function formatFloat(n: number, form: "e" | "f" | "g", precision: number): string {
  if (Number.isNaN(n)) return "NaN";
  if (!Number.isFinite(n)) return n > 0 ? "+Inf" : "-Inf";
  const sign = n < 0 || Object.is(n, -0) ? "-" : "";
  const shortest = precision < 0;
  const decimal = shortest ? shortestDecimal(Math.abs(n)) : exactDecimal(Math.abs(n));
  const { digits, point } = decimal;
  if (form === "e") return sign + exponentForm(decimal, shortest ? Math.max(digits.length - 1, 0) : precision);
  if (form === "f") return sign + plainForm(decimal, shortest ? Math.max(digits.length - point, 0) : precision);
  return sign + generalForm(decimal, shortest ? undefined : Math.max(precision, 1));
}

function generalForm(decimal: Decimal, precision: number | undefined): string {
  const rounded = precision === undefined ? decimal : trimZeros(roundDecimal(decimal, precision));
  const count = rounded.digits.length;
  let limit = precision ?? 6;
  if (precision !== undefined && precision > count && count >= rounded.point) limit = count;
  const exponent = rounded.point - 1;
  if (count > 0 && (exponent < -4 || exponent >= limit)) return exponentForm(rounded, count - 1);
  return plainForm(rounded, Math.max(count - rounded.point, 0));
}

function shortestDecimal(n: number): Decimal {
  if (n === 0) return { digits: "", point: 0 };
  const [mantissa, exponent] = n.toExponential().split("e") as [string, string];
  return { digits: mantissa.replace(".", ""), point: Number(exponent) + 1 };
}

/** The mantissa and binary exponent of a positive number: n = mantissa × 2^exponent. */
export function splitFloat(n: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, n);
  const bits = view.getBigUint64(0);
  const raw = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return raw === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: raw - 1075 };
}

function exactDecimal(n: number): Decimal {
  if (n === 0) return { digits: "", point: 0 };
  const { mantissa, exponent } = splitFloat(n);
  const digits =
    exponent >= 0 ? (mantissa << BigInt(exponent)).toString() : (mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits, point: exponent >= 0 ? digits.length : digits.length + exponent };
}

/** Rounds half to even. A negative count means that nothing of the number is left. */
function roundDecimal(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal;
  if (count >= digits.length) return decimal;
  if (count < 0) return { digits: "", point: 0 };
  const rest = digits.slice(count);
  const odd = count > 0 && Number(digits[count - 1]) % 2 === 1;
  const up = rest[0]! > "5" || (rest[0] === "5" && (/[1-9]/.test(rest.slice(1)) || odd));
  if (!up) return { digits: digits.slice(0, count), point };
  if (count === 0) return { digits: "1", point: point + 1 };
  const raised = (BigInt(digits.slice(0, count)) + 1n).toString();
  return { digits: raised, point: point + (raised.length - count) };
}

function trimZeros({ digits, point }: Decimal): Decimal {
  const trimmed = digits.replace(/0+$/, "");
  return { digits: trimmed, point: trimmed === "" ? 0 : point };
}

function exponentForm(decimal: Decimal, precision: number): string {
  const { digits, point } = roundDecimal(decimal, precision + 1);
  const padded = digits.padEnd(precision + 1, "0").slice(0, precision + 1);
  const exponent = digits === "" ? 0 : point - 1;
  const fraction = precision > 0 ? `.${padded.slice(1)}` : "";
  return `${padded[0]}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function plainForm(decimal: Decimal, precision: number): string {
  const { digits, point } = roundDecimal(decimal, decimal.point + precision);
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  if (precision === 0) return whole;
  const fraction = point >= 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, "0")}`;
}
