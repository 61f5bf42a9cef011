import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeBundle } from "#src/source/bundle.ts";
import { SourceError, type Bundle, type ConfigSource, type Revision } from "#src/source/define.ts";
import { reconcile, type ReconcileOptions } from "#src/source/reconciler.ts";
import { openRevisionStore, type RevisionSlot } from "#src/source/store.ts";
import type { Feed } from "#src/source/feed.ts";
import { silentLogger } from "#src/util/log.ts";
import { fakeClock, type FakeClock } from "#test/kit/clock.ts";

/** A source whose answers a test decides, and which counts how it is used. */
class Origin implements ConfigSource {
  readonly name = "origin";
  answer: () => Bundle | "unchanged" | Promise<Bundle | "unchanged"> = () => bundle("1");
  readonly known: (Revision | undefined)[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  closed = 0;
  async fetch(known: Revision | undefined): Promise<Bundle | "unchanged"> {
    this.known.push(known);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    try {
      const answer = await this.answer();
      return answer !== "unchanged" && answer.revision.id === known?.id ? "unchanged" : answer;
    } finally {
      this.atOnce--;
    }
  }
  async close(): Promise<void> {
    this.closed++;
  }
}

function bundle(content: string, id = content): Bundle {
  return makeBundle({ id, at: new Date(0), entry: "a.alloy", files: new Map([["a.alloy", Buffer.from(content)]]) });
}

const down = (): never => {
  throw new SourceError("network", "the server is down");
};

let folder: string;
let clock: FakeClock;
let origin: Origin;
let slot: RevisionSlot;
let feed: Feed | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-test-"));
  clock = fakeClock();
  origin = new Origin();
  slot = openRevisionStore(folder).slot("origin");
});
afterEach(async () => {
  await feed?.close();
  feed = undefined;
  expect(clock.pending).toBe(0);
  await rm(folder, { recursive: true });
});

async function begin(options: Partial<ReconcileOptions> = {}): Promise<Feed> {
  const all = { source: origin, interval: 60_000, slot, clock, log: silentLogger, random: () => 0.5, ...options };
  feed = await reconcile(all);
  return feed;
}

function news(of: Feed): (string | undefined)[] {
  const seen: (string | undefined)[] = [];
  of.subscribe((one) => seen.push(one?.revision.id));
  return seen;
}

test("begins with what the source has", async () => {
  const { current } = await begin();
  expect(current.revision.id).toBe("1");
  expect(feed!.status()).toMatchObject({ revision: "1", stale: false, error: undefined, fetchedAt: clock.now() });
});

test("without content and without a last good one there is no beginning, and the source is closed", async () => {
  origin.answer = down;
  await expect(begin()).rejects.toThrow("the server is down");
  expect(origin.closed).toBe(1);
});

test("begins with the last good bundle while the source is down, and says so", async () => {
  await slot.save(bundle("good"));
  origin.answer = down;
  const { current } = await begin();
  expect(current.revision.id).toBe("good");
  expect(feed!.status()).toMatchObject({ stale: true, error: { kind: "network", message: "the server is down" } });

  const seen = news(feed!);
  origin.answer = () => bundle("new");
  await clock.advance(20_000);
  expect(seen).toEqual(["new"]);
  expect(feed!.status()).toMatchObject({ stale: false, error: undefined });
});

test("a last good bundle that the source confirms is not fetched again", async () => {
  await slot.save(bundle("1"));
  await begin();
  expect(origin.known[0]?.id).toBe("1");
  expect(feed!.status()).toMatchObject({ revision: "1", stale: false });
});

test("a source that hangs does not hold back a start that has a last good bundle", async () => {
  await slot.save(bundle("good"));
  let answer: (bundle: Bundle) => void = () => {};
  origin.answer = () => new Promise((resolve) => (answer = resolve));
  const starting = begin({ patience: 5_000 });
  await vi.waitFor(() => expect(origin.known).toHaveLength(1));
  await clock.advance(5_000);
  const seen = news(await starting);
  expect(feed!.status()).toMatchObject({ revision: "good", stale: true });
  answer(bundle("late"));
  await clock.advance(0);
  expect(seen).toEqual(["late"]);
});

test("fetches at the interval and tells only of new content", async () => {
  const seen = news(await begin());
  await clock.advance(60_000);
  expect(origin.known).toHaveLength(2);
  expect(seen).toEqual([undefined]);
  origin.answer = () => bundle("2");
  await clock.advance(60_000);
  expect(seen).toEqual([undefined, "2"]);
  expect(feed!.current.revision.id).toBe("2");
});

test("equal content under a new revision is no change, and the status names the new revision", async () => {
  const seen = news(await begin());
  origin.answer = () => bundle("1", "commit-2");
  await feed!.refresh();
  expect(seen).toEqual([undefined]);
  expect(feed!.status().revision).toBe("commit-2");
});

test("the interval is jittered, so that collectors do not fetch in step", async () => {
  const at: number[] = [];
  for (const random of [0, 0.999]) {
    const one = await reconcile({
      source: origin,
      interval: 60_000,
      slot,
      clock,
      log: silentLogger,
      random: () => random,
    });
    at.push(one.status().nextAttemptAt! - clock.now());
    await one.close();
  }
  expect(at[0]).toBeCloseTo(54_000, 0);
  expect(at[1]).toBeGreaterThan(65_900);
});

test("an interval of zero fetches once", async () => {
  await begin({ interval: 0 });
  expect(feed!.status().nextAttemptAt).toBeUndefined();
  await clock.advance(86_400_000);
  expect(origin.known).toHaveLength(1);
});

test("an interval of zero tries on as long as it has only the last good bundle", async () => {
  await slot.save(bundle("good"));
  origin.answer = down;
  await begin({ interval: 0 });
  origin.answer = () => bundle("2");
  await clock.advance(600_000);
  expect(origin.known).toHaveLength(2);
  expect(feed!.current.revision.id).toBe("2");
});

test("failures keep what is there and are tried again with growing delays up to a ceiling", async () => {
  await begin({ interval: 1_000, random: () => 0.9999 });
  origin.answer = down;
  const delays: number[] = [];
  for (let count = 0; count < 12; count++) {
    const before = clock.now();
    await clock.advance(feed!.status().nextAttemptAt! - before);
    delays.push(feed!.status().nextAttemptAt! - clock.now());
  }
  expect(delays).toEqual([...delays].sort((a, b) => a - b));
  expect(delays.at(-1)).toBeGreaterThan(100_000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(120_000);
  expect(feed!.current.revision.id).toBe("1");
  expect(feed!.status()).toMatchObject({ error: { kind: "network" }, stale: false });
});

test("refresh fetches now, shares one fetch among its callers, and reports the failure", async () => {
  await begin();
  await Promise.all([feed!.refresh(), feed!.refresh(), feed!.refresh()]);
  expect(origin.known).toHaveLength(2);
  origin.answer = () => {
    throw new SourceError("auth", "the token expired");
  };
  await expect(feed!.refresh()).rejects.toMatchObject({ kind: "auth", message: "the token expired" });
});

test("a refresh during a fetch is a fetch of its own afterwards, since the one under way may have looked too early", async () => {
  await begin();
  let answer: (bundle: Bundle) => void = () => {};
  origin.answer = () => new Promise((resolve) => (answer = resolve));
  const first = feed!.refresh();
  await clock.advance(0);
  const second = feed!.refresh();
  const third = feed!.refresh();
  answer(bundle("old"));
  await first;
  origin.answer = () => bundle("new");
  await Promise.all([second, third]);
  expect(feed!.current.revision.id).toBe("new");
  expect(origin.known).toHaveLength(3);
  expect(origin.mostAtOnce).toBe(1);
});

test("a fetch that takes too long is given up", async () => {
  await begin({ timeout: 3_000 });
  origin.answer = () => new Promise(() => {});
  const refreshing = feed!.refresh();
  refreshing.catch(() => {});
  await clock.advance(3_000);
  await expect(refreshing).rejects.toMatchObject({ kind: "network", message: /no answer within 3 s/ });
});

test("aborting gives up the first fetch", async () => {
  const abort = new AbortController();
  origin.answer = () => new Promise(() => {});
  const starting = begin({ signal: abort.signal });
  await clock.advance(0);
  abort.abort(new Error("stopping"));
  await expect(starting).rejects.toThrow("stopping");
  expect(origin.closed).toBe(1);
});

test("hints fetch at once, and a watch that fails is begun again", async () => {
  let hint = (): void => {};
  let watches = 0;
  const watching = Object.assign(origin, {
    watch(give: () => void, signal: AbortSignal): Promise<void> {
      hint = give;
      if (++watches === 1) return Promise.reject(new Error("too many watches"));
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  });
  await begin({ source: watching });
  const seen = news(feed!);
  await clock.advance(2_000);
  expect(watches).toBe(2);
  origin.answer = () => bundle("2");
  hint();
  hint();
  await clock.advance(0);
  expect(seen).toEqual(["2"]);
  expect(origin.known).toHaveLength(2);
});

test("a subscriber that throws stops neither the others nor the feed", async () => {
  await begin();
  feed!.subscribe(() => {
    throw new Error("bug");
  });
  const seen = news(feed!);
  origin.answer = () => bundle("2");
  await feed!.refresh();
  expect(seen).toEqual(["2"]);
});

test("a disk that fails keeps nobody from starting whose source answers", async () => {
  await writeFile(join(folder, "origin"), "not a folder");
  await begin();
  expect(feed!.current.revision.id).toBe("1");
  await expect(feed!.applied(feed!.current)).rejects.toThrow(join(folder, "origin"));
});

test("a closed feed fetches no more, tells nobody, and closes its source once", async () => {
  const seen = news(await begin());
  await Promise.all([feed!.close(), feed!.close()]);
  await clock.advance(600_000);
  expect(origin.closed).toBe(1);
  expect(origin.known).toHaveLength(1);
  expect(seen).toEqual([]);
  await expect(feed!.refresh()).rejects.toThrow("closed");
});

test("only what was applied is kept, and a damaged file yields to the one before it", async () => {
  await begin();
  expect(await feed!.lastGood()).toBeUndefined();
  await feed!.applied(feed!.current);
  await feed!.applied(bundle("2"));
  expect((await feed!.lastGood())?.revision.id).toBe("2");
  const files = (await readdir(join(folder, "origin"))).sort();
  await truncate(join(folder, "origin", files.at(-1)!), 40);
  await writeFile(join(folder, "origin", "0000000009-0123456789abcdef.bundle"), "invar bundle 1\nnot one");
  expect((await feed!.lastGood())?.revision.id).toBe("1");
});
