/** JSON as Go's `encoding/json` reads and writes it: its errors, its escapes, its numbers. */
import { quote } from "#src/util/quote.ts";
import { CallError } from "#src/value/errors.ts";
import { formatFloat } from "#src/value/number.ts";
import { sortedKeys } from "#src/value/render.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Capsule, FunctionValue, type ArrayValue, type ObjectValue, type Value } from "#src/value/value.ts";

const MAX_DEPTH = 1000;
/** Go gives up on deeper input with this text. */
const TOO_DEEP = "exceeded max depth";

/** Parses one JSON document; every number is a float. Throws a `CallError` with Go's message. */
export function parseJson(text: string): Value {
  return new Reader(text).document();
}

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

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Value {
    const value = this.#value("looking for beginning of value", 0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#invalid("after top-level value");
    return value;
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #invalid(context: string): CallError {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return new CallError("unexpected end of JSON input");
    return new CallError(`invalid character ${describeByte(String.fromCodePoint(code))} ${context}`);
  }

  #value(context: string, depth: number): Value {
    if (depth > MAX_DEPTH) throw new CallError(TOO_DEEP);
    this.#space();
    switch (this.#text[this.#at]) {
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
      default:
        return this.#number(context);
    }
  }

  #word<T>(word: string, value: T): T {
    for (let i = 0; i < word.length; i++, this.#at++)
      if (this.#text[this.#at] !== word[i]) throw this.#invalid(`in literal ${word} (expecting '${word[i]!}')`);
    return value;
  }

  #number(context: string): number {
    const start = this.#at;
    if (!/[-0-9]/.test(this.#text[start] ?? "")) throw this.#invalid(context);
    if (this.#text[start] === "-") {
      this.#at++;
      if (!this.#isDigit()) throw this.#invalid("in numeric literal");
    }
    if (this.#text[this.#at] === "0") this.#at++;
    else this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!this.#isDigit()) throw this.#invalid("after decimal point in numeric literal");
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/[-+]/.test(this.#text[this.#at] ?? "")) this.#at++;
      if (!this.#isDigit()) throw this.#invalid("in exponent of numeric literal");
      this.#digits();
    }
    const raw = this.#text.slice(start, this.#at);
    const value = Number(raw);
    if (!Number.isFinite(value))
      throw new CallError(`json: cannot unmarshal number ${raw} into Go value of type float64`);
    return value;
  }

  #isDigit(): boolean {
    return /[0-9]/.test(this.#text[this.#at] ?? "");
  }

  #digits(): void {
    while (this.#isDigit()) this.#at++;
  }

  #string(): string {
    let out = "";
    this.#at++;
    for (;;) {
      const plain = /[ !#-[\]-\u{10ffff}]*/uy;
      plain.lastIndex = this.#at;
      out += plain.exec(this.#text)![0];
      this.#at = plain.lastIndex;
      const next = this.#text[this.#at];
      if (next === '"') {
        this.#at++;
        return out.isWellFormed() ? out : out.toWellFormed();
      }
      if (next !== "\\") throw this.#invalid("in string literal");
      out += this.#escape();
    }
  }

  #escape(): string {
    this.#at++;
    const letter = this.#text[this.#at] ?? "";
    const short = ESCAPES[letter];
    if (short !== undefined) {
      this.#at++;
      return short;
    }
    if (letter !== "u") throw this.#invalid("in string escape code");
    this.#at++;
    for (let i = 0; i < 4; i++, this.#at++)
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? "")) throw this.#invalid("in \\u hexadecimal character escape");
    return String.fromCharCode(parseInt(this.#text.slice(this.#at - 4, this.#at), 16));
  }

  #array(depth: number): Value {
    const out: Value[] = [];
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === "]") {
      this.#at++;
      return out;
    }
    for (;;) {
      out.push(this.#value("looking for beginning of value", depth + 1));
      this.#space();
      const next = this.#text[this.#at];
      if (next !== "," && next !== "]") throw this.#invalid("after array element");
      this.#at++;
      if (next === "]") return out;
    }
  }

  #object(depth: number): Value {
    const out = new Map<string, Value>();
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === "}") {
      this.#at++;
      return out;
    }
    for (let context = "looking for beginning of object key string"; ;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#invalid(context);
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at] !== ":") throw this.#invalid("after object key");
      this.#at++;
      out.set(key, this.#value("looking for beginning of value", depth + 1));
      this.#space();
      const next = this.#text[this.#at];
      if (next !== "," && next !== "}") throw this.#invalid("after object key:value pair");
      this.#at++;
      if (next === "}") return out;
    }
  }
}

/** A character as Go's JSON errors show it. Beyond ASCII they show its first byte. */
function describeByte(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  return `'${quote(String.fromCharCode(Buffer.from(character)[0]!)).slice(1, -1)}'`;
}

/** A value as JSON with sorted keys and Go's HTML-safe escapes; secrets as their text. Throws a `CallError` for what JSON cannot hold. */
export function renderJson(v: Value, depth = 0): string {
  if (depth > MAX_DEPTH) throw new CallError("the value is nested too deeply");
  if (v === null) return "null";
  if (typeof v === "string") return renderText(v);
  if (typeof v === "bigint" || typeof v === "boolean") return v.toString();
  if (typeof v === "number") return renderNumber(v);
  if (v instanceof Uint8Array) return `[${v.join(",")}]`;
  if (v instanceof Secret || v instanceof OptionalSecret) return renderText(v.reveal());
  if (v instanceof FunctionValue) throw new CallError("json: unsupported type: function");
  const object = v instanceof Capsule ? v.asObject?.() : v;
  if (object instanceof Map) return renderObject(object as ObjectValue, depth);
  if (v instanceof Capsule) throw new CallError(`json: unsupported type: ${v.capsule}`);
  return `[${(v as ArrayValue).map((element) => renderJson(element, depth + 1)).join(",")}]`;
}

function renderObject(object: ObjectValue, depth: number): string {
  const fields = sortedKeys(object).map((key) => `${renderText(key)}:${renderJson(object.get(key)!, depth + 1)}`);
  return `{${fields.join(",")}}`;
}

function renderNumber(n: number): string {
  if (!Number.isFinite(n)) throw new CallError(`json: unsupported value: ${formatFloat(n, "g", -1)}`);
  const size = Math.abs(n);
  if (size === 0 || (size >= 1e-6 && size < 1e21)) return formatFloat(n, "f", -1);
  return formatFloat(n, "e", -1).replace(/e-0(\d)$/, "e-$1");
}

function renderText(text: string): string {
  const escaped = JSON.stringify(text.toWellFormed());
  return escaped.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
