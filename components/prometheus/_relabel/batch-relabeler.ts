/**
 * Relabels whole batches. Producers hand out the same table of series again and again, so what becomes of a table is
 * worked out once; a batch then costs nothing, or one pass over its columns where samples are dropped.
 */
import type { Relabel } from "#src/relabel/relabel.ts";
import type { Labels } from "#src/signal/labels.ts";
import { words, type SampleBatch } from "#src/signal/samples.ts";
import type { Counter } from "#src/util/metrics.ts";
import type { SeriesCache } from "./series-cache.ts";

/** What becomes of a table of series. */
interface View {
  readonly series: readonly Labels[];
  /** New index of each series, -1 for those dropped; undefined where none is. */
  readonly index: Int32Array | undefined;
  readonly choices: WeakMap<Uint32Array, Choice>;
}

/** What becomes of a column of rows: the samples that stay, and their new rows. */
interface Choice {
  readonly samples: Uint32Array;
  readonly row: Uint32Array;
}

export class BatchRelabeler {
  readonly cache: SeriesCache;
  readonly #relabel: Relabel;
  readonly #counts: { readonly hits: Counter; readonly misses: Counter };
  #views: WeakMap<readonly Labels[], View> | undefined;

  constructor(relabel: Relabel, cache: SeriesCache, counts: { readonly hits: Counter; readonly misses: Counter }) {
    this.#relabel = relabel;
    this.cache = cache;
    this.#counts = counts;
  }

  /** The batch with new labels, without the samples that are dropped. */
  relabel(batch: SampleBatch): SampleBatch {
    const views = (this.#views ??= new WeakMap());
    let view = views.get(batch.series);
    if (view === undefined) {
      view = this.#look(batch.series);
      views.set(batch.series, view);
    } else this.#counts.hits.inc(batch.row.length);
    const { series, index } = view;
    if (index === undefined) return series === batch.series ? batch : { ...batch, series };
    let choice = view.choices.get(batch.row);
    if (choice === undefined) {
      choice = chooseRows(batch.row, index);
      view.choices.set(batch.row, choice);
    }
    const { exemplars, ...rest } = batch;
    const kept = exemplars?.flatMap((exemplar) =>
      index[exemplar.row]! < 0 ? [] : [{ ...exemplar, row: index[exemplar.row]! }],
    );
    return {
      ...rest,
      series,
      row: choice.row,
      ...gather(batch, choice.samples),
      ...(kept === undefined ? {} : { exemplars: kept }),
    };
  }

  #look(table: readonly Labels[]): View {
    const index = new Int32Array(table.length);
    const series: Labels[] = [];
    let changed = false;
    let hits = 0;
    for (let i = 0; i < table.length; i++) {
      const labels = table[i]!;
      let result = this.cache.get(labels);
      if (result === undefined) {
        const relabeled = this.#relabel(labels);
        result = relabeled === undefined || relabeled.size === 0 ? null : relabeled;
        this.cache.set(labels, result);
      } else hits += 1;
      changed ||= result !== labels;
      index[i] = result === null ? -1 : series.push(result) - 1;
    }
    this.#counts.hits.inc(hits);
    this.#counts.misses.inc(table.length - hits);
    if (!changed) return { series: table, index: undefined, choices: new WeakMap() };
    return { series, index: series.length === table.length ? undefined : index, choices: new WeakMap() };
  }
}

function chooseRows(row: Uint32Array, index: Int32Array): Choice {
  const samples = new Uint32Array(row.length);
  const rows = new Uint32Array(row.length);
  let count = 0;
  for (let i = 0; i < row.length; i++) {
    const to = index[row[i]!]!;
    if (to < 0) continue;
    samples[count] = i;
    rows[count++] = to;
  }
  return { samples: samples.slice(0, count), row: rows.slice(0, count) };
}

/** The columns of some samples. Values go by their bits, which staleness markers need. */
function gather(
  batch: SampleBatch,
  samples: Uint32Array,
): { readonly time: Float64Array; readonly value: Float64Array } {
  const time = new Float64Array(samples.length);
  const value = new Float64Array(samples.length);
  const from = words(batch.value);
  const to = words(value);
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]!;
    time[i] = batch.time[sample]!;
    to[2 * i] = from[2 * sample]!;
    to[2 * i + 1] = from[2 * sample + 1]!;
  }
  return { time, value };
}
