/** The program as a process: `invar run` on a free port, its log read line by line. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "..", "..", "src", "main.ts");

export interface Collector {
  readonly process: ChildProcess;
  /** `http://127.0.0.1:PORT`, once it listens. */
  readonly url: string;
  readonly lines: readonly string[];
  /** Resolves with the first line, already written or to come, that matches; rejects when the process ends before. */
  line(pattern: RegExp): Promise<string>;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  json(path: string): Promise<unknown>;
  post(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Sends a signal and resolves with the exit code, or with the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts a collector that keeps its state in `storage`; resolves when it listens, rejects with its output when it ends instead. */
export async function startCollector(
  source: string,
  storage: string,
  flags: readonly string[] = [],
): Promise<Collector> {
  const args = [
    MAIN,
    "run",
    source,
    `--storage.path=${storage}`,
    "--server.http.listen-addr=127.0.0.1:0",
    "--stability.level=experimental",
    ...flags,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const waiting = new Set<(ended: boolean) => void>();
  const notify = (ended: boolean): void => waiting.forEach((wake) => wake(ended));
  let rest = "";
  const read = (chunk: Buffer): void => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    notify(false);
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  const exited = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal ?? "")),
  );
  void exited.then(() => notify(true));

  const line = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (ended: boolean): void => {
        const found = lines.find((text) => pattern.test(text));
        if (found === undefined && !ended) return;
        waiting.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`the collector ended without a line that matches ${pattern}:\n${lines.join("\n")}`));
      };
      waiting.add(look);
      look(child.exitCode !== null || child.signalCode !== null);
    });

  const address = /addr=(\S+)/.exec(await line(/msg="now listening for http traffic"/))![1]!;
  const url = `http://${address}`;
  const request = async (path: string, method: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(url + path, { method });
    return { status: response.status, text: await response.text() };
  };
  return {
    process: child,
    url,
    lines,
    line,
    get: (path) => request(path, "GET"),
    json: async (path) => JSON.parse((await request(path, "GET")).text),
    post: (path) => request(path, "POST"),
    end(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}
