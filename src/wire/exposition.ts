/**
 * Reads pages of metrics: Prometheus text 0.0.4 and OpenMetrics 1.0. A target's pages are nearly equal from one to the
 * next, so a reader belongs to one target and compares each line with the one expected there; only lines that are new
 * are taken apart. Values go to columns.
 */
import type { Labels } from "#src/signal/labels.ts";
import type { MetricMetadata, MetricType } from "#src/signal/samples.ts";
import { Interner } from "#src/util/interner.ts";
import { collectMetadata, readComment, TYPES, type Comment } from "./exposition-comment.ts";
import { NumberScanner } from "./exposition-number.ts";
import { readSample } from "./exposition-sample.ts";
import {
  ExpositionError,
  LineError,
  LineReader,
  readSeries,
  skipSeries,
  type ExpositionFormat,
} from "./exposition-series.ts";
import { LineTable, SERIES } from "./exposition-table.ts";

export { ExpositionError, type ExpositionFormat } from "./exposition-series.ts";

export interface PageExemplar {
  /** Index of its sample. */
  readonly sample: number;
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since 1970, if it has a time of its own. */
  readonly time: number | undefined;
}

/** What a page says. `series` is the very same array as before while it is unchanged. */
export interface Page<S> {
  /** For each sample what was made of its series. */
  readonly series: readonly S[];
  /** One for each sample, with room for `spare` more. */
  readonly value: Float64Array;
  /** Milliseconds since 1970, NaN for a sample without; undefined if no sample has one. With the same room. */
  readonly time: Float64Array | undefined;
  /** Samples whose series, written in the same way, stood on the page before them. */
  readonly repeated: readonly number[];
  readonly exemplars: readonly PageExemplar[];
}

/** Lines remembered that are not on the page any more: as many as those on it, and this number. */
const MAX_DEAD_LINES = 1000;
const COMMENT = 1;
/** Comments that say a type have this kind, plus the type's index. */
const FIRST_TYPE = 2;

/** Reads the pages of one target. `S` is what its owner makes of each series, once. */
export class ExpositionReader<S> {
  readonly #create: (labels: Labels) => S;
  readonly #spare: number;
  #table = new LineTable();
  #made: (S | undefined)[] = [];
  #comments: (Comment | undefined)[] = [];
  /** Page on which each line was last seen. */
  #seen: Uint32Array = new Uint32Array(64);
  #pages = 0;
  /** The lines of the last good page, and where each line stands there. */
  #order: Int32Array = new Int32Array(0);
  #position: Int32Array = new Int32Array(64);
  #series: readonly S[] = [];
  #said: readonly Comment[] = [];
  #metadata: readonly MetricMetadata[] | undefined;
  readonly #numbers = new NumberScanner();
  readonly #texts = new Interner();
  #samples = 0;

  /** `create` may throw to refuse the page. `spare` is the room that columns leave for samples of the owner. */
  constructor(create: (labels: Labels) => S, spare = 0) {
    this.#create = create;
    this.#spare = spare;
  }

  /** Reads a page. Throws `ExpositionError` where it breaks the format; the next page is then read as if this one had not been. */
  read(page: Uint8Array, format: ExpositionFormat): Page<S> {
    this.#pages += 1;
    const columns = new Columns(this.#series.length, this.#spare);
    const place = { at: 0 };
    try {
      const order = this.#readLines(page, format, columns, place);
      if (order !== undefined) this.#adopt(order);
    } catch (error) {
      this.#samples = columns.count;
      this.#forgetDead();
      if (error instanceof LineError) throw new ExpositionError(lineAt(page, place.at), error.message);
      throw error;
    }
    this.#samples = columns.count;
    return {
      series: this.#series,
      value: columns.value,
      time: columns.time,
      repeated: columns.repeated,
      exemplars: columns.exemplars,
    };
  }

  /** Fills the columns and returns the order of lines, or undefined if it is that of the page before. */
  #readLines(
    page: Uint8Array,
    format: ExpositionFormat,
    columns: Columns,
    place: { at: number },
  ): Int32Array | undefined {
    const size = page.length;
    const pageWords = new DataView(page.buffer, page.byteOffset, size);
    const order = this.#order;
    const table = this.#table;
    let { bytes, words, start, length, kind } = table;
    let seen = this.#seen;
    const now = this.#pages;
    let changed: LineList | undefined;
    let type: MetricType = "unknown";
    let next = 0;
    let at = 0;
    while (at < size) {
      let line = -1;
      if (next < order.length) {
        const expected = order[next]!;
        const count = length[expected]!;
        const from = start[expected]!;
        const end = at + count;
        if (end < size) {
          let i = 0;
          while (i < count - 3 && pageWords.getUint32(at + i) === words.getUint32(from + i)) i += 4;
          while (i < count && page[at + i] === bytes[from + i]) i++;
          if (i === count && endsLine(page, end, kind[expected]!)) {
            line = expected;
            next += 1;
            place.at = at;
            at = end;
          }
        }
      }
      if (line < 0) {
        const reader = new LineReader(page, format, at);
        reader.skipSpaces();
        if (format === "text" && (reader.at >= size || page[reader.at] === 10)) {
          at = reader.at + 1;
          continue;
        }
        place.at = reader.at;
        line = this.#findLine(reader, type);
        at = reader.at;
        if (line < 0) {
          if (at + 1 < size) throw new LineError("unexpected data after # EOF");
          return this.#finish(changed, next);
        }
        ({ bytes, words, start, length, kind } = table);
        seen = this.#seen;
        const known = order[this.#position[line]!] === line;
        if (!known || this.#position[line] !== next) changed ??= new LineList(order, next);
        if (known) next = this.#position[line]! + 1;
      }
      changed?.push(line);
      const lineKind = kind[line]!;
      if (lineKind !== SERIES) {
        seen[line] = now;
        if (lineKind >= FIRST_TYPE) type = TYPES[lineKind - FIRST_TYPE]!;
        at += 1;
        continue;
      }
      if (seen[line] === now) columns.repeated.push(columns.count);
      else seen[line] = now;

      at = this.#readSample(page, format, at, columns);
    }
    place.at = size;
    if (format === "openmetrics") throw new LineError("data does not end with # EOF");
    return this.#finish(changed, next);
  }

  /** Reads value, time and exemplar; returns where the next line begins. */
  #readSample(page: Uint8Array, format: ExpositionFormat, at: number, columns: Columns): number {
    const numbers = this.#numbers;
    const end = page[at] === 32 ? numbers.scan(page, at + 1) : -1;
    if (end > 0) {
      const value = numbers.value;
      if (page[end] === 10) {
        columns.add(value);
        return end + 1;
      }
      const stop = page[end] === 32 && format === "text" ? numbers.scan(page, end + 1) : -1;
      if (stop > 0 && page[stop] === 10 && isDigits(page, end + 1, stop)) {
        columns.setTime(numbers.value);
        columns.add(value);
        return stop + 1;
      }
    }
    const reader = new LineReader(page, format, at);
    const sample = readSample(reader);
    if (sample.exemplar !== undefined) columns.exemplars.push({ sample: columns.count, ...sample.exemplar });
    if (!Number.isNaN(sample.time)) columns.setTime(sample.time);
    columns.add(sample.value);
    return reader.at;
  }

  #finish(changed: LineList | undefined, next: number): Int32Array | undefined {
    if (changed !== undefined) return changed.lines();
    return next < this.#order.length ? this.#order.slice(0, next) : undefined;
  }

  /** The number of a line that was not expected here, -1 for `# EOF`. The reader ends where the line's key does. */
  #findLine(reader: LineReader, type: MetricType): number {
    const from = reader.at;
    if (reader.page[from] === 35) {
      const comment = readComment(reader);
      if (comment.kind === "eof") return -1;
      const known = this.#table.find(reader.page, from, reader.at);
      if (known >= 0) return known;
      const kind = comment.kind === "type" ? FIRST_TYPE + TYPES.indexOf(comment.type) : COMMENT;
      return this.#addLine(reader.page, from, reader.at, kind, undefined, comment);
    }
    const end = skipSeries(reader);
    const known = end < 0 ? -1 : this.#table.find(reader.page, from, end);
    if (known >= 0) {
      reader.at = end;
      return known;
    }
    reader.at = from;
    const made = this.#create(readSeries(reader, type, this.#texts));
    return this.#addLine(reader.page, from, reader.at, SERIES, made, undefined);
  }

  #addLine(
    page: Uint8Array,
    from: number,
    to: number,
    kind: number,
    made: S | undefined,
    comment: Comment | undefined,
  ): number {
    const line = this.#table.add(page, from, to, kind);
    this.#made[line] = made;
    this.#comments[line] = comment;
    if (line >= this.#seen.length) {
      const seen = new Uint32Array(this.#seen.length * 2);
      seen.set(this.#seen);
      this.#seen = seen;
      const position = new Int32Array(this.#position.length * 2);
      position.set(this.#position);
      this.#position = position;
    }
    return line;
  }

  #adopt(order: Int32Array): void {
    this.#order = order;
    this.#forgetDead();
    const series: S[] = [];
    const comments: Comment[] = [];
    for (let i = 0; i < this.#order.length; i++) {
      const line = this.#order[i]!;
      this.#position[line] = i;
      const comment = this.#comments[line];
      if (comment === undefined) series.push(this.#made[line] as S);
      else comments.push(comment);
    }
    this.#series = series;
    if (comments.length !== this.#said.length || comments.some((comment, i) => comment !== this.#said[i])) {
      this.#said = comments;
      this.#metadata = undefined;
    }
  }

  /** What the comments of the last good page say; the very same array while they are unchanged. */
  get metadata(): readonly MetricMetadata[] {
    return (this.#metadata ??= collectMetadata(this.#said));
  }

  /** How many samples the last page had, as far as it could be read. */
  get samples(): number {
    return this.#samples;
  }

  /** Keeps only the lines of the last good page once too many others have gathered. */
  #forgetDead(): void {
    if (this.#table.size <= 2 * this.#order.length + MAX_DEAD_LINES) return;
    const old = { table: this.#table, made: this.#made, comments: this.#comments, seen: this.#seen };
    this.#table = new LineTable();
    this.#made = [];
    this.#comments = [];
    this.#seen = new Uint32Array(64);
    this.#position = new Int32Array(64);
    const moved = new Map<number, number>();
    this.#order = this.#order.map((line, i) => {
      let to = moved.get(line);
      if (to === undefined) {
        const from = old.table.start[line]!;
        const end = from + old.table.length[line]!;
        to = this.#addLine(old.table.bytes, from, end, old.table.kind[line]!, old.made[line], old.comments[line]);
        this.#seen[to] = old.seen[line]!;
        moved.set(line, to);
      }
      this.#position[to] = i;
      return to;
    });
  }
}

/** Whether a line that looks like an expected one ends here. */
function endsLine(page: Uint8Array, at: number, kind: number): boolean {
  if (kind !== SERIES) return page[at] === 10;
  return page[at] === 32 && page[at + 1] !== 32 && page[at + 1] !== 123;
}

function isDigits(page: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (page[i]! < 48 || page[i]! > 57) return false;
  return true;
}

function lineAt(page: Uint8Array, at: number): number {
  let line = 1;
  for (let i = page.indexOf(10); i >= 0 && i < at; i = page.indexOf(10, i + 1)) line++;
  return line;
}

/** The values of a page as they are read. */
class Columns {
  readonly #spare: number;
  value: Float64Array;
  time: Float64Array | undefined;
  count = 0;
  readonly repeated: number[] = [];
  readonly exemplars: PageExemplar[] = [];

  constructor(expected: number, spare: number) {
    this.#spare = spare;
    this.value = new Float64Array(expected + spare);
  }
  add(value: number): void {
    if (this.count + this.#spare >= this.value.length) this.#grow();
    this.value[this.count++] = value;
  }
  setTime(time: number): void {
    if (this.count + this.#spare >= this.value.length) this.#grow();
    this.time ??= new Float64Array(this.value.length).fill(NaN);
    this.time[this.count] = time;
  }
  #grow(): void {
    const size = Math.max(64, this.value.length * 2) + this.#spare;
    const value = new Float64Array(size);
    value.set(this.value);
    this.value = value;
    if (this.time === undefined) return;
    const time = new Float64Array(size).fill(NaN);
    time.set(this.time);
    this.time = time;
  }
}

/** The lines of a page that differ from those before it. */
class LineList {
  #lines: Int32Array;
  #count: number;

  /** Begins with the first `count` lines of the page before. */
  constructor(before: Int32Array, count: number) {
    this.#lines = new Int32Array(Math.max(64, before.length + 16));
    this.#lines.set(before.subarray(0, count));
    this.#count = count;
  }
  push(line: number): void {
    if (this.#count === this.#lines.length) {
      const lines = new Int32Array(this.#lines.length * 2);
      lines.set(this.#lines);
      this.#lines = lines;
    }
    this.#lines[this.#count++] = line;
  }
  lines(): Int32Array {
    return this.#lines.slice(0, this.#count);
  }
}
