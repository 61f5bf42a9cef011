/** Configurations of any size, and the collector as users run it: the bundle, as its own process. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end, memory, start } from "./_measure.ts";

const program = join(import.meta.dirname, "../dist/invar.js");

/** A folder that goes with the bench. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "invar-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const relabel = (label: string, number: number, target: string): string => `prometheus.relabel "${label}" {
	rule {
		source_labels = ["__name__"]
		regex         = "metric_${number}_.*"
		action        = "drop"
	}
	rule {
		target_label = "n"
		replacement  = "${number}"
	}
	forward_to = [${target}]
}
`;
const sink = `prometheus.echo "sink" { }\n`;

/** Each component forwards to the one before. */
export function chain(size: number): string {
  let text = sink;
  for (let i = 0, to = "prometheus.echo.sink.receiver"; i < size - 1; i++, to = `prometheus.relabel.r${i - 1}.receiver`)
    text += relabel(`r${i}`, i, to);
  return text;
}

/** All components forward to the first. */
export function fanOut(size: number): string {
  let text = sink;
  for (let i = 0; i < size - 1; i++) text += relabel(`r${i}`, i, "prometheus.echo.sink.receiver");
  return text;
}

/** A hundred modules, each with a hundredth of the components. */
export function modules(size: number): string {
  let text = sink;
  for (let m = 0; m < 100; m++) {
    text += `declare "m${m}" {\nargument "to" { }\n`;
    for (let i = 0; i < size / 100; i++) text += relabel(`r${i}`, i, "argument.to.value");
    text += `}\nm${m} "x" {\n\tto = prometheus.echo.sink.receiver\n}\n`;
  }
  return text;
}

/** A Prometheus configuration with as many jobs, each with two relabeling rules as well. */
export function prometheusJobs(size: number): string {
  let text = "scrape_configs:\n";
  for (let i = 0; i < size; i++) {
    text += `- job_name: j${i}
  static_configs:
  - targets: ['127.0.0.1:${1000 + (i % 60_000)}']
  relabel_configs:
  - source_labels: [__name__]
    regex: metric_${i}_.*
    action: drop
  - target_label: n
    replacement: "${i}"
`;
  }
  return text;
}

export interface Started {
  readonly url: string;
  /** Milliseconds from exec until everything runs and the address is told. */
  readonly ms: number;
  readonly pid: number;
  /** Resident memory, in bytes. */
  readonly rss: number;
  readonly stop: () => Promise<void>;
}

/** Runs the bundle on a configuration. */
export async function run(file: string, folder: string): Promise<Started> {
  if (!existsSync(program)) throw new Error("there is no dist/invar.js: run `npm run build` first");
  const from = performance.now();
  const child = start(process.execPath, [
    program,
    "run",
    file,
    `--storage.path=${join(folder, "data")}`,
    "--server.http.listen-addr=127.0.0.1:0",
    "--stability.level=experimental",
  ]);
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /(http:\/\/[^/]+)\/api\/v1\/generations/.exec(text);
      if (found !== null) resolve(found[1]!);
    });
    child.once("exit", () => reject(new Error(`it did not start: ${child.output()}`)));
  });
  const ms = performance.now() - from;
  return { url, ms, pid: child.pid!, rss: memory(child.pid!).now, stop: () => end(child) };
}

/** Milliseconds until a program has ended well. */
export async function time(command: string, args: readonly string[]): Promise<number> {
  const from = performance.now();
  const child = start(command, args);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${child.output()}`);
  return performance.now() - from;
}

/** Writes a text into a folder and returns its path. */
export function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
