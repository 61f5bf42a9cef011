/** Protobuf by hand, for hot paths: a growing buffer to write to and a bounded reader. */

/** What is read is not what it should be. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WireError";
  }
}

export const VARINT = 0;
export const FIXED64 = 1;
export const LEN = 2;
export const FIXED32 = 5;

/** Appends to a buffer that grows as needed and is used again after `reset`. */
export class ByteWriter {
  buffer: Buffer;
  at = 0;

  constructor(size = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(size);
  }

  reset(): void {
    this.at = 0;
  }

  /** Makes sure that `bytes` more fit. */
  reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + bytes));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  /** An unsigned integer up to 2^53. */
  varint(value: number): void {
    this.reserve(8);
    const { buffer } = this;
    let at = this.at;
    while (value >= 0x10000000) {
      buffer[at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value >= 0x80) {
      buffer[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buffer[at++] = value;
    this.at = at;
  }

  /** An int64 as protobuf writes it: negative numbers take ten bytes. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < 9; i += 1) {
      this.buffer[this.at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.at++] = Number(rest);
  }

  /** A signed integer of up to 52 bits, small for small magnitudes. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** The bytes of a text, behind their number. */
  text(value: string): void {
    // Most texts are short and ASCII: the length then takes one byte and is known before the text is written.
    this.reserve(value.length * 3 + 5);
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.at += this.buffer.write(value, this.at, length, "utf8");
  }

  bytes(source: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    this.at += source.copy(this.buffer, this.at, start, end);
  }

  /** A view of what has been written; valid until the next write. */
  view(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  /** A copy of what has been written. */
  copy(): Buffer {
    return Buffer.from(this.view());
  }
}

/** Length of an unsigned integer as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (; value >= 128; value = Math.floor(value / 128)) length += 1;
  return length;
}

/** Reads a range of a buffer and never leaves it. */
export class ByteReader {
  readonly buffer: Buffer;
  at: number;
  end: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = start;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** An unsigned integer; what lies beyond 2^53 is refused. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i += 1) {
      if (this.at >= this.end) throw new WireError("the message ends within a number");
      const byte = this.buffer[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new WireError("a number is too large");
  }

  int64(): number {
    let value = 0n;
    for (let i = 0n; i < 10n; i += 1n) {
      if (this.at >= this.end) throw new WireError("the message ends within a number");
      const byte = this.buffer[this.at++]!;
      value |= BigInt(byte & 0x7f) << (7n * i);
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new WireError("a number is too long");
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** Reads a length and gives where what it covers ends. */
  length(): number {
    const end = this.varint() + this.at;
    if (end > this.end) throw new WireError("the message ends within a field");
    return end;
  }

  text(): string {
    const end = this.length();
    const value = this.buffer.toString("utf8", this.at, end);
    this.at = end;
    return value;
  }

  /** Moves over `bytes` and gives where they begin. */
  take(bytes: number): number {
    const start = this.at;
    if (start + bytes > this.end) throw new WireError("the message ends within a field");
    this.at += bytes;
    return start;
  }

  /** Passes over a field of a wire type that nobody asked for. */
  skip(type: number): void {
    if (type === VARINT) {
      while (this.buffer[this.take(1)]! >= 0x80);
    } else if (type === FIXED64) this.take(8);
    else if (type === LEN) this.at = this.length();
    else if (type === FIXED32) this.take(4);
    else throw new WireError(`the wire type ${type} is not known`);
  }
}
