/** The program as a process: `invar run` on a free port, its log read line by line, and any other command to its end. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { until } from "./until.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const MAIN = join("src", "main.ts");

export interface Collector {
  readonly process: ChildProcess;
  /** `http://127.0.0.1:PORT`, once it listens. */
  readonly url: string;
  readonly lines: readonly string[];
  /** Resolves with the first line, already written or to come, that matches; rejects when the process ends before, or is late. */
  line(pattern: RegExp): Promise<string>;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  json(path: string): Promise<unknown>;
  post(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Sends a signal and resolves with the exit code, or with the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

const running = new Set<Collector>();

/** Kills the collectors that a test has not ended. */
export async function killCollectors(): Promise<void> {
  for (const collector of running) await collector.end("SIGKILL");
}

/**
 * Starts a collector that keeps its state in `storage`; resolves when it listens, rejects with its
 * output when it ends instead. `root` is the repository whose program it is, and where a relative source begins.
 */
export async function startCollector(
  source: string,
  storage: string,
  flags: readonly string[] = [],
  root = ROOT,
): Promise<Collector> {
  const args = [
    join(root, MAIN),
    "run",
    source,
    `--storage.path=${storage}`,
    "--server.http.listen-addr=127.0.0.1:0",
    "--stability.level=experimental",
    ...flags,
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  readLines(child.stdout, lines);
  readLines(child.stderr, lines);
  const exited = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => {
      running.delete(collector);
      resolve(code ?? signal ?? "");
    }),
  );
  const line = async (pattern: RegExp): Promise<string> => {
    const find = (): string | undefined => lines.find((text) => pattern.test(text));
    const found = await until(`a line that matches ${pattern}, in:\n${lines.join("\n")}`, () => find() ?? ended());
    if (found !== true) return found;
    await exited;
    const last = find();
    if (last === undefined) throw new Error(`it ended without a line that matches ${pattern}:\n${lines.join("\n")}`);
    return last;
  };
  let url = "";
  const request = async (path: string, method: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(url + path, { method });
    return { status: response.status, text: await response.text() };
  };
  const collector: Collector = {
    process: child,
    get url() {
      return url;
    },
    lines,
    line,
    get: (path) => request(path, "GET"),
    json: async (path) => JSON.parse((await request(path, "GET")).text),
    post: (path) => request(path, "POST"),
    end(signal = "SIGTERM") {
      if (!ended()) child.kill(signal);
      return exited;
    },
  };
  running.add(collector);
  url = `http://${/addr=(\S+)/.exec(await line(/msg="now listening for http traffic"/))![1]!}`;
  return collector;
}

function readLines(stream: NodeJS.ReadableStream, lines: string[]): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
  });
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `invar` with arguments until it ends by itself; after 30 s it is killed, and `code` is null. */
export async function invar(
  args: readonly string[],
  options: { readonly input?: string; readonly cwd?: string } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(ROOT, MAIN), ...args], {
    cwd: options.cwd,
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()));
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr };
}
