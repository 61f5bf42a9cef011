import { crc32 } from "node:zlib";
import type { Relabel } from "#src/relabel/relabel.ts";
import { Labels } from "#src/signal/labels.ts";
import { ByteWriter, WireError } from "#src/wire/protobuf.ts";
import { decodeLabels, encodeLabels } from "#src/wire/remote-write.ts";
import { readSeries } from "./record.ts";

const UNKNOWN = 0xffffffff;
const DROPPED = 0xfffffffe;
/** A segment cannot hold definitions of more. */
const MAX_SERIES = 1 << 24;

/** How an endpoint changes labels: labels added where a series has none of that name, then rules. */
export interface LabelChange {
  readonly external: ReadonlyMap<string, string>;
  readonly relabel: Relabel | undefined;
}

/**
 * The series of the segment that an endpoint reads, by number: their labels as they came and as the endpoint sends them.
 * The latter are made when the first sample needs them.
 */
export class SeriesTable {
  /** The segment whose series these are. */
  segment = -1;
  /** Holds what `start` and `end` point into; the labels as they came where nothing changes them. */
  sent: ByteWriter;
  start = new Uint32Array(1024).fill(UNKNOWN);
  end = new Uint32Array(1024);
  /** Hash of the labels sent, to choose the shard by. */
  hash = new Uint32Array(1024);
  #raw = new ByteWriter(16 << 10);
  #rawStart = new Uint32Array(1024).fill(UNKNOWN);
  #rawEnd = new Uint32Array(1024);
  #change: LabelChange;

  constructor(change: LabelChange) {
    this.#change = change;
    this.sent = this.#fresh();
  }

  /** From now on labels are changed otherwise. */
  setChange(change: LabelChange): void {
    this.#change = change;
    this.sent = this.#fresh();
    this.start.fill(UNKNOWN);
  }

  /** Reads a frame of series. */
  define(segment: number, payload: Buffer): void {
    if (segment !== this.segment) this.#begin(segment);
    readSeries(payload, (number, bytes, start, end) => {
      if (number >= MAX_SERIES) throw new WireError("a series has a wrong number");
      if (number >= this.start.length) this.#grow(number);
      this.#rawStart[number] = this.#raw.at;
      this.#raw.bytes(bytes, start, end);
      this.#rawEnd[number] = this.#raw.at;
      this.start[number] = UNKNOWN;
    });
  }

  /** Makes the labels of a series ready in `sent`; false when the endpoint does not send it. */
  ready(number: number): boolean {
    const start = this.start[number]!;
    if (start < DROPPED) return true;
    if (start === DROPPED) return false;
    if (number >= this.start.length || this.#rawStart[number] === UNKNOWN)
      throw new WireError("a sample belongs to no known series");
    return this.#derive(number);
  }

  #derive(number: number): boolean {
    const from = this.#rawStart[number]!;
    const to = this.#rawEnd[number]!;
    const { external, relabel } = this.#change;
    const { sent } = this;
    let start = from;
    let end = to;
    if (sent !== this.#raw) {
      start = sent.at;
      let labels: Labels | undefined = withExternal(decodeLabels(this.#raw.buffer, from, to), external);
      if (relabel !== undefined) labels = relabel(labels);
      if (labels === undefined || labels.size === 0) {
        this.start[number] = DROPPED;
        return false;
      }
      encodeLabels(sent, labels);
      end = sent.at;
    }
    this.start[number] = start;
    this.end[number] = end;
    this.hash[number] = crc32(sent.buffer.subarray(start, end));
    return true;
  }

  #fresh(): ByteWriter {
    const { external, relabel } = this.#change;
    return external.size === 0 && relabel === undefined ? this.#raw : new ByteWriter(16 << 10);
  }

  #begin(segment: number): void {
    this.segment = segment;
    this.#raw = new ByteWriter(16 << 10);
    this.sent = this.#fresh();
    this.start.fill(UNKNOWN);
    this.#rawStart.fill(UNKNOWN);
  }

  #grow(number: number): void {
    const size = Math.max(number + 1, this.start.length * 2);
    const wider = (old: Uint32Array<ArrayBuffer>, fill: number): Uint32Array<ArrayBuffer> => {
      const next = new Uint32Array(size).fill(fill, old.length);
      next.set(old);
      return next;
    };
    this.start = wider(this.start, UNKNOWN);
    this.end = wider(this.end, 0);
    this.hash = wider(this.hash, 0);
    this.#rawStart = wider(this.#rawStart, UNKNOWN);
    this.#rawEnd = wider(this.#rawEnd, 0);
  }
}

function withExternal(pairs: readonly string[], external: ReadonlyMap<string, string>): Labels {
  if (external.size === 0) return Labels.fromSorted(pairs);
  const entries = new Map(external);
  for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i]!, pairs[i + 1]!);
  return Labels.from(entries);
}
