import { CallError } from "#src/value/errors.ts";

const MAX_DEPTH = 200;
const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "'": "'",
  "\\": "\\",
};

/** A place in a path's text, which is read byte by byte: positions in errors count bytes. */
export class Cursor {
  readonly #text: string;
  readonly #bytes: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#bytes = Buffer.from(text).toString("latin1");
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next byte as a character; `""` at the end. */
  peek(): string {
    return this.#bytes[this.#at] ?? "";
  }

  take(): string {
    return this.#bytes[this.#at++] ?? "";
  }

  back(): void {
    this.#at--;
  }

  peekAfterSpaces(): string {
    while (this.peek() === " ") this.#at++;
    return this.peek();
  }

  takeAfterSpaces(): string {
    this.peekAfterSpaces();
    return this.take();
  }

  startsWith(word: string): boolean {
    return this.#bytes.startsWith(word, this.#at);
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** The text that bytes stand for. */
  decode(bytes: string): string {
    return Buffer.from(bytes, "latin1").toString("utf8");
  }

  error(message: string): CallError {
    return new CallError(`${message} at ${Math.min(this.#at, this.#bytes.length) + 1} in ${this.#text}`);
  }

  /** Runs a reader one level deeper. */
  nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.error("nested too deeply");
    const result = read();
    this.#depth--;
    return result;
  }

  /** The rest of a string whose opening quote has been taken. */
  readString(quote: string): string {
    let out = "";
    for (;;) {
      const c = this.take();
      if (c === quote || c === "") return this.decode(out);
      out += c === "\\" ? this.#escape() : c;
    }
  }

  #escape(): string {
    const c = this.take();
    const short = ESCAPES[c];
    if (short !== undefined) return short;
    const length = c === "x" ? 2 : c === "u" || c === "U" ? 4 : 0;
    const hex = this.#bytes.slice(this.#at, this.#at + length);
    if (length === 0 || !/^[0-9a-fA-F]+$/.test(hex) || hex.length < length)
      throw new CallError(
        `0x${(c.charCodeAt(0) || 0).toString(16).padStart(2, "0")} (${c}) is not a valid escaped character`,
      );
    this.#at += length;
    const code = parseInt(hex, 16);
    return length === 2 ? String.fromCharCode(code) : Buffer.from(String.fromCharCode(code)).toString("latin1");
  }
}
