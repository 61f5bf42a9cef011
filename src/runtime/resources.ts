/**
 * Things that outlive generations: listeners, write-ahead logs, position files. The first who acquires a key opens the
 * resource, the last who releases it closes it; in between a successor shares it with its predecessor.
 */
import type { Resource } from "#src/component/define.ts";

export interface Lease<R extends Resource> {
  readonly resource: R;
  /** Lets go; the last one closes the resource and waits until that is done. Further calls do nothing. */
  release(): Promise<void>;
}

export interface Resources {
  acquire<R extends Resource>(key: string, open: () => R | Promise<R>): Promise<Lease<R>>;
  /** Keys that are held, with the number of holders. */
  readonly held: ReadonlyMap<string, number>;
}

interface Entry {
  readonly opened: Promise<Resource>;
  holders: number;
}

export function createResources(): Resources {
  const entries = new Map<string, Entry>();
  const closing = new Map<string, Promise<void>>();

  const open = async (key: string, make: () => Resource | Promise<Resource>): Promise<Resource> => {
    await closing.get(key);
    return make();
  };
  const release = async (key: string, entry: Entry): Promise<void> => {
    entry.holders -= 1;
    if (entry.holders > 0 || entries.get(key) !== entry) return;
    entries.delete(key);
    const closed = entry.opened.then((resource) => resource.close());
    closing.set(
      key,
      closed.catch(() => undefined),
    );
    try {
      await closed;
    } finally {
      if (!entries.has(key)) closing.delete(key);
    }
  };

  return {
    async acquire<R extends Resource>(key: string, make: () => R | Promise<R>): Promise<Lease<R>> {
      let entry = entries.get(key);
      if (entry === undefined) {
        entry = { opened: open(key, make), holders: 0 };
        entries.set(key, entry);
      }
      entry.holders += 1;
      const held = entry;
      let resource: R;
      try {
        resource = (await held.opened) as R;
      } catch (error) {
        if (entries.get(key) === held) entries.delete(key);
        throw error;
      }
      let released: Promise<void> | undefined;
      return { resource, release: () => (released ??= release(key, held)) };
    },
    get held() {
      return new Map([...entries].map(([key, entry]) => [key, entry.holders]));
    },
  };
}
