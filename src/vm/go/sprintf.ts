/** Go's `fmt.Sprintf` over values: a format never fails, mistakes show up in the result as `%!verb(type=value)`. */
import { MAX_TEXT } from "#src/value/text.ts";
import { CallError } from "#src/value/errors.ts";
import { Capsule, FunctionValue, type Value } from "#src/value/value.ts";
import { goType, printValue } from "./print.ts";
import { emptyFlags, type Flags } from "./pad.ts";

/** Go refuses larger widths and precisions. */
const MAX_WIDTH = 1_000_000;

/** Formats values as `fmt.Sprintf(format, args...)`. Throws a `CallError` if the result gets too long. */
export function sprintf(format: string, args: readonly Value[]): string {
  return new Formatter(format, args).run();
}

class Formatter {
  readonly #format: string;
  readonly #args: readonly Value[];
  #out: string[] = [];
  #length = 0;
  #at = 0;
  #arg = 0;
  /** An index such as `[2]` was used: then surplus arguments are not an error. */
  #reordered = false;
  #goodIndex = true;
  #flags: Flags = emptyFlags();

  constructor(format: string, args: readonly Value[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf("%", this.#at);
      this.#write(format.slice(this.#at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#directive();
    }
    this.#writeExtra();
    return this.#out.join("");
  }

  #write(text: string): void {
    this.#length += text.length;
    if (this.#length > MAX_TEXT) throw tooLong();
    this.#out.push(text);
  }

  #directive(): void {
    this.#goodIndex = true;
    this.#flags = emptyFlags();
    this.#readFlags();
    let indexed = this.#readIndex();
    if (this.#format[this.#at] === "*") {
      this.#at++;
      this.#widthFromArg();
      indexed = false;
    } else {
      this.#flags.width = this.#readNumber();
      if (indexed && this.#flags.width !== undefined) this.#goodIndex = false;
    }
    if (this.#format[this.#at] === ".") {
      this.#at++;
      if (indexed) this.#goodIndex = false;
      indexed = this.#readPrecision();
    }
    if (!indexed) this.#readIndex();
    this.#verb();
  }

  #readFlags(): void {
    for (; ; this.#at++) {
      const c = this.#format[this.#at];
      if (c === "#") this.#flags.sharp = true;
      else if (c === "0") this.#flags.zero = true;
      else if (c === "+") this.#flags.plus = true;
      else if (c === "-") this.#flags.minus = true;
      else if (c === " ") this.#flags.space = true;
      else return;
    }
  }

  #readIndex(): boolean {
    if (this.#format[this.#at] !== "[") return false;
    this.#reordered = true;
    const close = this.#format.indexOf("]", this.#at);
    if (close < 0 || this.#format.length - this.#at < 3) {
      this.#at++;
      this.#goodIndex = false;
      return false;
    }
    const inner = this.#format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const number = /^[0-9]{1,7}$/.test(inner) ? Number(inner) : undefined;
    if (number === undefined || number < 1 || number > this.#args.length) {
      this.#goodIndex = false;
      return number !== undefined;
    }
    this.#arg = number - 1;
    return true;
  }

  #readNumber(): number | undefined {
    const digits = /[0-9]*/y;
    digits.lastIndex = this.#at;
    const text = digits.exec(this.#format)![0];
    if (text === "") return undefined;
    const number = Number(text);
    const tooLarge = number >= MAX_WIDTH * 10 + 10;
    this.#at = tooLarge ? this.#format.length : this.#at + text.length;
    return tooLarge ? undefined : number;
  }

  #numberFromArg(): number | undefined {
    if (this.#arg >= this.#args.length) return undefined;
    const arg = this.#args[this.#arg++];
    if (typeof arg !== "bigint" || arg > BigInt(MAX_WIDTH) || arg < -BigInt(MAX_WIDTH)) return undefined;
    return Number(arg);
  }

  #widthFromArg(): void {
    const width = this.#numberFromArg();
    if (width === undefined) this.#write("%!(BADWIDTH)");
    if (width !== undefined && width < 0) {
      this.#flags.minus = true;
      this.#flags.zero = false;
    }
    this.#flags.width = width === undefined ? undefined : Math.abs(width);
  }

  /** Whether an index followed the point. */
  #readPrecision(): boolean {
    const indexed = this.#readIndex();
    if (this.#format[this.#at] !== "*") {
      this.#flags.precision = this.#readNumber() ?? 0;
      return indexed;
    }
    this.#at++;
    const precision = this.#numberFromArg();
    if (precision === undefined || precision < 0) this.#write("%!(BADPREC)");
    else this.#flags.precision = precision;
    return false;
  }

  #verb(): void {
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) return this.#write("%!(NOVERB)");
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    if (verb === "%") return this.#write("%");
    if (!this.#goodIndex) return this.#write(`%!${verb}(BADINDEX)`);
    if (this.#arg >= this.#args.length) return this.#write(`%!${verb}(MISSING)`);
    if (verb === "v") {
      this.#flags.sharpV = this.#flags.sharp;
      this.#flags.sharp = false;
      this.#flags.plus = false;
    }
    const arg = this.#args[this.#arg++]!;
    const least = Math.max(this.#flags.width ?? 0, this.#flags.precision ?? 0);
    if (least > 1 && least * countScalars(arg) > MAX_TEXT) throw tooLong();
    this.#write(printValue(arg, verb, this.#flags));
  }

  #writeExtra(): void {
    if (this.#reordered || this.#arg >= this.#args.length) return;
    const extra = this.#args.slice(this.#arg).map((arg) => {
      return arg === null ? "<nil>" : `${goType(arg)}=${printValue(arg, "v", emptyFlags())}`;
    });
    this.#write(`%!(EXTRA ${extra.join(", ")})`);
  }
}

function tooLong(): CallError {
  return new CallError(`the result would be longer than ${MAX_TEXT} characters`);
}

/** How many values a width applies to, keys included. */
function countScalars(v: Value): number {
  if (typeof v !== "object" || v === null || v instanceof FunctionValue || v instanceof Capsule) return 1;
  if (v instanceof Uint8Array) return v.length;
  let count = 0;
  for (const element of v.values() as Iterable<Value>) count += countScalars(element) + (v instanceof Map ? 1 : 0);
  return count;
}
