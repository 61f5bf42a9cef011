import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./until.ts";

/** One series of an answer: its labels and its points, `[seconds, value]`. */
export interface QueriedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [time: number, value: number])[];
}

export interface Prometheus {
  readonly url: string;
  /** Takes remote-write requests. */
  readonly writeUrl: string;
  /** One answer of its HTTP API: the `data` of the path, which begins after `/api/v1/`. */
  api(path: string): Promise<unknown>;
  /** Evaluates an expression now, or for a range selector gives the samples of the range. */
  query(expression: string): Promise<readonly QueriedSeries[]>;
  queryRange(expression: string, start: number, end: number, step: number): Promise<readonly QueriedSeries[]>;
  close(): Promise<void>;
}

interface Answer {
  readonly result: readonly {
    readonly metric: Record<string, string>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

/** A real Prometheus on a free port of loopback that also takes remote writes; its data and configuration are below `folder`. */
export async function startPrometheus(folder: string, config = ""): Promise<Prometheus> {
  const file = join(folder, "prometheus.yml");
  await writeFile(file, config);
  const flags = [
    "--web.enable-remote-write-receiver",
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "tsdb")}`,
    "--web.listen-address=127.0.0.1:0",
  ];
  const child = spawn("prometheus", flags, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve).once("error", resolve));
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => void (log += chunk.toString()));
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    await until("Prometheus to be ready", () => log.includes("Server is ready"));
  } catch (error) {
    await close();
    throw new Error(`Prometheus does not start:\n${log}`, { cause: error });
  }
  const url = `http://${/msg="Listening on" address=(\S+)/.exec(log)![1]!}`;
  const api = async (path: string): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1/${path}`);
    const answer = (await response.json()) as { readonly data?: unknown; readonly error?: string };
    if (answer.error !== undefined) throw new Error(`Prometheus answers ${path}: ${answer.error}`);
    return answer.data;
  };
  const seriesOf = (data: unknown): QueriedSeries[] =>
    (data as Answer).result.map(({ metric, value, values }) => ({
      labels: metric,
      points: (values ?? [value!]).map(([time, text]) => [time, Number(text.replace("Inf", "Infinity"))]),
    }));
  return {
    url,
    writeUrl: `${url}/api/v1/write`,
    api,
    query: async (expression) => seriesOf(await api(`query?${new URLSearchParams({ query: expression }).toString()}`)),
    async queryRange(expression, start, end, step) {
      const range = { query: expression, start: String(start), end: String(end), step: String(step) };
      return seriesOf(await api(`query_range?${new URLSearchParams(range).toString()}`));
    },
    close,
  };
}
