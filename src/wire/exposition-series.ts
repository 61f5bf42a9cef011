/** Reads what is rare: the labels of a series seen for the first time, exemplars, comments. */
import { Labels } from "#src/signal/labels.ts";
import type { MetricType } from "#src/signal/samples.ts";
import type { Interner } from "#src/util/interner.ts";
import { formatOpenMetricsFloat, parseFloatText } from "./exposition-number.ts";

export type ExpositionFormat = "text" | "openmetrics";

/** A page that breaks its format. The message says on which line and how. */
export class ExpositionError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = "ExpositionError";
    this.line = line;
  }
}

/** What is wrong, without the line, which only the page's owner knows. */
export class LineError extends Error {}

export const METRIC_NAME = "__name__";

const QUOTE = 34;
const COMMA = 44;
const EQUALS = 61;
const BACKSLASH = 92;
const NEWLINE = 10;
const OPEN = 123;
const CLOSE = 125;

/** Reads tokens of one line; `at` moves along. Spaces between tokens are allowed by the text format only. */
export class LineReader {
  readonly page: Uint8Array;
  readonly format: ExpositionFormat;
  at: number;
  readonly #from: number;

  constructor(page: Uint8Array, format: ExpositionFormat, at: number) {
    this.page = page;
    this.format = format;
    this.at = at;
    this.#from = at;
  }

  fail(expected: string): LineError {
    const end = Math.min(this.#from + 200, this.page.length);
    let stop = this.page.indexOf(NEWLINE, this.#from);
    if (stop < 0 || stop > end) stop = end;
    const got = this.at >= this.page.length ? "the end" : quote(this.page.subarray(this.at, this.at + 1));
    return new LineError(`expected ${expected}, got ${got} in ${quote(this.page.subarray(this.#from, stop))}`);
  }

  skipSpaces(): void {
    if (this.format === "text") while (this.page[this.at] === 32 || this.page[this.at] === 9) this.at++;
  }

  /** A metric name outside braces; `""` if there is none. */
  name(colons: boolean): string {
    const from = this.at;
    while (isNameByte(this.page[this.at], this.at > from, colons)) this.at++;
    return latin1(this.page, from, this.at);
  }

  /** A quoted text, still escaped, or undefined if there is none. */
  quoted(lineBreaks: boolean): Uint8Array | undefined {
    const { page } = this;
    if (page[this.at] !== QUOTE) return undefined;
    const from = this.at + 1;
    for (let i = from; i < page.length; i++) {
      const byte = page[i];
      if (byte === QUOTE) {
        this.at = i + 1;
        return page.subarray(from, i);
      }
      if (byte === BACKSLASH) {
        i++;
        if (page[i] === NEWLINE) break;
      } else if (byte === NEWLINE && !lineBreaks) break;
    }
    throw this.fail("a closing quote");
  }

  /** What stands in braces, from behind the opening one to behind the closing one. `__name__` is what stands there alone in quotes. */
  labels(entries: [string, string][], exemplar: boolean): void {
    const text = this.format === "text";
    this.skipSpaces();
    while (this.page[this.at] !== CLOSE) {
      const quotedName = this.quoted(text || !exemplar);
      const name = quotedName === undefined ? this.name(false) : unescape(quotedName);
      if (quotedName === undefined && name === "") throw this.fail("a label name");
      this.skipSpaces();
      const next = this.page[this.at];
      if (quotedName !== undefined && !exemplar && (next === COMMA || next === CLOSE)) {
        if (entries.some(([key]) => key === METRIC_NAME)) throw new LineError("metric name already set");
        entries.push([METRIC_NAME, name]);
        if (next === COMMA) this.at++;
        this.skipSpaces();
        continue;
      }
      if (next !== EQUALS) throw this.fail("an equals sign");
      this.at++;
      this.skipSpaces();
      const value = this.quoted(text);
      if (value === undefined) throw this.fail("a quoted label value");
      entries.push([name, unescape(value)]);
      this.skipSpaces();
      if (this.page[this.at] === COMMA) {
        this.at++;
        this.skipSpaces();
      } else if (!text && this.page[this.at] !== CLOSE) throw this.fail("a comma or a closing brace");
    }
    this.at++;
  }

  /** The bytes up to the next space or line break; in the text format a brace ends them too. */
  word(): string {
    const from = this.at;
    for (; this.at < this.page.length; this.at++) {
      const byte = this.page[this.at]!;
      if (byte === 32 || byte === NEWLINE || (this.format === "text" && (byte === 9 || byte === OPEN))) break;
    }
    return latin1(this.page, from, this.at);
  }
}

/** Reads name and labels of a series; the reader ends behind them. */
export function readSeries(reader: LineReader, type: MetricType, texts: Interner): Labels {
  const entries: [string, string][] = [];
  const name = reader.name(true);
  const end = reader.at;
  if (name !== "") {
    entries.push([METRIC_NAME, name]);
    reader.skipSpaces();
  }
  if (reader.page[reader.at] === OPEN) {
    reader.at++;
    reader.labels(entries, false);
  } else if (name === "") throw reader.fail("a metric name");
  else reader.at = end;
  if (!entries.some(([key]) => key === METRIC_NAME)) throw new LineError("metric name not set");
  for (const entry of entries) {
    entry[0] = texts.intern(entry[0]);
    entry[1] = texts.intern(normalize(entry[0], entry[1], type));
  }
  return sortUnique(entries);
}

/** Where name and labels of a series end, found without taking them apart; -1 where they break the format. */
export function skipSeries(reader: LineReader): number {
  const { page } = reader;
  const named = reader.name(true) !== "";
  const end = reader.at;
  if (named) reader.skipSpaces();
  if (page[reader.at] !== OPEN) return named ? end : -1;
  for (let i = reader.at + 1; i < page.length; i++) {
    const byte = page[i];
    if (byte === CLOSE) return i + 1;
    if (byte === NEWLINE) return -1;
    if (byte !== QUOTE) continue;
    for (i++; i < page.length && page[i] !== QUOTE; i++) if (page[i] === BACKSLASH) i++;
  }
  return -1;
}

/** Sorts labels, drops empty ones and refuses a name that comes twice. */
export function sortUnique(entries: readonly (readonly [string, string])[]): Labels {
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const pairs: string[] = [];
  for (const [i, [name, value]] of sorted.entries()) {
    if (i > 0 && name === sorted[i - 1]![0]) throw new LineError(`label name ${JSON.stringify(name)} is not unique`);
    if (value !== "") pairs.push(name, value);
  }
  return Labels.fromSorted(pairs.slice());
}

/** Bounds of buckets and quantiles are written in one way, whatever the exporter's: `1` becomes `1.0`. */
function normalize(name: string, value: string, type: MetricType): string {
  if (!((type === "histogram" && name === "le") || (type === "summary" && name === "quantile"))) return value;
  const number = parseFloatText(value);
  return number === undefined ? value : formatOpenMetricsFloat(number);
}

function isNameByte(byte: number | undefined, digits: boolean, colons: boolean): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 97 && byte <= 122) ||
    (byte >= 65 && byte <= 90) ||
    byte === 95 ||
    (digits && byte >= 48 && byte <= 57) ||
    (colons && byte === 58)
  );
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as text; refuses what is not UTF-8. */
export function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new LineError(`invalid UTF-8 in ${quote(bytes)}`);
  }
}

/** Undoes the escapes of label values; a backslash before anything else stands for itself. */
export function unescape(bytes: Uint8Array): string {
  const text = decode(bytes);
  return text.includes("\\") ? text.replace(/\\["\\n]/g, (e) => (e === "\\n" ? "\n" : e[1]!)) : text;
}

function latin1(page: Uint8Array, from: number, to: number): string {
  return Buffer.from(page.buffer, page.byteOffset + from, to - from).toString("latin1");
}

function quote(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString("utf8"));
}
