import { formatFloat, numberKind, splitFloat } from "#src/value/number.ts";
import { isPrintable, quoteCharacter } from "#src/util/quote.ts";
import { pad, padSpaces, type Flags } from "./pad.ts";

const MAX_CHARACTER = 0x10ffffn;

/** An integer by one of Go's verbs, or undefined for a verb that integers do not have. */
export function printInteger(n: bigint, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case "v":
      if (flags.sharpV && numberKind(n) === "uint") return digits(n, 16, "v", { ...flags, sharp: true });
      return digits(n, 10, verb, flags);
    case "d":
      return digits(n, 10, verb, flags);
    case "b":
      return digits(n, 2, verb, flags);
    case "o":
    case "O":
      return digits(n, 8, verb, flags);
    case "x":
      return digits(n, 16, verb, flags);
    case "X":
      return digits(n, 16, verb, flags).toUpperCase();
    case "c":
      return pad(character(n), flags);
    case "q":
      return pad(quoteCharacter(character(n).codePointAt(0)!, { ascii: flags.plus }), flags);
    case "U":
      return unicode(n, flags);
    default:
      return undefined;
  }
}

function digits(n: bigint, base: 2 | 8 | 10 | 16, verb: string, flags: Flags): string {
  const negative = n < 0n;
  const signed = negative || flags.plus || flags.space;
  if (flags.precision === 0 && n === 0n) return padSpaces("", flags);
  let least = flags.precision ?? 0;
  if (flags.precision === undefined && flags.zero && !flags.minus && flags.width !== undefined)
    least = flags.width - (signed ? 1 : 0);
  let out = (negative ? -n : n).toString(base).padStart(least, "0");
  if (flags.sharp && base === 2) out = `0b${out}`;
  if (flags.sharp && base === 8 && !out.startsWith("0")) out = `0${out}`;
  if (flags.sharp && base === 16) out = `0x${out}`;
  if (verb === "O") out = `0o${out}`;
  const sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  return padSpaces(sign + out, flags);
}

function character(n: bigint): string {
  const valid = n >= 0n && n <= MAX_CHARACTER && !(n >= 0xd800n && n <= 0xdfffn);
  return String.fromCodePoint(valid ? Number(n) : 0xfffd);
}

function unicode(n: bigint, flags: Flags): string {
  const code = BigInt.asUintN(64, n);
  const hex = code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, flags.precision ?? 0), "0");
  const shown = code <= MAX_CHARACTER ? character(code) : "";
  return padSpaces(`U+${hex}${flags.sharp && isPrintable(shown) ? ` '${shown}'` : ""}`, flags);
}

/** A float by one of Go's verbs, or undefined for a verb that floats do not have. */
export function printFloat(n: number, verb: string, flags: Flags): string | undefined {
  const bare = floatText(n, verb, flags.precision);
  if (bare === undefined) return undefined;
  const sign = bare[0] === "-" || bare[0] === "+" ? bare[0] : "+";
  const body = bare.replace(/^[-+]/, "");
  const shown = sign === "-" || flags.plus ? sign : flags.space ? " " : "";
  if (body === "Inf") return padSpaces((shown === "" ? "+" : shown) + body, flags);
  if (body === "NaN") return padSpaces(shown + body, flags);
  const full = flags.sharp && verb !== "b" ? withPoint(body, verb, flags.precision) : body;
  if (shown !== "" && flags.zero && !flags.minus && flags.width !== undefined)
    return shown + pad(full, { ...flags, width: Math.max(flags.width - 1, 0) });
  return pad(shown + full, flags);
}

function floatText(n: number, verb: string, precision: number | undefined): string | undefined {
  switch (verb) {
    case "v":
    case "g":
      return formatFloat(n, "g", precision ?? -1);
    case "G":
      return upper(formatFloat(n, "g", precision ?? -1));
    case "e":
      return formatFloat(n, "e", precision ?? 6);
    case "E":
      return upper(formatFloat(n, "e", precision ?? 6));
    case "f":
    case "F":
      return formatFloat(n, "f", precision ?? 6);
    case "b":
      return Number.isFinite(n) ? binaryForm(n) : formatFloat(n, "g", -1);
    case "x":
      return Number.isFinite(n) ? hexForm(n, precision) : formatFloat(n, "g", -1);
    case "X":
      return Number.isFinite(n) ? hexForm(n, precision).toUpperCase() : formatFloat(n, "g", -1);
    default:
      return undefined;
  }
}

function upper(text: string): string {
  return text.replace("e", "E");
}

/** The `#` flag: there is a decimal point, and `g` keeps its zeros. */
function withPoint(body: string, verb: string, precision: number | undefined): string {
  const hex = verb === "x" || verb === "X";
  const tailAt = body.search(hex ? /[pP]/ : /[eE]/);
  const number = tailAt < 0 ? body : body.slice(0, tailAt);
  let missing = ["v", "g", "G", "x"].includes(verb) ? (precision ?? 6) : 0;
  missing -= number.replace(".", "").replace(/^0+/, "").length;
  const pointed = number.includes(".");
  if (!pointed && number === "0") missing--;
  return number + (pointed ? "" : ".") + "0".repeat(Math.max(missing, 0)) + (tailAt < 0 ? "" : body.slice(tailAt));
}

function signOf(n: number): string {
  return n < 0 || Object.is(n, -0) ? "-" : "";
}

function binaryForm(n: number): string {
  const { mantissa, exponent } = splitFloat(Math.abs(n));
  return `${signOf(n)}${mantissa}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

/** `0x1.8p+01`: one binary digit before the point. */
function hexForm(n: number, precision: number | undefined): string {
  let { mantissa, exponent } = splitFloat(Math.abs(n));
  if (mantissa === 0n) exponent = 0;
  else {
    const shift = 53 - mantissa.toString(2).length;
    mantissa <<= BigInt(shift);
    exponent += 52 - shift;
  }
  let places = 13;
  if (precision !== undefined && precision < 13) {
    const cut = BigInt(4 * (13 - precision));
    const rest = mantissa & ((1n << cut) - 1n);
    const half = 1n << (cut - 1n);
    mantissa >>= cut;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    places = precision;
    if (mantissa >> BigInt(4 * places + 1)) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const hex = mantissa.toString(16).padStart(places + 1, "0");
  const fraction = precision === undefined ? hex.slice(1).replace(/0+$/, "") : hex.slice(1).padEnd(precision, "0");
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${signOf(n)}0x${hex[0]}${fraction === "" ? "" : `.${fraction}`}p${exponent < 0 ? "-" : "+"}${power}`;
}
