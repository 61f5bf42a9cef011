/** Acknowledged samples against everything that can end a collector: the promises A1 and A2, with whole processes. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listen } from "#test/kit/http.ts";
import { remoteWriteSink } from "#test/kit/remote-write-sink.ts";

const canMount =
  process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;
if (!canMount) console.error("SKIPPED: no file system can be mounted here; the test of a full disk needs one.");
const WRITER = join(import.meta.dirname, "kit", "remote-write-writer.ts");
const SERIES = 10;
const BATCH = 2000;

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "invar-e2e-"));
});
afterEach(async () => {
  for (const child of children) await endChild(child, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}

interface Writer {
  /** The last number that was acknowledged. */
  readonly last: () => number;
  /** Resolves when it is held up for the first time. */
  readonly held: Promise<void>;
  /** Resolves when a number has been acknowledged. */
  reach(number: number): Promise<void>;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

async function startWriter(url: string, first: number): Promise<Writer> {
  const args = [WRITER, join(folder, "data"), url, String(first), String(SERIES), "2"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let errors = "";
  child.stderr.on("data", (text: Buffer) => void (errors += text.toString()));
  let last = first - 1;
  let rest = "";
  let waits: { readonly number: number; readonly resolve: () => void }[] = [];
  const ready = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  child.stdout.on("data", (text: Buffer) => {
    const lines = (rest + text.toString()).split("\n");
    rest = lines.pop()!;
    for (const line of lines)
      if (line === "ready") ready.resolve();
      else if (line === "held") held.resolve();
      else last = Number(line);
    for (const { number, resolve } of waits) if (last >= number) resolve();
    waits = waits.filter(({ number }) => last < number);
  });
  const exit = once(child, "exit").then(() => void children.delete(child));
  await Promise.race([ready.promise, exit.then(() => Promise.reject(new Error(errors)))]);
  return {
    last: () => last,
    held: held.promise,
    reach: (number) => new Promise((resolve) => (last >= number ? resolve() : waits.push({ number, resolve }))),
    async end(signal) {
      child.kill(signal);
      await exit;
    },
  };
}

/** Every acknowledged number of every series is there, in order; gives how many came more than once. */
function audit(values: ReadonlyMap<string, readonly number[]>, upTo: number): number {
  let repeated = 0;
  for (let i = 0; i < SERIES; i += 1) {
    const got = values.get(`numbered{series="${i}"}`) ?? [];
    const firsts: number[] = [];
    const seen = new Set<number>();
    for (const value of got)
      if (!seen.has(value)) {
        seen.add(value);
        firsts.push(value);
      } else repeated += 1;
    const lost: number[] = [];
    for (let n = 0; n <= upTo; n += 1) if (!seen.has(n)) lost.push(n);
    expect(lost).toEqual([]);
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  }
  return repeated;
}

describe("the sink's ledger", () => {
  test("SIGKILL and SIGTERM again and again, with the server up and down: nothing acknowledged is lost", async () => {
    const sink = await remoteWriteSink();
    let next = 0;
    let kills = 0;
    let seed = 12_345;
    for (let cycle = 0; cycle < 12; cycle += 1) {
      if (cycle % 4 === 0) await sink.down();
      if (cycle % 4 === 2) await sink.up();
      const writer = await startWriter(sink.url, next);
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      await writer.reach(next + 5 + (seed % 60));
      const signal = cycle % 3 === 2 ? "SIGTERM" : "SIGKILL";
      await writer.end(signal);
      kills += signal === "SIGKILL" ? 1 : 0;
      next = writer.last() + 1;
    }
    const last = await startWriter(sink.url, next);
    await last.reach(next + 3);
    await last.end("SIGTERM");
    expect(audit(sink.values, last.last())).toBeLessThanOrEqual(kills * (BATCH + SERIES));
    await sink.close();
  });

  test("SIGTERM while the server hangs: it ends within the limit, and the rest is delivered by the next", async () => {
    const sink = await remoteWriteSink();
    sink.mode = "hang";
    const writer = await startWriter(sink.url, 0);
    await writer.reach(100);
    await writer.end("SIGTERM");
    sink.mode = "take";
    const next = await startWriter(sink.url, writer.last() + 1);
    await next.reach(writer.last() + 5);
    await next.end("SIGTERM");
    audit(sink.values, next.last());
    await sink.close();
  });

  test.skipIf(!canMount)(
    "a disk that is full holds the producer up, and nothing is lost when it has room again",
    async () => {
      const disk = join(folder, "data");
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
      try {
        const sink = await remoteWriteSink();
        await sink.down();
        const writer = await startWriter(sink.url, 0);
        await writer.reach(20);
        const filler = openSync(join(disk, "filler"), "w");
        const fill = (bytes: number): void => {
          for (;;)
            try {
              writeSync(filler, Buffer.alloc(bytes));
            } catch {
              return;
            }
        };
        fill(4096);
        await writer.held;
        closeSync(filler);
        unlinkSync(join(disk, "filler"));
        const before = writer.last();
        await writer.reach(before + 20);
        await sink.up();
        await sink.until(() => sink.values.get('numbered{series="0"}')?.includes(before + 10) === true);
        await writer.end("SIGTERM");
        expect(audit(sink.values, writer.last())).toBe(0);
        await sink.close();
      } finally {
        for (const child of children) await endChild(child, "SIGKILL");
        execFileSync("umount", ["-l", disk]);
      }
    },
  );

  test("a second process on the same folder is refused, and harms nothing", async () => {
    const sink = await remoteWriteSink();
    const writer = await startWriter(sink.url, 0);
    await expect(startWriter(sink.url, 0)).rejects.toThrow("two processes cannot share one state folder");
    await writer.reach(20);
    await writer.end("SIGTERM");
    audit(sink.values, writer.last());
    await sink.close();
  });
});

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;
if (!hasPrometheus) console.error("SKIPPED: no prometheus here (apt-get install prometheus). CI runs these tests.");

describe.skipIf(!hasPrometheus && process.env["CI"] !== "true")("a real Prometheus", () => {
  async function freePort(): Promise<number> {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  async function startPrometheus(port: number): Promise<void> {
    const flags = [
      "--web.enable-remote-write-receiver",
      "--config.file=/dev/null",
      `--storage.tsdb.path=${join(folder, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn("prometheus", flags, { stdio: ["ignore", "ignore", "pipe"] });
    children.add(child);
    await new Promise<void>((resolve) => {
      child.stderr.on("data", (text: Buffer) => text.includes("Server is ready") && resolve());
    });
  }
  async function query(port: number, expression: string): Promise<ReadonlyMap<string, number>> {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const answer = (await (await fetch(url)).json()) as {
      data: { result: readonly { metric: Record<string, string>; value: readonly [number, string] }[] };
    };
    return new Map(answer.data.result.map(({ metric, value }) => [metric["series"] ?? "", Number(value[1])]));
  }

  test("has every sample from before a SIGKILL during its absence, and answers queries for them", async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/api/v1/write`;
    const before = await startWriter(url, 0);
    await before.reach(200);
    await before.end("SIGKILL");
    await startPrometheus(port);
    const after = await startWriter(url, before.last() + 1);
    await after.reach(before.last() + 20);
    await after.end("SIGTERM");
    const distinct = await query(port, 'count_values by (series) ("n", numbered)');
    expect(distinct.size).toBe(SERIES);
    const newest = await query(port, "max_over_time(numbered[10m])");
    const oldest = await query(port, "min_over_time(numbered[10m])");
    const count = await query(port, "count_over_time(numbered[10m])");
    for (let i = 0; i < SERIES; i += 1) {
      expect(oldest.get(String(i))).toBe(0);
      expect(newest.get(String(i))).toBe(after.last());
      // One number may have been taken and not printed before the kill: the next process sent it again.
      expect(count.get(String(i))! - (after.last() + 1)).toBeOneOf([0, 1]);
    }
  });

  test("has what a whole collector scraped during its absence and before a SIGKILL", async () => {
    const [port, own] = [await freePort(), await freePort()];
    writeFileSync(
      join(folder, "main.alloy"),
      `prometheus.exporter.self "x" { }
prometheus.scrape "x" {
  targets         = prometheus.exporter.self.x.targets
  forward_to      = [prometheus.remote_write.x.receiver]
  scrape_interval = "200ms"
  scrape_timeout  = "200ms"
}
prometheus.remote_write "x" {
  external_labels = { collector = "e2e" }
  endpoint { url = "http://127.0.0.1:${port}/api/v1/write" }
}
`,
    );
    const collector = async (): Promise<ChildProcess> => {
      const flags = [`--storage.path=${join(folder, "state")}`, `--server.http.listen-addr=127.0.0.1:${own}`];
      const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
      const child = spawn(process.execPath, [main, "run", join(folder, "main.alloy"), ...flags], { stdio: "ignore" });
      children.add(child);
      return child;
    };
    const counter = async (name: string): Promise<number> => {
      const text = await fetch(`http://127.0.0.1:${own}/metrics`)
        .then((answer) => answer.text())
        .catch(() => "");
      return Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
    };
    const until = async (condition: () => Promise<boolean>): Promise<void> => {
      while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const first = await collector();
    let scraped = 0;
    await until(async () => (scraped = await counter("prometheus_remote_write_wal_samples_appended_total")) > 2000);
    await endChild(first, "SIGKILL");
    await startPrometheus(port);
    const second = await collector();
    await until(async () => (await counter("invar_remote_write_delivered_samples_total")) > scraped);
    await endChild(second, "SIGTERM");
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent('{collector="e2e"}[10m]')}`;
    const answer = (await (await fetch(url)).json()) as { data: { result: readonly { values: readonly unknown[] }[] } };
    const kept = answer.data.result.reduce((sum, { values }) => sum + values.length, 0);
    expect(kept).toBeGreaterThan(scraped);
    const ups = await query(port, 'count_over_time(up{collector="e2e"}[10m])');
    expect([...ups.values()][0]).toBeGreaterThan(5);
  });
});
