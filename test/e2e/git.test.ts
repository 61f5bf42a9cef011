/** Collectors whose configuration comes out of a real git server that wants a password: what commits do, and what they cannot do. */
import { mkdtemp, rm } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { invar, killCollectors, startCollector, type Collector } from "#test/kit/collector.ts";
import { serveGit, type GitHttpServer } from "#test/kit/git-http.ts";
import { createRepo, type TestRepo } from "#test/kit/git-repo.ts";
import { until } from "#test/kit/until.ts";

const PASSWORD = "s3cret-pa55word";
const ENCODED = Buffer.from(`ann:${PASSWORD}`).toString("base64");

let folder: string;
let repo: TestRepo;
let server: GitHttpServer;
let said: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-git-"));
  repo = await createRepo(join(folder, "repos", "cfg.git"));
  server = await serveGit(join(folder, "repos"));
  server.authorization = `Basic ${ENCODED}`;
  said = [];
});
afterEach(async () => {
  await killCollectors();
  await server.close();
  await rm(folder, { recursive: true, force: true });
  const text = said.join("\n");
  expect(text).not.toBe("");
  expect(said.filter((line) => line.includes(PASSWORD) || line.includes(ENCODED))).toEqual([]);
});

const data = (): string => join(folder, "data");
const source = (ref = "?ref=main"): string =>
  `git+http://ann:${PASSWORD}@127.0.0.1:${server.port}/cfg.git//main.alloy${ref}`;

async function start(from = source(), flags: readonly string[] = []): Promise<Collector> {
  const collector = await startCollector(from, data(), ["--swap.grace=100ms", ...flags]);
  said = collector.lines as string[];
  return collector;
}

interface Revised {
  readonly number: number;
  readonly loader: string;
  readonly verdict: string;
  readonly revision: { readonly id: string };
}
async function history(collector: Collector): Promise<{ current: number; generations: readonly Revised[] }> {
  const { text } = await collector.get("/api/v1/generations");
  said.push(text);
  return JSON.parse(text) as { current: number; generations: readonly Revised[] };
}
interface Status {
  readonly name: string;
  readonly revision: string;
  readonly stale: boolean;
  readonly fetchedAt?: string;
  readonly error?: { readonly kind: string; readonly message: string };
}
async function statuses(collector: Collector): Promise<readonly Status[]> {
  const { text } = await collector.get("/api/v1/sources");
  said.push(text);
  return (JSON.parse(text) as { sources: readonly Status[] }).sources;
}
const rootStatus = async (collector: Collector): Promise<Status> => (await statuses(collector))[0]!;
const current = async (collector: Collector): Promise<string> => {
  const { current: number, generations } = await history(collector);
  return generations.find((g) => g.number === number && g.loader === "")!.revision.id;
};
/** Reloads; gives the status and what was said. */
async function reload(collector: Collector): Promise<{ status: number; text: string }> {
  const answer = await collector.post("/-/reload");
  said.push(answer.text);
  return answer;
}
const healthy = (collector: Collector, revision: string): Promise<unknown> =>
  until(`revision ${revision} to be healthy`, async () =>
    (await history(collector)).generations.some((g) => g.revision.id === revision && g.verdict === "healthy"),
  );
/** A pipeline whose names tell versions apart. */
const version = (name: string): string => `prometheus.echo "${name}" { }\n`;
const components = async (collector: Collector, module = ""): Promise<readonly string[]> => {
  const path = module === "" ? "components" : `modules/${module}/components`;
  const { text } = await collector.get(`/api/v0/web/${path}`);
  said.push(text);
  return (JSON.parse(text) as readonly { localID: string }[]).map(({ localID }) => localID);
};

describe("the start-up SOURCE", () => {
  test("follows its branch: forward, reset, and away", async () => {
    const first = await repo.commit({ "main.alloy": version("one") });
    const collector = await start();
    expect(await current(collector)).toBe(first);

    const second = await repo.commit({ "main.alloy": version("two") });
    expect(await reload(collector)).toEqual({ status: 200, text: "config reloaded\n" });
    expect(await current(collector)).toBe(second);
    expect(await components(collector)).toEqual(["prometheus.echo.two"]);

    await repo.git("reset", "--hard", "--quiet", first);
    const forced = await repo.commit({ "main.alloy": version("three") });
    await repo.git("reflog", "expire", "--expire=now", "--all");
    await repo.git("gc", "--prune=now", "--quiet");
    expect((await reload(collector)).status).toBe(200);
    expect(await current(collector)).toBe(forced);

    await repo.git("checkout", "--quiet", "-b", "other");
    await repo.git("branch", "--quiet", "-D", "main");
    const answer = await reload(collector);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("main");
    expect(await components(collector)).toEqual(["prometheus.echo.three"]);
    expect(await rootStatus(collector)).toMatchObject({ revision: forced, error: { kind: "not-found" } });
    expect((await collector.get("/-/ready")).status).toBe(200);

    await repo.git("branch", "main");
    const back = await repo.commit({ "main.alloy": version("four") });
    await repo.git("branch", "--force", "main", back);
    expect((await reload(collector)).status).toBe(200);
    expect(await rootStatus(collector)).not.toHaveProperty("error");
    expect(await components(collector)).toEqual(["prometheus.echo.four"]);
    expect(await collector.end()).toBe(0);
  });

  test("begins with the last good configuration when the server is down, and says how old it is", async () => {
    const first = await repo.commit({ "main.alloy": version("one") });
    const before = await start();
    await healthy(before, first);
    expect(await before.end()).toBe(0);
    await server.down();

    const collector = await start();
    await collector.line(/level=warn msg="beginning with the last good configuration".* from=\d{4}-\S+ reason=/);
    expect(await components(collector)).toEqual(["prometheus.echo.one"]);
    expect(await rootStatus(collector)).toMatchObject({ revision: first, stale: true, error: { kind: "network" } });

    await server.up();
    await repo.commit({ "main.alloy": version("two") });
    expect((await reload(collector)).status).toBe(200);
    expect(await components(collector)).toEqual(["prometheus.echo.two"]);
    const status = await rootStatus(collector);
    expect(status.stale).toBe(false);
    expect(Date.parse(status.fetchedAt!)).toBeGreaterThan(Date.now() - 60_000);
    expect(await collector.end()).toBe(0);
  });

  interface Spoiled {
    readonly what: string;
    readonly spoil: () => unknown;
    readonly reason: RegExp;
  }
  const spoiled: readonly Spoiled[] = [
    { what: "the server is down", spoil: () => server.down(), reason: /ECONNREFUSED/ },
    { what: "the password is wrong", spoil: () => (server.authorization = "Basic b3RoZXI="), reason: /cfg\.git.*401/ },
    { what: "the branch is not there", spoil: () => repo.git("branch", "-m", "other"), reason: /branch.*"main"/ },
    { what: "the file is not there", spoil: () => repo.commit({ "main.alloy": null }), reason: /main\.alloy/ },
  ];
  test.each(spoiled)("does not start without a last good one when $what, and says so", async ({ spoil, reason }) => {
    await repo.commit({ "main.alloy": version("one") });
    await spoil();
    const address = "--server.http.listen-addr=127.0.0.1:0";
    const { code, stderr, stdout } = await invar(["run", source(), `--storage.path=${data()}`, address]);
    said.push(stdout, stderr);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(reason);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test.each([
    ["a syntax error", { "main.alloy": 'prometheus.echo "a" {\n' }, [/main\.alloy/], 1],
    [
      "unknown components",
      { "main.alloy": 'prometheus.nothing "a" { }\n\nprometheus.neither "b" { }\n' },
      [/prometheus\.nothing/, /prometheus\.neither/],
      2,
    ],
    [
      "an evaluation error in the third of five nodes",
      {
        "main.alloy": `discovery.relabel "a" { targets = [{__address__ = "x"}] }
discovery.relabel "b" { targets = discovery.relabel.a.output }
discovery.relabel "c" { targets = encoding.from_json("[") }
discovery.relabel "d" { targets = discovery.relabel.b.output }
discovery.relabel "e" { targets = discovery.relabel.d.output }
`,
      },
      [/main\.alloy:3:/],
      1,
    ],
  ] as const)("refuses a commit with %s, and takes the next", async (_, files, patterns, count) => {
    const first = await repo.commit({ "main.alloy": version("one") });
    const collector = await start();
    await healthy(collector, first);
    const bad = await repo.commit(files);
    const answer = await reload(collector);
    expect(answer.status).toBe(400);
    for (const pattern of patterns) expect(answer.text).toMatch(pattern);

    expect(await current(collector)).toBe(first);
    expect(await components(collector)).toEqual(["prometheus.echo.one"]);
    const { generations } = await history(collector);
    expect(generations[0]).toMatchObject({ verdict: "refused", problems: count, revision: { id: bad } });
    const { text } = await collector.get(`/api/v1/generations/${generations[0]!.number}`);
    for (const pattern of patterns)
      expect(text).toMatch(pattern === patterns[0] && count === 1 ? /main\.alloy/ : pattern);
    const { diagnostics } = JSON.parse(text) as { diagnostics: readonly { message: string }[] };
    expect(diagnostics).toHaveLength(count);

    const good = await repo.commit({ "main.alloy": version("good") });
    expect((await reload(collector)).status).toBe(200);
    expect(await current(collector)).toBe(good);
    expect(await collector.end()).toBe(0);
  });

  test("refuses what is too large or leads outside, and what runs goes on", async () => {
    const first = await repo.commit({ "main.alloy": version("one") });
    const collector = await start();
    await repo.commit({ "main.alloy": Buffer.concat([Buffer.from("// "), Buffer.alloc(5 << 20, "x")]) });
    const large = await reload(collector);
    expect(large.status).toBe(400);
    expect(large.text).toMatch(/main\.alloy.*larger|limit|bytes/);
    expect(await rootStatus(collector)).toMatchObject({ revision: first, error: { kind: "limit" } });

    await repo.commit({ "main.alloy": { link: "../../../../etc/passwd" } });
    const outside = await reload(collector);
    expect(outside.status).toBe(400);
    expect(outside.text).toMatch(/link/);
    expect(await current(collector)).toBe(first);
    expect(await components(collector)).toEqual(["prometheus.echo.one"]);

    await repo.commit({ "main.alloy": { link: "conf/real.alloy" }, "conf/real.alloy": version("inside") });
    expect((await reload(collector)).status).toBe(200);
    expect(await components(collector)).toEqual(["prometheus.echo.inside"]);
    expect(await collector.end()).toBe(0);
  });

  test("refuses a repository that grows beyond what a download may bring", async () => {
    const modules = `import.git "m" {
  repository     = "${server.url}/cfg.git"
  path           = "m.alloy"
  pull_frequency = "200ms"
  basic_auth {
    username = "ann"
    password = "${PASSWORD}"
  }
  limits { transfer = "256KiB" }
}
m.echo "here" { }
`;
    const first = await repo.commit({
      "main.alloy": modules,
      "m.alloy": 'declare "echo" { prometheus.echo "one" { } }\n',
    });
    const collector = await start();
    const status = async (): Promise<Status> => (await statuses(collector))[1]!;
    await repo.commit({ "m.alloy": 'declare "echo" { prometheus.echo "two" { } }\n', "big.bin": randomBytes(1 << 20) });
    await until("the refusal", async () => (await status()).error?.kind === "limit");
    expect((await status()).revision).toBe(first);
    expect(await components(collector, "m.echo.here")).toEqual(["prometheus.echo.one"]);
    expect(await collector.end()).toBe(0);
  });
});

describe("import.git", () => {
  const main = (): string => `import.git "modules" {
  repository     = "${server.url}/cfg.git"
  path           = "modules.alloy"
  pull_frequency = "200ms"
  basic_auth {
    username = "ann"
    password = "${PASSWORD}"
  }
}
modules.part "here" { }
`;
  const part = (text: string): string => `declare "part" {\n${text}\n}\n`;

  test("follows its branch by itself: good commits become generations, bad ones are refused", async () => {
    const first = await repo.commit({ "main.alloy": main(), "modules.alloy": part('prometheus.echo "one" { }') });
    const collector = await start();
    const inside = (): Promise<readonly string[]> => components(collector, "modules.part.here");
    expect(await inside()).toEqual(["prometheus.echo.one"]);

    const second = await repo.commit({ "modules.alloy": part('prometheus.echo "two" { }') });
    await until("the second commit", async () => (await inside())[0] === "prometheus.echo.two");
    await healthy(collector, second);
    expect((await history(collector)).generations[0]).toMatchObject({ loader: "import.git.modules" });

    const bad = await repo.commit({ "modules.alloy": part('prometheus.nothing "three" { }') });
    await until("the refusal", async () =>
      (await history(collector)).generations.some((g) => g.revision.id === bad && g.verdict === "refused"),
    );
    expect(await inside()).toEqual(["prometheus.echo.two"]);
    expect((await collector.get("/-/ready")).status).toBe(200);

    const fourth = await repo.commit({ "modules.alloy": part('prometheus.echo "four" { }') });
    await healthy(collector, fourth);
    expect(await inside()).toEqual(["prometheus.echo.four"]);
    // The root's own source is looked at once a minute: nothing has moved it.
    expect(await current(collector)).toBe(first);
    expect(await collector.end()).toBe(0);
  });

  test("with its server down at the start runs the last good content, and says why", async () => {
    const first = await repo.commit({ "main.alloy": main(), "modules.alloy": part('prometheus.echo "one" { }') });
    const before = await start();
    await healthy(before, first);
    await until("the module to be kept", async () => {
      const kept = (await statuses(before)).length;
      return kept === 2 && before.lines.some((line) => line.includes("generation healthy"));
    });
    expect(await before.end()).toBe(0);
    await server.down();
    const collector = await start();
    expect(await components(collector, "modules.part.here")).toEqual(["prometheus.echo.one"]);
    const all = await statuses(collector);
    expect(all).toHaveLength(2);
    for (const status of all) expect(status).toMatchObject({ stale: true, error: { kind: "network" } });
    await server.up();
    await repo.commit({ "modules.alloy": part('prometheus.echo "two" { }') });
    await until(
      "the newest module",
      async () => (await components(collector, "modules.part.here"))[0] === "prometheus.echo.two",
      30_000,
    );
    expect(await collector.end()).toBe(0);
  });
});
