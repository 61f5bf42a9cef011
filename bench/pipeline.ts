/**
 * Scrape → relabel → remote write of 100,000 series, against `prometheus` in agent mode on the same targets and the same sink,
 * in turns: CPU microseconds for each sample delivered (of the collector's process alone), and resident memory.
 *
 *   node bench/pipeline.ts [--rounds=3] [--targets=10] [--series=10000] [--seconds=20]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { uncompressSnappy } from "#src/wire/snappy.ts";
import { cpuSeconds, end, median, memory, pause, print, random, ready, start } from "./_measure.ts";

const { values: options } = parseArgs({
  options: {
    role: { type: "string" },
    rounds: { type: "string", default: "3" },
    targets: { type: "string", default: "10" },
    series: { type: "string", default: "10000" },
    seconds: { type: "string", default: "20" },
  },
});
const targets = Number(options.targets);
const series = Number(options.series);
const WARM_UP = 10_000;

if (options.role === "targets") await serveTargets();
else if (options.role === "sink") await serveSink();
else await measure();

/** One page for each target in a few variants, so that values change and making them costs nothing while measuring. */
async function serveTargets(): Promise<void> {
  const pages = Array.from({ length: targets }, (_, target) =>
    [0, 1, 2, 3].map((variant) => gzipSync(page(target, variant), { level: 1 })),
  );
  const counts = Array.from({ length: targets }, () => 0);
  const server = createServer((request, response) => {
    const target = Number(/^\/(\d+)/.exec(request.url ?? "")?.[1] ?? "0");
    const body = pages[target]![counts[target]!++ % 4]!;
    response.writeHead(200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "content-encoding": "gzip",
      "content-length": body.length,
    });
    response.end(body);
  });
  await announce(server);
}

function page(target: number, variant: number): string {
  const next = random(target * 4 + variant + 1);
  const lines: string[] = [];
  for (let family = 0; family < series / 10; family++) {
    const name = `bench_requests_${family}_total`;
    lines.push(`# HELP ${name} Requests of family ${family}.`, `# TYPE ${name} counter`);
    for (let i = 0; i < 10; i++) {
      lines.push(
        `${name}{code="20${i}",handler="/api/v1/resource/${family % 97}",method="GET",pod="service-${target}-${family % 13}"} ${Math.floor(next() * 1e6)}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Takes remote writes, counts their samples, and says how many on any GET. */
async function serveSink(): Promise<void> {
  let samples = 0;
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      response.end(String(samples));
      return;
    }
    void read(request).then((body) => {
      samples += countSeries(uncompressSnappy(body, 64 << 20));
      response.writeHead(204).end();
    });
  });
  await announce(server);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Both sides send one sample for each series entry: entries of field 1 of the request. */
function countSeries(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length;) {
    const field = bytes[at++]! >> 3;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (field === 1) count++;
    at += length;
  }
  return count;
}

async function announce(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  process.stdout.write(`port ${typeof address === "object" ? address!.port : 0}\n`);
}

interface Round {
  readonly microseconds: number;
  readonly rss: number;
  readonly rate: number;
}

async function measure(): Promise<void> {
  if (spawnSync("prometheus", ["--version"]).status !== 0) {
    process.stderr.write("SKIPPED: prometheus is not installed, so there is no peer to measure against\n");
    return;
  }
  const main = join(import.meta.dirname, "..", "dist", "invar.js");
  if (!existsSync(main)) throw new Error("dist/invar.js is not there: run npm run build first");
  const self = (role: string) =>
    start(process.execPath, [import.meta.filename, `--role=${role}`, `--targets=${targets}`, `--series=${series}`]);
  const source = self("targets");
  const sink = self("sink");
  const sourcePort = await portOf(source);
  const sinkPort = await portOf(sink);
  const rounds: { ours: Round[]; peer: Round[] } = { ours: [], peer: [] };
  for (let i = 0; i < Number(options.rounds); i++) {
    rounds.ours.push(await runInvar(main, sourcePort, sinkPort));
    rounds.peer.push(await runPrometheus(sourcePort, sinkPort));
  }
  await end(source);
  await end(sink);
  const of = (side: Round[], key: keyof Round): number => median(side.map((round) => round[key]));
  print({
    bench: "pipeline",
    series: targets * series,
    cpu_us_per_sample: of(rounds.ours, "microseconds"),
    peer: "prometheus agent",
    peer_cpu_us_per_sample: of(rounds.peer, "microseconds"),
    ratio: of(rounds.ours, "microseconds") / of(rounds.peer, "microseconds"),
    rss_mib: of(rounds.ours, "rss") / (1 << 20),
    peer_rss_mib: of(rounds.peer, "rss") / (1 << 20),
    rss_ratio: of(rounds.ours, "rss") / of(rounds.peer, "rss"),
    samples_per_second: of(rounds.ours, "rate"),
    peer_samples_per_second: of(rounds.peer, "rate"),
  });
}

function portOf(child: ReturnType<typeof start>): Promise<number> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const port = /port (\d+)/.exec(child.output());
      if (port !== null) resolve(Number(port[1]));
    };
    child.stdout!.on("data", look);
    child.once("exit", () => reject(new Error(`it ended: ${child.output()}`)));
    look();
  });
}

async function observe(child: ReturnType<typeof start>, url: string, sinkPort: number): Promise<Round> {
  try {
    await ready(url);
    await pause(WARM_UP);
    const count = async (): Promise<number> => Number(await (await fetch(`http://127.0.0.1:${sinkPort}/`)).text());
    const before = { cpu: cpuSeconds(child.pid!), samples: await count(), at: performance.now() };
    await pause(Number(options.seconds) * 1000);
    const after = { cpu: cpuSeconds(child.pid!), samples: await count(), at: performance.now() };
    const samples = after.samples - before.samples;
    if (samples === 0) throw new Error(`nothing was delivered: ${child.output().slice(-2000)}`);
    return {
      microseconds: ((after.cpu - before.cpu) * 1e6) / samples,
      rss: memory(child.pid!).most,
      rate: samples / ((after.at - before.at) / 1000),
    };
  } finally {
    await end(child);
  }
}

async function runInvar(main: string, sourcePort: number, sinkPort: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), "invar-bench-"));
  const list = Array.from(
    { length: targets },
    (_, i) => `{"__address__" = "127.0.0.1:${sourcePort}", "__metrics_path__" = "/${i}", "shard" = "${i}"},`,
  );
  writeFileSync(
    join(folder, "config.alloy"),
    `prometheus.scrape "bench" {
  targets         = [${list.join("\n")}]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
  forward_to      = [prometheus.relabel.bench.receiver]
}
prometheus.relabel "bench" {
  rule {
    source_labels = ["__name__"]
    regex         = "unwanted_.*"
    action        = "drop"
  }
  rule {
    source_labels = ["handler"]
    regex         = "/api/v1/(.*)"
    target_label  = "resource"
  }
  forward_to = [prometheus.remote_write.bench.receiver]
}
prometheus.remote_write "bench" {
  endpoint {
    url = "http://127.0.0.1:${sinkPort}/write"
  }
}
`,
  );
  const port = 20_000 + (process.pid % 10_000);
  const child = start(process.execPath, [
    main,
    "run",
    join(folder, "config.alloy"),
    `--storage.path=${join(folder, "data")}`,
    `--server.http.listen-addr=127.0.0.1:${port}`,
  ]);
  try {
    return await observe(child, `http://127.0.0.1:${port}/-/ready`, sinkPort);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runPrometheus(sourcePort: number, sinkPort: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), "invar-bench-peer-"));
  const jobs = Array.from(
    { length: targets },
    (_, i) => `- job_name: bench${i}
  metrics_path: /${i}
  static_configs: [{targets: ["127.0.0.1:${sourcePort}"], labels: {shard: "${i}"}}]
  metric_relabel_configs:
  - {source_labels: [__name__], regex: "unwanted_.*", action: drop}
  - {source_labels: [handler], regex: "/api/v1/(.*)", target_label: resource}`,
  );
  writeFileSync(
    join(folder, "prometheus.yml"),
    `global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n${jobs.join("\n")}\nremote_write:\n- url: http://127.0.0.1:${sinkPort}/write\n`,
  );
  const port = 30_000 + (process.pid % 10_000);
  const child = start("prometheus", [
    "--enable-feature=agent",
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.agent.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  try {
    return await observe(child, `http://127.0.0.1:${port}/-/ready`, sinkPort);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
