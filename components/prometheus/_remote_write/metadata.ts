import type { MetricMetadata } from "#src/signal/samples.ts";
import { WriteRequestWriter } from "#src/wire/remote-write.ts";
import { compressSnappy } from "#src/wire/snappy.ts";

const MAX_FAMILIES = 50_000;

/** The last metadata of each metric family; of too many, those that were not heard of for longest are forgotten. */
export class MetadataStore {
  readonly #families = new Map<string, MetricMetadata>();
  updates = 0;

  add(entries: readonly MetricMetadata[]): void {
    for (const entry of entries) {
      this.updates += 1;
      this.#families.delete(entry.family);
      this.#families.set(entry.family, entry);
    }
    for (const family of this.#families.keys()) {
      if (this.#families.size <= MAX_FAMILIES) break;
      this.#families.delete(family);
    }
  }

  /** All of it as compressed requests of at most `most` entries. */
  *requests(most: number): IterableIterator<{ readonly body: Uint8Array; readonly entries: number }> {
    const writer = new WriteRequestWriter();
    let entries = 0;
    // Requests are sent while more metadata comes in.
    const all = [...this.#families.values()];
    for (const entry of all) {
      writer.metadata(entry);
      entries += 1;
      if (entries < most) continue;
      yield { body: compressSnappy(writer.view()), entries };
      writer.reset();
      entries = 0;
    }
    if (entries > 0) yield { body: compressSnappy(writer.view()), entries };
  }
}
