/** Reloads of a whole collector under a steady flow of numbered samples: none is lost or doubled, whatever the new text is. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { killCollectors, startCollector, type Collector } from "#test/kit/collector.ts";
import { arrived, expectAll } from "#test/kit/number-audit.ts";
import { serveNumbers, type NumberTarget } from "#test/kit/number-target.ts";
import { remoteWriteSink, type RemoteWriteSink } from "#test/kit/remote-write-sink.ts";
import { until } from "#test/kit/until.ts";

let folder: string;
let config: string;
let target: NumberTarget;
let sink: RemoteWriteSink;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-reload-"));
  config = join(folder, "main.alloy");
  target = await serveNumbers();
  target.skip = 2;
  sink = await remoteWriteSink();
});
afterEach(async () => {
  await killCollectors();
  await target.close();
  await sink.close();
  await rm(folder, { recursive: true, force: true });
});

/** A pipeline that scrapes one path of the target five times a second. */
function pipeline(name: string, version: string): string {
  return `
prometheus.scrape "${name}" {
  targets         = [{__address__ = "${target.address}", __metrics_path__ = "/${name}", job = "${name}"}]
  scrape_interval = "200ms"
  scrape_timeout  = "200ms"
  forward_to      = [prometheus.relabel.${name}.receiver]
}

prometheus.relabel "${name}" {
  rule {
    target_label = "version"
    replacement  = "${version}"
  }
  forward_to = [prometheus.remote_write.sink.receiver]
}
`;
}

function sending(more = ""): string {
  return `
prometheus.remote_write "sink" {
  endpoint {
    url = "${sink.url}"
    queue_config { batch_send_deadline = "50ms" }
  }
  ${more}
}
`;
}

/** Five nodes that depend on one another, of which the third cannot be evaluated. */
const BROKEN_THIRD = `
discovery.relabel "one" { targets = [{__address__ = "127.0.0.1:1"}] }
discovery.relabel "two" { targets = discovery.relabel.one.output }
discovery.relabel "three" { targets = [{__address__ = string.format("%d", "not a number" + 1)}] }
discovery.relabel "four" { targets = discovery.relabel.three.output }
discovery.relabel "five" { targets = discovery.relabel.four.output }
`;

interface Generations {
  readonly current: number;
  readonly generations: readonly { readonly number: number; readonly verdict: string; readonly cause: string }[];
}
const generations = async (collector: Collector): Promise<Generations> =>
  (await collector.json("/api/v1/generations")) as Generations;

const healthy = (collector: Collector, number: number): Promise<unknown> =>
  until(`generation ${number} to be healthy`, async () => {
    const { current, generations: all } = await generations(collector);
    return current === number && all[0]!.verdict === "healthy";
  });

/** Waits for a few more pages to be scraped and delivered. */
async function flow(path: string): Promise<void> {
  const goal = target.count(path) + 3;
  await until(`three more pages of ${path}`, () => target.count(path) >= goal);
}

async function delivered(job: string): Promise<number> {
  const count = target.count(`/${job}`);
  await until(`all numbers of ${job}`, () => new Set(arrived(sink, new RegExp(`job="${job}"`))).size >= count);
  return count;
}

test("thirty reloads of every kind lose and double nothing, and close no port", async () => {
  await writeFile(config, pipeline("steady", "0") + sending());
  const collector = await startCollector(config, join(folder, "data"), ["--swap.grace=0s"]);
  const connection = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  const ask = (path: string, method: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(collector.url + path, { method, agent: connection }, (response) => {
        let text = "";
        ports.add(response.socket.localPort);
        response.on("data", (chunk: Buffer) => void (text += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode!, text }));
      });
      sent.once("error", reject).end();
    });

  for (let round = 1; round <= 30; round += 1) {
    const kind = round % 5;
    const version = String(round);
    let text = pipeline("steady", version) + sending();
    if (kind === 1 || kind === 2) text += pipeline(`more${round - kind}`, version);
    if (kind === 3) text += BROKEN_THIRD;
    if (kind === 4) text = text.replace("queue_config {", `headers = {"x-round" = "${round}"}\n queue_config {`);
    await writeFile(config, text);
    const answer = await ask("/-/reload", "POST");
    if (kind === 3) {
      expect(answer.status).toBe(400);
      expect(answer.text).toMatch(/main\.alloy:\d+:\d+: .*/);
    } else {
      expect(answer).toEqual({ status: 200, text: "config reloaded\n" });
    }
    await flow("/steady");
    if (kind === 2) await flow(`/more${round - kind}`);
  }
  expect(ports.size).toBe(1);
  connection.destroy();
  expect(await collector.end()).toBe(0);

  const count = await delivered("steady");
  expect(count).toBeGreaterThan(80);
  expect(expectAll(arrived(sink, /job="steady"/), count)).toBe(0);
  for (let first = 0; first < 30; first += 5) {
    const job = `more${first}`;
    expect(expectAll(arrived(sink, new RegExp(`job="${job}"`)), await delivered(job))).toBe(0);
  }
  const versions = new Set([...sink.values.keys()].map((series) => /version="(\d+)"/.exec(series)?.[1]));
  // Good texts have relabeled what came after them, save where no scrape fell between two; none of the refused ones has.
  expect([...versions].filter((version) => Number(version) % 5 === 3)).toEqual([]);
  expect(versions.size).toBeGreaterThan(12);
});

test("what a refused reload leaves running still follows its exports", async () => {
  const file = join(folder, "version.txt");
  await writeFile(file, "first");
  const text = `local.file "version" { filename = "${file}" }\n${pipeline("steady", "X").replace('"X"', "local.file.version.content")}${sending()}`;
  await writeFile(config, text);
  const collector = await startCollector(config, join(folder, "data"), ["--swap.grace=0s"]);
  await until("the first version", () => arrived(sink, /version="first"/).length > 0);
  await writeFile(config, text + BROKEN_THIRD);
  expect((await collector.post("/-/reload")).status).toBe(400);
  await writeFile(file, "second");
  await until("the second version", () => arrived(sink, /version="second"/).length > 0);
  expect(await collector.end()).toBe(0);
  expect(expectAll(arrived(sink, /./), await delivered("steady"))).toBe(0);
});

test("SIGHUP reloads, and a generation of before comes back on demand", async () => {
  await writeFile(config, pipeline("steady", "1") + sending());
  const collector = await startCollector(config, join(folder, "data"), ["--swap.grace=200ms"]);
  await healthy(collector, 1);
  await writeFile(config, pipeline("steady", "2") + sending());
  collector.process.kill("SIGHUP");
  await until("the second version", () => arrived(sink, /version="2"/).length > 0);
  await healthy(collector, 2);

  const answer = await collector.post("/api/v1/generations/1/rollback");
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text)).toMatchObject({ generation: 3, plan: expect.arrayContaining([]) as unknown });
  const before = arrived(sink, /version="1"/).length;
  await until("the first version again", () => arrived(sink, /version="1"/).length > before + 2);
  await healthy(collector, 3);
  expect((await generations(collector)).generations.map(({ cause }) => cause)).toEqual(["rollback", "SIGHUP", "start"]);
  expect((await collector.post("/api/v1/generations/99/rollback")).status).toBe(404);

  expect(await collector.end()).toBe(0);
  expect(expectAll(arrived(sink, /./), await delivered("steady"))).toBe(0);
});

test("a generation that breaks by itself within the grace period is rolled back, and refused from then on", async () => {
  const file = join(folder, "interval.txt");
  await writeFile(file, "200ms");
  await writeFile(config, pipeline("steady", "1") + sending());
  const collector = await startCollector(config, join(folder, "data"), ["--swap.grace=3s"]);
  await healthy(collector, 1);
  const rollbacks = async (): Promise<string | undefined> =>
    /^invar_rollbacks_total (\d+)$/m.exec((await collector.get("/metrics")).text)?.[1];
  expect(await rollbacks()).toBe("0");

  const text = pipeline("steady", "2").replace('"200ms"', "local.file.interval.content") + sending();
  await writeFile(config, `local.file "interval" { filename = "${file}" }\n${text}`);
  expect((await collector.post("/-/reload")).status).toBe(200);
  await until("the second version", () => arrived(sink, /version="2"/).length > 0);
  await writeFile(file, "often");
  const verdicts = await until("the rollback", async () => {
    const all = (await generations(collector)).generations;
    return all.some(({ verdict }) => verdict === "rolled-back") && all.map(({ cause, verdict }) => [cause, verdict]);
  });
  expect(verdicts.slice(0, 2)).toEqual([
    ["rollback", "settling"],
    ["reload", "rolled-back"],
  ]);
  expect(await rollbacks()).toBe("1");
  const before = arrived(sink, /version="1"/).length;
  await until("the first version again", () => arrived(sink, /version="1"/).length > before + 2);
  expect((await collector.get("/-/healthy")).status).toBe(200);
  expect(collector.lines.join("\n")).toContain("often");

  const again = await collector.post("/-/reload");
  expect(again.status).toBe(400);
  expect(again.text).toContain("turned unhealthy");
  expect(await collector.end()).toBe(0);
  expect(expectAll(arrived(sink, /./), await delivered("steady"))).toBe(0);
});
