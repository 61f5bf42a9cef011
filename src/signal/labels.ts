/**
 * A sorted, immutable set of Prometheus labels. Producers keep one object for each series they emit from scrape to scrape,
 * so that consumers may use the object itself as the key of their caches.
 */
export class Labels {
  /** name, value, name, value … sorted by name; no empty values, no name twice. */
  readonly pairs: readonly string[];
  #key: string | undefined;

  private constructor(pairs: readonly string[]) {
    this.pairs = pairs;
  }

  static readonly empty: Labels = new Labels([]);

  /** From entries in any order; later duplicates win, empty values are dropped. */
  static from(entries: Iterable<readonly [string, string]>): Labels {
    const map = new Map(entries);
    const names = [...map.keys()].filter((name) => map.get(name) !== "").sort(byBytes);
    return Labels.fromSorted(names.flatMap((name) => [name, map.get(name)!]).slice());
  }

  /**
   * From pairs that the caller knows to be sorted, unique and without empty values. Takes ownership: an array that was
   * pushed to keeps its spare room for as long as the labels live, so pass its `slice()`.
   */
  static fromSorted(pairs: readonly string[]): Labels {
    return pairs.length === 0 ? Labels.empty : new Labels(pairs);
  }

  get size(): number {
    return this.pairs.length / 2;
  }

  /** The value, or `""`: to Prometheus an absent label and an empty one are the same. */
  get(name: string): string {
    const pairs = this.pairs;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1]!;
    return "";
  }

  *entries(): IterableIterator<[string, string]> {
    for (let i = 0; i < this.pairs.length; i += 2) yield [this.pairs[i]!, this.pairs[i + 1]!];
  }

  /** A text that is equal just for equal label sets. */
  get key(): string {
    return (this.#key ??= this.pairs.join("\u0000"));
  }

  equals(other: Labels): boolean {
    return other === this || (other.pairs.length === this.pairs.length && other.key === this.key);
  }

  /** `{a="1", b="2"}`, as Prometheus prints it. */
  toString(): string {
    const parts: string[] = [];
    for (const [name, value] of this.entries()) parts.push(`${name}=${JSON.stringify(value)}`);
    return `{${parts.join(", ")}}`;
  }
}

/** Prometheus orders labels by the bytes of their names; for UTF-16 code units the order differs only beyond the BMP. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
