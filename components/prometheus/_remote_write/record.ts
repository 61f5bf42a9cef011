/**
 * What lies in the log: frames of series and frames of samples. A frame of series gives numbers to label sets, valid until
 * the segment ends or the number is given anew; its payload is a snappy block. A frame of samples holds three columns:
 * numbers and times as runs, values without the zero bytes at their ends. No frame of samples depends on another.
 */
import { FRAME_HEADER, type Frame } from "#src/queue/frame.ts";
import type { SegmentLog } from "#src/queue/segment-log.ts";
import type { Labels } from "#src/signal/labels.ts";
import { words, type SampleBatch } from "#src/signal/samples.ts";
import { ByteReader, ByteWriter, WireError } from "#src/wire/protobuf.ts";
import { encodeExemplar, encodeLabels } from "#src/wire/remote-write.ts";
import { compressSnappy, uncompressSnappy } from "#src/wire/snappy.ts";

export const SERIES = 1;
export const SAMPLES = 2;
export const EXEMPLARS = 3;

/** Most samples in a frame. */
export const FRAME_SAMPLES = 1 << 16;
const SERIES_BYTES = 4 << 20;
const MAX_SERIES_BYTES = 64 << 20;
/** Times beyond this are not milliseconds of any calendar. */
const LAST_TIME = 2 ** 50;

/** Puts batches into a log. */
export class RecordWriter {
  readonly #log: SegmentLog;
  #epoch = -1;
  #next = 0;
  /** Numbers of the rows of a batch's series table. */
  #tables = new WeakMap<readonly Labels[], Uint32Array>();
  #numbers = new WeakMap<Labels, number>();
  readonly #labels = new ByteWriter();
  readonly #out = new ByteWriter(64 << 10);
  /** Series that have got a number since the process began. */
  created = 0;

  constructor(log: SegmentLog) {
    this.#log = log;
  }

  /** Series that have a number now. */
  get active(): number {
    return this.#next;
  }

  /** Appends a batch, or throws a `LogFullError` and keeps nothing of it. */
  write(batch: SampleBatch): void {
    const epoch = this.#log.prepare();
    if (epoch !== this.#epoch) this.#begin(epoch);
    const frames: Frame[] = [];
    try {
      const numbers = this.#number(batch.series, frames);
      for (let from = 0; from < batch.row.length; from += FRAME_SAMPLES)
        frames.push(this.#samples(batch, numbers, from, Math.min(batch.row.length, from + FRAME_SAMPLES)));
      if ((batch.exemplars?.length ?? 0) > 0) frames.push(this.#exemplars(batch, numbers));
      if (frames.length > 0) this.#log.append(frames);
    } catch (error) {
      // Numbers may have been given that are written nowhere.
      this.#epoch = -1;
      throw error;
    }
  }

  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#next = 0;
    this.#tables = new WeakMap();
    this.#numbers = new WeakMap();
  }

  #number(series: readonly Labels[], frames: Frame[]): Uint32Array {
    const known = this.#tables.get(series);
    if (known !== undefined) return known;
    const numbers = new Uint32Array(series.length);
    const out = this.#out;
    const flush = (): void => {
      if (out.at === 0) return;
      const block = compressSnappy(out.view());
      const bytes = Buffer.allocUnsafe(FRAME_HEADER + block.length);
      bytes.set(block, FRAME_HEADER);
      frames.push({ kind: SERIES, items: 0, bytes });
      out.reset();
    };
    out.reset();
    for (let row = 0; row < series.length; row += 1) {
      const labels = series[row]!;
      let number = this.#numbers.get(labels);
      if (number === undefined) {
        number = this.#next++;
        this.#numbers.set(labels, number);
        this.created += 1;
        this.#labels.reset();
        encodeLabels(this.#labels, labels);
        out.varint(number);
        out.varint(this.#labels.at);
        out.bytes(this.#labels.buffer, 0, this.#labels.at);
        if (out.at > SERIES_BYTES) flush();
      }
      numbers[row] = number;
    }
    flush();
    this.#tables.set(series, numbers);
    return numbers;
  }

  #samples(batch: SampleBatch, numbers: Uint32Array, from: number, to: number): Frame {
    const out = this.#out;
    out.reset();
    out.at = FRAME_HEADER;
    out.reserve((to - from) * 9);
    writeNumbers(out, batch.row, numbers, from, to);
    writeTimes(out, batch.time, from, to);
    writeValues(out, words(batch.value), from, to);
    return { kind: SAMPLES, items: to - from, bytes: out.copy() };
  }

  #exemplars(batch: SampleBatch, numbers: Uint32Array): Frame {
    const out = this.#out;
    out.reset();
    out.at = FRAME_HEADER;
    for (const { row, labels, value, time } of batch.exemplars!) {
      this.#labels.reset();
      encodeExemplar(this.#labels, labels, value, Math.trunc(time));
      out.varint(numbers[row]!);
      out.varint(this.#labels.at);
      out.bytes(this.#labels.buffer, 0, this.#labels.at);
    }
    return { kind: EXEMPLARS, items: 0, bytes: out.copy() };
  }
}

/** Numbers mostly count up by one: runs of how far the first is from the last's successor, and how many follow. */
function writeNumbers(out: ByteWriter, row: Uint32Array, numbers: Uint32Array, from: number, to: number): void {
  let expected = 0;
  for (let i = from; i < to;) {
    const start = numbers[row[i]!]!;
    let end = i + 1;
    while (end < to && numbers[row[end]!] === start + end - i) end += 1;
    out.zigzag(start - expected);
    out.varint(end - i);
    expected = start + end - i;
    i = end;
  }
}

function writeTimes(out: ByteWriter, time: Float64Array, from: number, to: number): void {
  let last = 0;
  for (let i = from; i < to;) {
    const raw = time[i]!;
    let end = i + 1;
    while (end < to && time[end] === raw) end += 1;
    const value = Math.max(-LAST_TIME, Math.min(LAST_TIME, Math.trunc(raw) || 0));
    out.zigzag(value - last);
    out.varint(end - i);
    last = value;
    i = end;
  }
}

/** How many bytes of each value count, four bits each; then those bytes, lowest first. */
function writeValues(out: ByteWriter, bits: Uint32Array, from: number, to: number): void {
  out.reserve((to - from) * 9);
  const { buffer } = out;
  let lengths = out.at;
  let at = lengths + ((to - from + 1) >> 1);
  let half = -1;
  for (let i = from; i < to; i += 1) {
    const low = bits[2 * i]!;
    const high = bits[2 * i + 1]!;
    let length: number;
    if (low === 0) {
      length = high === 0 ? 0 : (high & 0xffffff) === 0 ? 1 : (high & 0xffff) === 0 ? 2 : (high & 0xff) === 0 ? 3 : 4;
    } else {
      length = (low & 0xffffff) === 0 ? 5 : (low & 0xffff) === 0 ? 6 : (low & 0xff) === 0 ? 7 : 8;
      for (let shift = (8 - length) * 8; shift < 32; shift += 8) buffer[at++] = low >>> shift;
    }
    for (let shift = length >= 4 ? 0 : (4 - length) * 8; shift < 32; shift += 8) buffer[at++] = high >>> shift;
    if (half < 0) half = length;
    else {
      buffer[lengths++] = half | (length << 4);
      half = -1;
    }
  }
  if (half >= 0) buffer[lengths] = half;
  out.at = at;
}

/** A frame of samples, decoded; used again for the next. */
export class SampleColumns {
  count = 0;
  readonly number = new Uint32Array(FRAME_SAMPLES);
  readonly time = new Float64Array(FRAME_SAMPLES);
  /** Two 32-bit words for each value. */
  readonly words = new Uint32Array(2 * FRAME_SAMPLES);

  /** Reads a frame of `count` samples; throws a `WireError` when it is not one. */
  read(payload: Buffer, count: number): void {
    if (count > FRAME_SAMPLES) throw new WireError("a frame holds too many samples");
    this.count = count;
    const reader = new ByteReader(payload);
    const { number, time } = this;
    let next = 0;
    for (let i = 0; i < count;) {
      next += reader.zigzag();
      const end = i + readRun(reader, count - i);
      for (; i < end; i += 1) number[i] = next++;
    }
    let at = 0;
    for (let i = 0; i < count;) {
      at += reader.zigzag();
      const end = i + readRun(reader, count - i);
      time.fill(at, i, end);
      i = end;
    }
    this.#readValues(reader, count);
  }

  #readValues(reader: ByteReader, count: number): void {
    const { words: bits } = this;
    const { buffer } = reader;
    const lengths = reader.take((count + 1) >> 1);
    let at = reader.at;
    for (let i = 0; i < count; i += 1) {
      const length = (buffer[lengths + (i >> 1)]! >> ((i & 1) << 2)) & 15;
      if (length > 8 || at + length > reader.end) throw new WireError("a frame ends within a value");
      let low = 0;
      let high = 0;
      if (length === 8) {
        low = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
        high = buffer[at + 4]! | (buffer[at + 5]! << 8) | (buffer[at + 6]! << 16) | (buffer[at + 7]! << 24);
      } else {
        for (let byte = 0, place = 8 - length; byte < length; byte += 1, place += 1)
          if (place < 4) low |= buffer[at + byte]! << (place * 8);
          else high |= buffer[at + byte]! << ((place - 4) * 8);
      }
      bits[2 * i] = low;
      bits[2 * i + 1] = high;
      at += length;
    }
  }
}

function readRun(reader: ByteReader, most: number): number {
  const length = reader.varint();
  if (length === 0 || length > most) throw new WireError("a run has a wrong length");
  return length;
}

/** Calls back for each series of a frame: its number and where its encoded labels lie. */
export function readSeries(
  payload: Buffer,
  visit: (number: number, bytes: Buffer, start: number, end: number) => void,
): void {
  readEntries(new ByteReader(uncompressSnappy(payload, MAX_SERIES_BYTES)), visit);
}

/** Calls back for each exemplar of a frame: its series' number and where its encoded message lies. */
export function readExemplars(
  payload: Buffer,
  visit: (number: number, bytes: Buffer, start: number, end: number) => void,
): void {
  readEntries(new ByteReader(payload), visit);
}

function readEntries(
  reader: ByteReader,
  visit: (number: number, bytes: Buffer, start: number, end: number) => void,
): void {
  while (!reader.done) {
    const number = reader.varint();
    const end = reader.length();
    visit(number, reader.buffer, reader.at, end);
    reader.at = end;
  }
}
