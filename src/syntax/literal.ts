import type { Literal } from "./ast.ts";

/** What a literal stands for. Integers are `bigint`: int64, or uint64 past its range; past that they are floats. */
export type LiteralValue = null | boolean | bigint | number | string;

const MAX_UINT64 = 2n ** 64n - 1n;
const BACKSLASH_ESCAPE = /\\(?:([abfnrtv\\"])|([0-7]{3})|x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8}))/g;
const SHORT: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/** The value of a literal as the scanner accepted it (specification 1.3), or why it has none. */
export function readLiteral(literal: Literal): { readonly value: LiteralValue } | { readonly error: string } {
  const { raw } = literal;
  switch (literal.literal) {
    case "null":
      return { value: null };
    case "bool":
      return { value: raw === "true" };
    case "string":
      return { value: unquote(raw) };
    case "number":
      return readInteger(raw);
    case "float":
      return readFloat(raw);
  }
}

/** Digits after a leading zero are octal where they can be; what is no integer of 64 bits is read as a float. */
function readInteger(raw: string): { value: bigint | number } | { error: string } {
  const digits = raw.replace(/^0+(?=\d)/, "");
  const octal = raw.length > 1 && raw.startsWith("0");
  if (octal ? /^[0-7]{1,22}$/.test(digits) : digits.length <= 20) {
    const value = BigInt(octal ? `0o${digits}` : digits);
    if (value <= MAX_UINT64) return { value };
  }
  return readFloat(raw);
}

function readFloat(raw: string): { value: number } | { error: string } {
  const value = Number(raw);
  if (Number.isFinite(value)) return { value };
  return { error: `number ${raw.length > 40 ? `${raw.slice(0, 40)}…` : raw} is out of range` };
}

/** The text a string literal stands for: without its quotes, escapes replaced, raw ones without carriage returns. */
export function unquote(raw: string): string {
  const inner = raw.slice(1, -1);
  if (raw.startsWith("`")) return inner.replaceAll("\r", "");
  if (!inner.includes("\\")) return inner;
  // Octal and hexadecimal escapes are bytes: several together may be one character.
  const bytes: Uint8Array[] = [];
  let at = 0;
  for (const match of inner.matchAll(BACKSLASH_ESCAPE)) {
    bytes.push(Buffer.from(inner.slice(at, match.index)), decodeEscape(match));
    at = match.index + match[0].length;
  }
  bytes.push(Buffer.from(inner.slice(at)));
  return Buffer.concat(bytes).toString();
}

function decodeEscape([, short, octal, hex, unicode, long]: RegExpExecArray): Uint8Array {
  if (short !== undefined) return Buffer.from(SHORT[short]!);
  if (octal !== undefined) return Uint8Array.of(Number.parseInt(octal, 8));
  if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16));
  return Buffer.from(String.fromCodePoint(Number.parseInt(unicode ?? long!, 16)));
}
