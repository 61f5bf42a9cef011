/** What `npm start` runs, in a fresh clone of this repository: samples arrive, commits change what runs, bad ones do not. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { killCollectors, startCollector, type Collector } from "#test/kit/collector.ts";
import { gitEnv } from "#test/kit/git-repo.ts";
import { until } from "#test/kit/until.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const MODULE = join("examples", "host", "modules", "host.alloy");

let folder: string;
let clone: string;
const git = (...args: string[]): void => void execFileSync("git", ["-C", clone, ...args], { env: gitEnv });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-start-"));
  clone = join(folder, "clone");
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", ROOT, clone], { env: gitEnv });
  git("checkout", "--quiet", "-B", "main");
  await symlink(join(ROOT, "node_modules"), join(clone, "node_modules"));
});
afterEach(async () => {
  await killCollectors();
  await rm(folder, { recursive: true, force: true });
});

async function commit(change: (text: string) => string): Promise<void> {
  const file = join(clone, MODULE);
  await writeFile(file, change(await readFile(file, "utf8")));
  git("commit", "--quiet", "--all", "-m", "Change the host's module");
}

/** Waits for printed samples, later than all of now, that match. */
async function printed(collector: Collector, pattern: RegExp): Promise<void> {
  const from = collector.lines.length;
  const found = (): boolean =>
    collector.lines.slice(from).some((line) => line.includes("received metrics") && pattern.test(line));
  await until(`samples that match ${pattern}`, found, 40_000);
}

test("samples arrive, a commit in the modules changes their labels, a broken one changes nothing", async () => {
  const { scripts } = JSON.parse(await readFile(join(clone, "package.json"), "utf8")) as {
    scripts: Readonly<Record<string, string>>;
  };
  const [node, main, run, source, ...flags] = scripts["start"]!.split(" ");
  expect([node, main, run]).toEqual(["node", "src/main.ts", "run"]);
  const collector = await startCollector(source!, join(folder, "data"), flags, clone);
  await collector.line(/^Generation 1 is running/);
  await collector.line(/\/api\/v1\/generations/);
  await printed(collector, /node_load1\{.*job=\\?"host\\?".*via=\\?"git/);
  await printed(collector, /invar_generation_number\{/);

  await commit((text) => text.replace('replacement  = "host"', 'replacement  = "renamed"'));
  await printed(collector, /node_load1\{.*job=\\?"renamed/);

  await commit((text) => `${text}\ndeclare "broken" {`);
  await collector.line(/(refused|failed).*host\.alloy/);
  await printed(collector, /node_load1\{.*job=\\?"renamed/);
  const { generations } = (await collector.json("/api/v1/generations")) as {
    generations: readonly { loader: string; verdict: string }[];
  };
  expect(generations[0]).toMatchObject({ loader: "import.git.modules", verdict: "refused" });
  expect((await collector.get("/-/ready")).status).toBe(200);
  expect(await collector.end("SIGINT")).toBe(0);
});
