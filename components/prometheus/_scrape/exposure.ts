import type { Labels } from "#src/signal/labels.ts";
import type { ScrapedSeries } from "./series.ts";

/** What a scrape changed in the set of series that a target exposes. */
export interface Change {
  /** Series that the good scrape before did not have. */
  readonly added: number;
  /** Series that need a staleness marker. */
  readonly stale: readonly Labels[];
}

const NOTHING: Change = { added: 0, stale: [] };
const NONE: ReadonlySet<ScrapedSeries> = new Set();

/**
 * Keeps track of what a target exposes. Series that come with times of their own may be left out: their exporter decides
 * when they end.
 */
export class Exposure {
  #series: readonly ScrapedSeries[] = [];
  #untracked: ReadonlySet<ScrapedSeries> = NONE;
  /** Whether the series have been marked since they were last seen. */
  #ended = false;
  #number = 0;

  /** Takes over what a good scrape had. */
  advance(next: readonly ScrapedSeries[], untracked: ReadonlySet<ScrapedSeries> = NONE): Change {
    const before = this.#series;
    const wasUntracked = this.#untracked;
    const wasEnded = this.#ended;
    this.#series = next;
    this.#untracked = untracked;
    this.#ended = false;
    if (next === before && untracked.size === 0 && wasUntracked.size === 0) return NOTHING;
    const old = ++this.#number;
    const now = ++this.#number;
    for (const series of before) series.lastGood = old;
    const joined: ScrapedSeries[] = [];
    for (const series of next) {
      if (series.lastGood !== old && series.lastGood !== now) joined.push(series);
      series.lastGood = now;
    }
    if (wasEnded) return { added: joined.length, stale: [] };
    const gone = new Set<ScrapedSeries>();
    for (const series of before)
      if ((series.lastGood === old || untracked.has(series)) && !wasUntracked.has(series)) gone.add(series);
    return { added: joined.length, stale: without(gone, joined) };
  }

  /** Ends all series: gives the indexes of those to mark on the page where they were last seen. */
  end(): readonly number[] {
    if (this.#ended) return [];
    this.#ended = true;
    const seen = new Set<ScrapedSeries>(this.#untracked);
    const indexes: number[] = [];
    for (const [i, series] of this.#series.entries()) {
      if (seen.has(series)) continue;
      seen.add(series);
      indexes.push(i);
    }
    return indexes;
  }

  /** The series of the last good scrape, as long as they have not ended. */
  get live(): readonly ScrapedSeries[] {
    return this.#ended ? [] : this.#series;
  }
}

/** Those gone, save where a series written in another way has the same labels. */
function without(gone: ReadonlySet<ScrapedSeries>, joined: readonly ScrapedSeries[]): readonly Labels[] {
  if (gone.size === 0) return [];
  const keys = new Set(joined.map((series) => series.labels.key));
  return [...gone].map((series) => series.labels).filter((labels) => !keys.has(labels.key));
}
