/** Gives equal texts as the same object where it can, so that many holders of few texts share them. Its memory is fixed. */
export class Interner {
  readonly #texts: string[];

  /** `size` is a power of two: the number of texts that are kept. */
  constructor(size = 1024) {
    this.#texts = Array.from({ length: size }, () => "");
  }

  intern(text: string): string {
    const { length } = text;
    if (length === 0) return "";
    const middle = text.charCodeAt(length >> 1);
    const mixed = Math.imul(
      length * 31 + text.charCodeAt(0) * 7 + middle * 131 + text.charCodeAt(length - 1),
      0x9e3779b1,
    );
    const place = (mixed >>> 16) & (this.#texts.length - 1);
    const kept = this.#texts[place]!;
    if (kept === text) return kept;
    this.#texts[place] = text;
    return text;
  }
}
