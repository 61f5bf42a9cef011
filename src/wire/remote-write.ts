/** Prometheus remote write 1.0: `prometheus.WriteRequest`, written sample by sample from labels that are encoded once. */
import type { Labels } from "#src/signal/labels.ts";
import type { MetricMetadata, MetricType } from "#src/signal/samples.ts";
import { ByteReader, ByteWriter, LEN, VARINT, WireError, varintLength } from "./protobuf.ts";

const TYPES: readonly MetricType[] = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
];

const measure = new ByteWriter(256);

/** Appends labels as the fields of a `TimeSeries` that they are: what `WriteRequestWriter` takes. */
export function encodeLabels(to: ByteWriter, labels: Labels): void {
  const { pairs } = labels;
  for (let i = 0; i < pairs.length; i += 2) {
    measure.reset();
    measure.byte(0x0a);
    measure.text(pairs[i]!);
    measure.byte(0x12);
    measure.text(pairs[i + 1]!);
    to.byte(0x0a);
    to.varint(measure.at);
    to.bytes(measure.buffer, 0, measure.at);
  }
}

/** The names and values in encoded labels, in their order. */
export function decodeLabels(bytes: Buffer, start: number, end: number): string[] {
  const pairs: string[] = [];
  const reader = new ByteReader(bytes, start, end);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) readLabel(reader, pairs);
    else reader.skip(tag & 7);
  }
  return pairs;
}

/** Builds a request. It may hold any number of samples, exemplars and metadata entries. */
export class WriteRequestWriter {
  readonly #out = new ByteWriter(64 << 10);
  #time = NaN;
  readonly #timeBytes = new ByteWriter(16);

  /** Bytes so far. */
  get size(): number {
    return this.#out.at;
  }

  /** A series of one sample. The value comes as its two 32-bit words, so that the bits of a staleness marker stay as they are. */
  sample(labels: Buffer, start: number, end: number, time: number, low: number, high: number): void {
    if (time !== this.#time) {
      this.#time = time;
      this.#timeBytes.reset();
      this.#timeBytes.int64(time);
    }
    const stamp = this.#timeBytes;
    const sample = 10 + stamp.at;
    const out = this.#out;
    out.reserve(end - start + sample + 20);
    out.buffer[out.at++] = 0x0a;
    out.varint(end - start + 2 + sample);
    out.at += labels.copy(out.buffer, out.at, start, end);
    const { buffer } = out;
    let at = out.at;
    buffer[at++] = 0x12;
    buffer[at++] = sample;
    buffer[at++] = 0x09;
    buffer[at++] = low;
    buffer[at++] = low >>> 8;
    buffer[at++] = low >>> 16;
    buffer[at++] = low >>> 24;
    buffer[at++] = high;
    buffer[at++] = high >>> 8;
    buffer[at++] = high >>> 16;
    buffer[at++] = high >>> 24;
    buffer[at++] = 0x10;
    for (let i = 0; i < stamp.at; i += 1) buffer[at++] = stamp.buffer[i]!;
    out.at = at;
  }

  /** A series of one exemplar. */
  exemplar(labels: Buffer, start: number, end: number, exemplar: Buffer): void {
    const out = this.#out;
    out.byte(0x0a);
    out.varint(end - start + 1 + varintLength(exemplar.length) + exemplar.length);
    out.bytes(labels, start, end);
    out.byte(0x1a);
    out.varint(exemplar.length);
    out.bytes(exemplar, 0, exemplar.length);
  }

  metadata(entry: MetricMetadata): void {
    measure.reset();
    measure.byte(0x08);
    measure.varint(Math.max(0, TYPES.indexOf(entry.type)));
    const texts = [
      [0x12, entry.family],
      [0x22, entry.help],
      [0x2a, entry.unit],
    ] as const;
    for (const [tag, text] of texts) {
      if (text === "") continue;
      measure.byte(tag);
      measure.text(text);
    }
    this.#out.byte(0x1a);
    this.#out.varint(measure.at);
    this.#out.bytes(measure.buffer, 0, measure.at);
  }

  /** The request's bytes; valid until `reset`. */
  view(): Buffer {
    return this.#out.view();
  }

  reset(): void {
    this.#out.reset();
  }
}

/** An exemplar's message: its labels, value and time. */
export function encodeExemplar(to: ByteWriter, labels: Labels, value: number, time: number): void {
  encodeLabels(to, labels);
  to.byte(0x11);
  to.reserve(8);
  to.at = to.buffer.writeDoubleLE(value, to.at);
  to.byte(0x18);
  to.int64(time);
}

export interface DecodedSample {
  readonly value: number;
  /** The value's bits, staleness markers included. */
  readonly bits: bigint;
  readonly time: number;
}
export interface DecodedSeries {
  /** name, value, name, value … */
  readonly labels: readonly string[];
  readonly samples: readonly DecodedSample[];
  readonly exemplars: readonly { readonly labels: readonly string[]; readonly value: number; readonly time: number }[];
}
export interface DecodedRequest {
  readonly series: readonly DecodedSeries[];
  readonly metadata: readonly MetricMetadata[];
}

/** Decodes a whole request; throws a `WireError` for anything that is not one. */
export function decodeWriteRequest(bytes: Uint8Array): DecodedRequest {
  const series: DecodedSeries[] = [];
  const metadata: MetricMetadata[] = [];
  const reader = new ByteReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) series.push(within(reader, readSeries));
    else if (tag === 0x1a) metadata.push(within(reader, readMetadata));
    else reader.skip(tag & 7);
  }
  return { series, metadata };
}

/** Calls back for each series in a request: its place, the newest time in it, and whether it holds samples (or exemplars alone). */
export function walkSeries(
  bytes: Uint8Array,
  visit: (start: number, end: number, newest: number, hasSamples: boolean) => void,
): void {
  const reader = new ByteReader(bytes);
  while (!reader.done) {
    const start = reader.at;
    const tag = reader.varint();
    if (tag !== 0x0a) {
      reader.skip(tag & 7);
      continue;
    }
    let newest = -Infinity;
    let hasSamples = false;
    within(reader, () => {
      while (!reader.done) {
        const field = reader.varint();
        if (field === 0x12) {
          newest = Math.max(newest, within(reader, readSample).time);
          hasSamples = true;
        } else if (field === 0x1a) newest = Math.max(newest, within(reader, readExemplar).time);
        else reader.skip(field & 7);
      }
    });
    visit(start, reader.at, newest, hasSamples);
  }
}

/** Reads a message of known length: inside, the reader ends where the message does. */
function within<T>(reader: ByteReader, read: (reader: ByteReader) => T): T {
  const outer = reader.end;
  reader.end = reader.length();
  const value = read(reader);
  if (reader.at !== reader.end) throw new WireError("a field reaches past the end of its message");
  reader.end = outer;
  return value;
}

function readSeries(reader: ByteReader): DecodedSeries {
  const labels: string[] = [];
  const samples: DecodedSample[] = [];
  const exemplars: DecodedSeries["exemplars"][number][] = [];
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) readLabel(reader, labels);
    else if (tag === 0x12) samples.push(within(reader, readSample));
    else if (tag === 0x1a) exemplars.push(within(reader, readExemplar));
    else reader.skip(tag & 7);
  }
  return { labels, samples, exemplars };
}

function readLabel(reader: ByteReader, pairs: string[]): void {
  within(reader, () => {
    let name = "";
    let value = "";
    while (!reader.done) {
      const tag = reader.varint();
      if (tag === 0x0a) name = reader.text();
      else if (tag === 0x12) value = reader.text();
      else reader.skip(tag & 7);
    }
    pairs.push(name, value);
  });
}

function readSample(reader: ByteReader): DecodedSample {
  let bits = 0n;
  let time = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x09) bits = reader.buffer.readBigUInt64LE(reader.take(8));
    else if (tag === ((2 << 3) | VARINT)) time = reader.int64();
    else reader.skip(tag & 7);
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return { value: view.getFloat64(0), bits, time };
}

function readExemplar(reader: ByteReader): DecodedSeries["exemplars"][number] {
  const labels: string[] = [];
  let value = 0;
  let time = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x0a) readLabel(reader, labels);
    else if (tag === 0x11) value = reader.buffer.readDoubleLE(reader.take(8));
    else if (tag === 0x18) time = reader.int64();
    else reader.skip(tag & 7);
  }
  return { labels, value, time };
}

function readMetadata(reader: ByteReader): MetricMetadata {
  let type: MetricType = "unknown";
  let family = "";
  let help = "";
  let unit = "";
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === 0x08) type = TYPES[reader.varint()] ?? "unknown";
    else if (tag === ((2 << 3) | LEN)) family = reader.text();
    else if (tag === ((4 << 3) | LEN)) help = reader.text();
    else if (tag === ((5 << 3) | LEN)) unit = reader.text();
    else reader.skip(tag & 7);
  }
  return { family, type, help, unit };
}
