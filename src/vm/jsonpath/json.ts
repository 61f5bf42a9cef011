/** JSON as ojg reads it for JSONPath: integers stay integers, numbers that lose precision become texts, errors say line and column. */
import { CallError } from "#src/value/errors.ts";
import { parseDecimalInt } from "#src/value/number.ts";
import type { Value } from "#src/value/value.ts";

const MAX_DEPTH = 1000;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Parses a JSON text; an empty one is null. Throws a `CallError`. */
export function parseLooseJson(text: string): Value {
  return new Reader(text).document();
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/, "");
  }

  document(): Value {
    this.#space();
    if (this.#next() === "") return null;
    const value = this.#value(0);
    this.#space();
    if (this.#next() !== "") throw this.#error(`extra characters after close, '${this.#character()}'`);
    return value;
  }

  #next(): string {
    return this.#text[this.#at] ?? "";
  }

  #character(): string {
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
  }

  #error(message: string): CallError {
    const read = this.#text.slice(0, this.#at);
    const lines = read.split("\n");
    const place = `${lines.length}:${Buffer.byteLength(lines.at(-1)!) + 1}`;
    return new CallError(`${this.#next() === "" ? "incomplete JSON" : message} at ${place}`);
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#next())) this.#at++;
  }

  #value(depth: number): Value {
    if (depth > MAX_DEPTH) throw new CallError("the JSON is nested too deeply");
    this.#space();
    const c = this.#next();
    switch (c) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      case "]":
        throw this.#error("unexpected array close");
      case "}":
        throw this.#error("unexpected object close");
      default:
        if (/[-0-9]/.test(c)) return this.#number(depth);
        throw this.#error(`unexpected character '${this.#character()}'`);
    }
  }

  #word<T>(word: string, value: T): T {
    for (const letter of word) {
      if (this.#next() !== letter) throw this.#error(`expected ${word}`);
      this.#at++;
    }
    return value;
  }

  #number(depth: number): Value {
    const start = this.#at;
    const invalid = () => this.#error("invalid number");
    if (this.#next() === "-") this.#at++;
    if (this.#next() === "0") this.#at++;
    else if (this.#digits() === 0) throw invalid();
    let fraction = 0;
    if (this.#next() === ".") {
      this.#at++;
      fraction = this.#digits();
      if (fraction === 0) throw invalid();
    }
    const exponentAt = this.#at;
    if (/[eE]/.test(this.#next())) {
      this.#at++;
      if (/[-+]/.test(this.#next())) this.#at++;
      if (this.#digits() === 0) throw invalid();
    }
    const raw = this.#text.slice(start, this.#at);
    const next = this.#next();
    if (depth === 0 && next === ",") throw this.#error("unexpected comma");
    if (next !== "" && !/[\s,\]}]/.test(next)) throw invalid();
    const exponent = Math.abs(Number(raw.slice(exponentAt - start).replace(/^[eE]/, "")));
    if (fraction >= 18 || exponent > 1022) return raw;
    if (!/[.eE]/.test(raw)) return parseDecimalInt(raw) ?? raw;
    return Number(raw);
  }

  #digits(): number {
    const start = this.#at;
    while (/[0-9]/.test(this.#next())) this.#at++;
    return this.#at - start;
  }

  #string(): string {
    let out = "";
    this.#at++;
    for (;;) {
      const plain = /[ !#-[\]-\u{10ffff}]*/uy;
      plain.lastIndex = this.#at;
      out += plain.exec(this.#text)![0];
      this.#at = plain.lastIndex;
      const next = this.#next();
      if (next === '"') {
        this.#at++;
        return out.toWellFormed();
      }
      if (next !== "\\")
        throw this.#error(`invalid JSON character 0x${(next.charCodeAt(0) || 0).toString(16).padStart(2, "0")}`);
      out += this.#escape();
    }
  }

  #escape(): string {
    this.#at++;
    const letter = this.#next();
    const short = ESCAPES[letter];
    if (short === undefined && letter !== "u")
      throw this.#error(`invalid JSON escape character '\\${this.#character()}'`);
    this.#at++;
    if (short !== undefined) return short;
    for (let i = 0; i < 4; i++, this.#at++)
      if (!/[0-9a-fA-F]/.test(this.#next())) throw this.#error(`invalid JSON unicode character '${this.#character()}'`);
    return String.fromCharCode(parseInt(this.#text.slice(this.#at - 4, this.#at), 16));
  }

  #array(depth: number): Value {
    const out: Value[] = [];
    this.#at++;
    this.#space();
    if (this.#next() === "]") {
      this.#at++;
      return out;
    }
    for (;;) {
      this.#space();
      if (out.length > 0 && this.#next() === "]") throw this.#error("unexpected character ']'");
      out.push(this.#value(depth + 1));
      if (this.#closes("]")) return out;
    }
  }

  #object(depth: number): Value {
    const out = new Map<string, Value>();
    this.#at++;
    this.#space();
    if (this.#next() === "}") {
      this.#at++;
      return out;
    }
    for (let expected = "a string start or object close"; ; expected = "a string start") {
      this.#space();
      if (this.#next() !== '"') throw this.#error(`expected ${expected}, not '${this.#character()}'`);
      const key = this.#string();
      this.#space();
      if (this.#next() !== ":") throw this.#error(`expected a colon, not '${this.#character()}'`);
      this.#at++;
      out.set(key, this.#value(depth + 1));
      if (this.#closes("}")) return out;
    }
  }

  /** After a member: whether the container ends, or else a comma has been taken. */
  #closes(close: string): boolean {
    this.#space();
    const next = this.#next();
    if (next === "]" && close !== "]") throw this.#error("unexpected array close");
    if (next === "}" && close !== "}") throw this.#error("unexpected object close");
    if (next !== close && next !== ",") throw this.#error(`expected a comma or close, not '${this.#character()}'`);
    this.#at++;
    return next === close;
  }
}
