/** Whole collectors that end, by SIGKILL and by SIGTERM, while the server takes nothing: what was scraped arrives all the same. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { invar, killCollectors, startCollector, type Collector } from "#test/kit/collector.ts";
import { arrived, expectAll } from "#test/kit/number-audit.ts";
import { serveNumbers, type NumberTarget } from "#test/kit/number-target.ts";
import { remoteWriteSink, type RemoteWriteSink } from "#test/kit/remote-write-sink.ts";
import { until } from "#test/kit/until.ts";

/** Longest a collector may take to end whose server does not answer, in milliseconds. */
const DRAIN_LIMIT = 30_000;

let folder: string;
let config: string;
let target: NumberTarget;
let sink: RemoteWriteSink;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-kill-"));
  config = join(folder, "main.alloy");
  target = await serveNumbers();
  sink = await remoteWriteSink();
  await writeFile(
    config,
    `
prometheus.scrape "numbers" {
  targets         = [{__address__ = "${target.address}", __metrics_path__ = "/"}]
  scrape_interval = "200ms"
  scrape_timeout  = "200ms"
  forward_to      = [prometheus.remote_write.sink.receiver]
}

prometheus.remote_write "sink" {
  endpoint {
    url = "${sink.url}"
    queue_config {
      batch_send_deadline = "100ms"
      max_backoff         = "500ms"
    }
  }
}
`,
  );
});
afterEach(async () => {
  await killCollectors();
  await target.close();
  await sink.close();
  await rm(folder, { recursive: true, force: true });
});

const start = (): Promise<Collector> => {
  target.skip = 2;
  return startCollector(config, join(folder, "data"));
};
const pages = (count: number): Promise<true> => until(`${count} pages`, () => target.count("/") >= count);
const delivered = (count: number): Promise<true> =>
  until(`${count} numbers`, () => new Set(arrived(sink, /./)).size >= count, 40_000);

/** Kills the collector at the moment at which it asks for the next page: it has had a fifth of a second for the last. */
async function killAtNextScrape(collector: Collector): Promise<void> {
  await new Promise<void>((resolve) => target.onNext(resolve));
  expect(await collector.end("SIGKILL")).toBe("SIGKILL");
}

test("three times killed while the server is away: every number scraped before arrives", async () => {
  let collector = await start();
  await delivered(3);
  for (let cycle = 1; cycle <= 3; cycle += 1) {
    await sink.down();
    // An outage of five seconds.
    await pages(target.count("/") + 25);
    await killAtNextScrape(collector);
    const scraped = target.count("/");
    if (cycle !== 2) await sink.up();
    collector = await start();
    if (cycle === 2) {
      await pages(scraped + 5);
      await sink.up();
    }
    await delivered(scraped);
    expectAll(arrived(sink, /./), scraped);
  }
  expect(await collector.end()).toBe(0);
  expectAll(arrived(sink, /./), target.count("/"));
});

test("SIGTERM delivers what is queued and exits with 0", async () => {
  const collector = await start();
  await pages(5);
  sink.delay = 300;
  await pages(15);
  expect(await collector.end()).toBe(0);
  expect(expectAll(arrived(sink, /./), target.count("/"))).toBe(0);
});

test.each(["hang", "away"] as const)(
  "SIGTERM while the server is %s: it ends in time, and the next delivers",
  async (how) => {
    const collector = await start();
    await delivered(3);
    if (how === "hang") sink.mode = "hang";
    else await sink.down();
    await pages(target.count("/") + 10);
    const ending = collector.end();
    const code = await Promise.race([ending, until("the end", () => false, DRAIN_LIMIT)]);
    expect(code).toBe(0);
    const scraped = target.count("/");
    sink.mode = "take";
    if (how === "away") await sink.up();
    const next = await start();
    await delivered(scraped);
    expect(await next.end()).toBe(0);
    expectAll(arrived(sink, /./), target.count("/"));
  },
);

test("a second collector on the same folder is refused by the name of the first, which goes on", async () => {
  const first = await start();
  const second = await invar([
    "run",
    config,
    `--storage.path=${join(folder, "data")}`,
    "--server.http.listen-addr=127.0.0.1:0",
  ]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`in use by process ${first.process.pid}`);
  await pages(target.count("/") + 3);
  expect(await first.end()).toBe(0);
  expect(expectAll(arrived(sink, /./), target.count("/"))).toBe(0);
  const third = await start();
  expect(await third.end()).toBe(0);
});
