import { open } from "node:fs/promises";
import type { Clock } from "#src/util/clock.ts";

const LARGEST = 1 << 20;
const FRESH_MS = 1000;

/** Reads a small file that somebody else may replace (a token, a certificate): at most one read a second, at most 1 MiB. */
export class TextFile {
  readonly #path: string;
  readonly #clock: Clock;
  #text = "";
  #readAt = -Infinity;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  async read(): Promise<string> {
    const age = this.#clock.now() - this.#readAt;
    if (age >= 0 && age < FRESH_MS) return this.#text;
    const handle = await open(this.#path);
    try {
      const { size } = await handle.stat();
      if (size > LARGEST) throw new Error(`${this.#path} is larger than 1 MiB`);
      this.#text = await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
    this.#readAt = this.#clock.now();
    return this.#text;
  }

  /** The next `read` looks at the disk. */
  forget(): void {
    this.#readAt = -Infinity;
  }
}
