/**
 * The lines of a target's pages, by their bytes: series, and comments as a whole. A line keeps its number from page to
 * page, so that what follows from it (labels, final labels) is found once.
 */

export const SERIES = 0;

const FIRST_SLOTS = 256;

/** Bytes to numbers, with the bytes verified on every hit. */
export class LineTable {
  /** All lines, one behind the other. */
  bytes: Uint8Array = new Uint8Array(4096);
  words: DataView = new DataView(this.bytes.buffer);
  start: Int32Array = new Int32Array(64);
  length: Int32Array = new Int32Array(64);
  /** `SERIES`, or what the owner says. */
  kind: Uint8Array = new Uint8Array(64);
  size = 0;
  #used = 0;
  #hashes: Int32Array = new Int32Array(64);
  /** Open addressing: number + 1, or 0 for a free place. */
  #slots: Int32Array = new Int32Array(FIRST_SLOTS);

  /** The number of a line, or -1. */
  find(page: Uint8Array, from: number, to: number): number {
    const hash = hashOf(page, from, to);
    const mask = this.#slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const number = this.#slots[at]! - 1;
      if (number < 0) return -1;
      if (this.#hashes[number] === hash && this.#same(number, page, from, to)) return number;
    }
  }

  #same(number: number, page: Uint8Array, from: number, to: number): boolean {
    if (this.length[number] !== to - from) return false;
    const shift = this.start[number]! - from;
    for (let i = from; i < to; i++) if (page[i] !== this.bytes[i + shift]) return false;
    return true;
  }

  /** Adds a line that is not there. */
  add(page: Uint8Array, from: number, to: number, kind: number): number {
    const number = this.size++;
    if (number === this.start.length) this.#growLines();
    if (this.#used + to - from > this.bytes.length) this.#growBytes(this.#used + to - from);
    this.bytes.set(page.subarray(from, to), this.#used);
    this.start[number] = this.#used;
    this.length[number] = to - from;
    this.kind[number] = kind;
    this.#hashes[number] = hashOf(page, from, to);
    this.#used += to - from;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    else this.#place(number);
    return number;
  }

  #growLines(): void {
    const grow = (old: Int32Array): Int32Array => {
      const next = new Int32Array(old.length * 2);
      next.set(old);
      return next;
    };
    this.start = grow(this.start);
    this.length = grow(this.length);
    this.#hashes = grow(this.#hashes);
    const kind = new Uint8Array(this.kind.length * 2);
    kind.set(this.kind);
    this.kind = kind;
  }

  #growBytes(need: number): void {
    const next = new Uint8Array(Math.max(need, this.bytes.length * 2));
    next.set(this.bytes.subarray(0, this.#used));
    this.bytes = next;
    this.words = new DataView(next.buffer);
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.size; number++) this.#place(number);
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    let at = this.#hashes[number]! & mask;
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#slots[at] = number + 1;
  }
}

/** FNV-1a, spread once more because the low bits choose the place. */
function hashOf(page: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ page[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
