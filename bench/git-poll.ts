/**
 * What it costs to find out that a repository of 2,000 files has not changed, beside `git ls-remote` against the same server, and
 * how long a new commit takes beside the first download. Goal: a check at 1.5 of ls-remote's time.
 *
 *     node bench/git-poll.ts [rounds]
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import git from "../sources/git.ts";
import { defaultsOf } from "../src/schema/defaults.ts";
import { systemClock } from "../src/util/clock.ts";
import { silentLogger } from "../src/util/log.ts";
import { serveGit } from "../test/kit/git-http.ts";
import { createRepo, gitEnv } from "../test/kit/git-repo.ts";
import { interleave, median, print, start } from "./_measure.ts";

if (process.argv[2] === "serve") {
  const server = await serveGit(process.argv[3]!);
  console.log(server.url);
} else {
  await bench(Number(process.argv[2] ?? 30));
}

async function bench(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "invar-bench-git-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const repo = await createRepo(join(folder, "srv", "cfg.git"));
  const files: Record<string, string> = {};
  for (let index = 0; index < 2000; index++) {
    files[`team-${index % 20}/module-${index}.alloy`] = `// ${String(index).repeat(300)}\n`;
  }
  await repo.commit(files);
  for (let index = 0; index < 20; index++) await repo.git("branch", `feature-${index}`);

  // The server has a process of its own, so that its work is in nobody's figures.
  const server = start(process.execPath, [import.meta.filename, "serve", join(folder, "srv")]);
  const url = await new Promise<string>((resolve) =>
    server.stdout!.once("data", (line: Buffer) => resolve(String(line).trim())),
  );
  const repository = `${url}/cfg.git`;
  const args = { ...defaultsOf(git.args), repository, path: "team-1", revision: "main" };
  const source = await git.open(args, { log: silentLogger, clock: systemClock, dataDir: join(folder, "data") });
  const { signal } = new AbortController();

  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const lsRemote = () => promisify(execFile)("git", ["ls-remote", repository, "refs/heads/main"], { env: gitEnv });

  const bundle = await source.fetch(undefined, signal);
  const first = await timed(async () => {
    const fresh = await git.open(args, { log: silentLogger, clock: systemClock, dataDir: join(folder, "fresh") });
    await fresh.fetch(undefined, signal);
    await fresh.close?.();
  });
  if (bundle === "unchanged") throw new Error("nothing was fetched");
  const { revision } = bundle;
  const cpuBefore = process.cpuUsage();
  const alone: number[] = [];
  for (let round = 0; round < rounds; round++) alone.push(await timed(() => source.fetch(revision, signal)));
  const cpu = process.cpuUsage(cpuBefore);
  const { ours, peer } = await interleave(
    rounds,
    () => timed(() => source.fetch(revision, signal)),
    () => timed(lsRemote),
  );
  await repo.commit({ "team-1/module-1.alloy": "// new\n" });
  const commit = await timed(async () => {
    if ((await source.fetch(revision, signal)) === "unchanged") throw new Error("the commit was not seen");
  });

  print({
    bench: "git-poll",
    check_ms: median(ours),
    ls_remote_ms: median(peer),
    ratio: median(ours) / median(peer),
    check_cpu_ms: (cpu.user + cpu.system) / 1000 / rounds,
    first_fetch_ms: first,
    new_commit_ms: commit,
    goal: 1.5,
  });
  await source.close?.();
  server.kill();
}
