/** Arithmetic whose last bit matters to those who compare with Alloy: powers as Go computes them on its main platform. */
import { splitFloat } from "#src/value/number.ts";

/** n^m within 64 bits; for a negative exponent the base itself. */
export function integerPower(n: bigint, m: bigint): bigint {
  if (m === 0n || n === 1n) return 1n;
  if (m < 0n) return n;
  let result = 1n;
  let square = BigInt.asUintN(64, n);
  for (let rest = m; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asUintN(64, result * square);
    square = BigInt.asUintN(64, square * square);
  }
  return result;
}

/** x^y for floats. */
export function floatPower(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  const special = Number.isNaN(x) || Number.isNaN(y) || x === 0 || !Number.isFinite(x) || !Number.isFinite(y);
  if (special) return x === -1 && !Number.isNaN(y) ? 1 : x ** y;
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);
  if (Number.isInteger(y) && y >= -128 && y <= 127) return smallPower(x, y);
  return largePower(x, y);
}

/** Whole exponents of one byte: products of the largest squarings that fit. */
function smallPower(x: number, y: number): number {
  let rest = Math.abs(y);
  let result = 1;
  while (rest > 1) {
    let power = x;
    let taken = 1;
    while (taken <= Math.floor(rest / 2)) {
      power *= power;
      taken *= 2;
    }
    rest -= taken;
    result *= power;
  }
  if (rest === 1) result *= x;
  return y < 0 ? 1 / result : result;
}

function largePower(x: number, y: number): number {
  let whole = Math.trunc(Math.abs(y));
  let fraction = Math.abs(y) - whole;
  if (fraction !== 0 && x < 0) return NaN;
  if (whole >= 2 ** 63) return x === -1 ? 1 : Math.abs(x) < 1 === y > 0 ? 0 : Infinity;
  let result = 1;
  if (fraction !== 0) {
    if (fraction > 0.5) {
      fraction--;
      whole++;
    }
    result = exponential(fraction * Math.log(x));
  }
  let exponent = 0;
  let [mantissa, scale] = toFraction(x);
  for (let rest = BigInt(whole); rest !== 0n; rest >>= 1n) {
    if (Math.abs(scale) > 4096) {
      exponent += scale;
      break;
    }
    if (rest & 1n) {
      result *= mantissa;
      exponent += scale;
    }
    mantissa *= mantissa;
    scale *= 2;
    if (mantissa < 0.5) {
      mantissa += mantissa;
      scale--;
    }
  }
  return y < 0 ? scaleBy(1 / result, -exponent) : scaleBy(result, exponent);
}

/** x as f × 2^e with ½ ≤ |f| < 1. */
function toFraction(x: number): [number, number] {
  const { mantissa, exponent } = splitFloat(Math.abs(x));
  const bits = mantissa.toString(2).length;
  const fraction = Number(mantissa) / 2 ** bits;
  return [x < 0 ? -fraction : fraction, exponent + bits];
}

/** x × 2^exponent, in steps so that the power itself neither over- nor underflows. */
function scaleBy(x: number, exponent: number): number {
  let rest = Math.max(-2200, Math.min(2200, exponent));
  while (rest > 1000) {
    x *= 2 ** 1000;
    rest -= 1000;
  }
  while (rest < -1000) {
    x *= 2 ** -1000;
    rest += 1000;
  }
  return x * 2 ** rest;
}

/** ln 2 in two parts; the first has few enough digits to be multiplied exactly. */
const LN2_HIGH = 0.693147180559663;
const LN2_LOW = 2.8235290563031577e-13;
/** 1/8!, 1/7!, … 1/2!, 1: the Taylor series. */
const SERIES = [1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1];

/** e^x: the argument is reduced by ln 2 and by 16, the series summed with fused steps and squared back. */
function exponential(x: number): number {
  const scale = Math.round(x * Math.LOG2E);
  const reduced = fused(-scale, LN2_LOW, fused(-scale, LN2_HIGH, x)) / 16;
  let sum = SERIES[0]!;
  for (const factor of SERIES.slice(1)) sum = fused(sum, reduced, factor);
  let value = sum * reduced;
  for (let i = 0; i < 3; i++) value *= value + 2;
  return scaleBy(fused(value, value + 2, 1), scale);
}

/** a × b + c, rounded once. */
function fused(a: number, b: number, c: number): number {
  if (a * b === 0 || c === 0) return a * b + c;
  const [x, y, z] = [exact(a), exact(b), exact(c)];
  const exponent = x.exponent + y.exponent;
  const product = x.mantissa * y.mantissa;
  const shift = exponent - z.exponent;
  const sum = shift <= 0 ? product + (z.mantissa << BigInt(-shift)) : (product << BigInt(shift)) + z.mantissa;
  return scaleBy(Number(sum), shift <= 0 ? exponent : z.exponent);
}

function exact(x: number): { readonly mantissa: bigint; readonly exponent: number } {
  const { mantissa, exponent } = splitFloat(Math.abs(x));
  return { mantissa: x < 0 ? -mantissa : mantissa, exponent };
}
