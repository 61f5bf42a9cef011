const BLOCK = 1 << 20;

interface Block {
  readonly bytes: Buffer;
  start: number;
  end: number;
}

/** Copies of the bytes that the disk has not confirmed, oldest first. */
export class Unsynced {
  size = 0;
  readonly #blocks: Block[] = [];
  #spare: Buffer | undefined;

  add(bytes: Buffer): void {
    this.size += bytes.length;
    for (let from = 0; from < bytes.length;) {
      let last = this.#blocks.at(-1);
      if (last === undefined || last.end === BLOCK) {
        last = { bytes: this.#spare ?? Buffer.allocUnsafeSlow(BLOCK), start: 0, end: 0 };
        this.#spare = undefined;
        this.#blocks.push(last);
      }
      const copied = bytes.copy(last.bytes, last.end, from);
      last.end += copied;
      from += copied;
    }
  }

  /** Forgets the oldest bytes. */
  drop(bytes: number): void {
    this.size -= bytes;
    while (bytes > 0) {
      const first = this.#blocks[0]!;
      const part = Math.min(bytes, first.end - first.start);
      first.start += part;
      bytes -= part;
      if (first.start < first.end) break;
      this.#spare = first.bytes;
      this.#blocks.shift();
    }
  }

  /** All of them, in order. */
  *pieces(): IterableIterator<Buffer> {
    for (const { bytes, start, end } of this.#blocks) yield bytes.subarray(start, end);
  }
}
