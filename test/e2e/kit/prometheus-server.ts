import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real Prometheus with a configuration of the test's. */
export interface PrometheusServer {
  /** All series that a query finds now, with their values. */
  query(expression: string): Promise<ReadonlyMap<string, number>>;
  /** Resolves when a query finds something. */
  find(expression: string): Promise<void>;
  close(): Promise<void>;
}

/** Whether Prometheus is installed. */
export const hasPrometheus = spawnSync("prometheus", ["--version"], { stdio: "ignore" }).status === 0;

/** Labels as a text by which sets can be compared. */
export function labelText(labels: Iterable<readonly [string, string]>): string {
  return JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

export async function openPrometheus(config: unknown): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), "invar-prometheus-"));
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`];
  const child = spawn("prometheus", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said = (said + text.toString()).slice(-5000)));
  const gone = once(child, "exit");
  const server: PrometheusServer = {
    async query(expression) {
      const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const answer = (await response.json()) as {
        readonly data: {
          readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
        };
      };
      return new Map(
        answer.data.result.map(({ metric, value }) => [labelText(Object.entries(metric)), parseValue(value[1])]),
      );
    },
    async find(expression) {
      while ((await server.query(expression)).size === 0) await pause();
    },
    async close() {
      child.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (;;) {
    const ready = await fetch(`http://${address}/-/ready`).catch(() => undefined);
    await ready?.arrayBuffer();
    if (ready?.status === 200) return server;
    if (child.exitCode !== null) throw new Error(`prometheus ended: ${said}`);
    await pause();
  }
}

function parseValue(text: string): number {
  return text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
