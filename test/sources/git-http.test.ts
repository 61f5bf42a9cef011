/** Repositories behind a real git server, and what servers and networks do to them. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConfigSource } from "#src/source/define.ts";
import { openSource } from "#src/source/open.ts";
import { openRevisionStore } from "#src/source/store.ts";
import { findSource } from "#src/source/catalog.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import { silentLogger } from "#src/util/log.ts";
import { Secret } from "#src/value/secret.ts";
import { fakeClock } from "#test/kit/clock.ts";
import { serveGit, type GitHttpServer } from "#test/kit/git-http.ts";
import { createRepo, type TestRepo } from "#test/kit/git-repo.ts";
import { fetchNew, names, openTestSource, textOf } from "#test/kit/source.ts";

const signal = new AbortController().signal;
let folder: string;
let server: GitHttpServer;
let repo: TestRepo;
let opened: ConfigSource[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-git-http-"));
  repo = await createRepo(join(folder, "srv", "cfg.git"));
  server = await serveGit(join(folder, "srv"));
  await repo.commit({ "main.alloy": "1" });
});
afterEach(async () => {
  await Promise.all(opened.map(async (source) => source.close?.()));
  opened = [];
  await server.close();
  await rm(folder, { recursive: true });
});

async function open(args: Readonly<Record<string, unknown>> = {}): Promise<ConfigSource> {
  const all = { repository: `${server.url}/cfg.git`, path: "main.alloy", ...args };
  const source = await openTestSource("git", all, join(folder, "data"));
  opened.push(source);
  return source;
}

const posts = (): number => server.requests.filter(({ method }) => method === "POST").length;
const text = async (source: ConfigSource) => textOf(await fetchNew(source), "main.alloy");

/** Bytes of all packs in all clones. */
async function packs(): Promise<readonly string[]> {
  const found = await readdir(join(folder, "data"), { recursive: true });
  return found.filter((name) => name.endsWith(".pack"));
}

test("an unchanged repository costs a list of refs, and a new commit only what is new", async () => {
  await repo.commit({ "big.bin": randomBytes(300_000), "main.alloy": "1" });
  let bytes = 0;
  server.intercept = (request, response) => {
    const write = response.write.bind(response) as (chunk: Buffer) => boolean;
    if (request.headers["git-protocol"] === undefined && request.method === "POST") {
      response.write = ((chunk: Buffer) => ((bytes += chunk.length), write(chunk))) as typeof response.write;
    }
    return false;
  };
  const source = await open();
  const first = await fetchNew(source);
  expect(bytes).toBeGreaterThan(300_000);
  bytes = 0;
  const before = posts();
  expect(await source.fetch(first.revision, signal)).toBe("unchanged");
  expect(posts() - before).toBeLessThanOrEqual(2);
  expect(bytes).toBe(0);
  for (const version of ["2", "3"]) {
    await repo.commit({ "main.alloy": version });
    expect(await text(source)).toBe(version);
  }
  expect(bytes).toBeLessThan(5_000);
});

test("revisions of all kinds are found over the wire", async () => {
  const first = await repo.git("rev-parse", "HEAD");
  await repo.git("tag", "-a", "v1.0.0", "-m", "note");
  await repo.git("branch", "side");
  const second = await repo.commit({ "main.alloy": "2" });
  await repo.git("tag", "v1.1.0");
  await repo.commit({ "main.alloy": "3" });
  const expected: Record<string, string> = {
    "v1.0.0": "1",
    "~1.0": "1",
    "^1": "2",
    side: "1",
    main: "3",
    "": "3",
    [first]: "1",
    [second]: "2",
    [second.slice(0, 9)]: "2",
  };
  for (const [revision, version] of Object.entries(expected))
    expect(await text(await open({ revision })), revision).toBe(version);
  await expect(text(await open({ revision: "f".repeat(40) }))).rejects.toMatchObject({ kind: "not-found" });
  await expect(text(await open({ revision: "fffffff" }))).rejects.toMatchObject({ kind: "not-found" });
});

test("a history that was rewritten is followed, and the clone holds nothing of the old one", async () => {
  const source = await open();
  await fetchNew(source);
  await repo.commit({ "main.alloy": "2" });
  await fetchNew(source);
  await repo.git("checkout", "--quiet", "--orphan", "fresh");
  await repo.commit({ "main.alloy": "rewritten" });
  await repo.git("branch", "-M", "main");
  expect(await text(source)).toBe("rewritten");
  expect(await packs()).toHaveLength(1);
});

test("many downloads are put together into one by beginning anew", async () => {
  const source = await open();
  await fetchNew(source);
  for (let count = 0; count < 41; count++) {
    await repo.commit({ "main.alloy": `v${count}` });
    expect(await text(source)).toBe(`v${count}`);
  }
  expect((await packs()).length).toBeLessThan(10);
});

test("a deleted branch is an error of kind not-found", async () => {
  await repo.git("branch", "live");
  const source = await open({ revision: "live" });
  const { revision } = await fetchNew(source);
  await repo.git("branch", "-D", "live");
  await expect(source.fetch(revision, signal)).rejects.toMatchObject({ kind: "not-found", message: /branch "live"/ });
  await expect(fetchNew(await open({ revision: "live" }))).rejects.toMatchObject({ kind: "not-found" });
});

test("a download that is cut is an error of kind network, and the next one heals it", async () => {
  await repo.commit({ "big.bin": randomBytes(200_000), "main.alloy": "2" });
  for (const cut of [0, 20, 700, 100_000]) {
    server.cutAfter = cut;
    await expect(fetchNew(await open()), `cut after ${cut}`).rejects.toMatchObject({ kind: "network" });
  }
  server.cutAfter = undefined;
  const source = await open();
  expect(await text(source)).toBe("2");
  await repo.commit({ "other.bin": randomBytes(200_000), "main.alloy": "3" });
  server.cutAfter = 100_000;
  await expect(fetchNew(source)).rejects.toMatchObject({ kind: "network" });
  server.cutAfter = undefined;
  expect(await text(source)).toBe("3");
});

test("a clone that was damaged on disk is made anew", async () => {
  await fetchNew(await open());
  for (const pack of await packs()) await writeFile(join(folder, "data", pack), "garbage");
  await repo.commit({ "main.alloy": "2" });
  expect(await text(await open())).toBe("2");
});

test("credentials are sent, wanted and refused with clear errors that do not show them", async () => {
  server.authorization = `Basic ${Buffer.from("ann:s3cret").toString("base64")}`;
  const basic = (password: string) => ({ basic_auth: { username: "ann", password: new Secret(password) } });
  const source = await open(basic("s3cret"));
  expect(await text(source)).toBe("1");
  expect(await text(await open({ repository: `${server.url.replace("//", "//ann:s3cret@")}/cfg.git` }))).toBe("1");
  await expect(text(await open())).rejects.toMatchObject({ kind: "auth", message: /none are configured/ });
  const wrong = await fetchNew(await open(basic("hunter2"))).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ kind: "auth", message: expect.not.stringContaining("hunter2") as string });
  server.authorization = "Bearer tok";
  expect(await text(await open({ bearer_token: new Secret("tok") }))).toBe("1");
  await expect(source.fetch(undefined, signal)).rejects.toMatchObject({ kind: "auth" });
});

test("credentials do not follow a redirect to another host, and follow one on the same", async () => {
  const other = await serveGit(join(folder, "srv"));
  const to = (base: string) => {
    server.intercept = (request, response) => {
      if (request.url!.startsWith("/moved/")) {
        response.writeHead(307, { location: base + request.url!.replace("/moved/", "/") }).end();
        return true;
      }
      return false;
    };
  };
  const args = { repository: `${server.url}/moved/cfg.git`, bearer_token: new Secret("tok") };
  server.authorization = "Bearer tok";
  to("");
  expect(await text(await open(args))).toBe("1");
  to(other.url);
  await repo.commit({ "main.alloy": "2" });
  expect(await text(await open(args))).toBe("2");
  expect(other.requests.length).toBeGreaterThan(0);
  expect(other.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  other.authorization = "Bearer tok";
  await repo.commit({ "main.alloy": "3" });
  await expect(text(await open(args))).rejects.toMatchObject({ kind: "auth", message: /another host/ });
  await other.close();
});

test("redirects are bounded, and lead to http and https only", async () => {
  const redirect = (location: (url: string) => string) => {
    server.intercept = (request, response) => (
      response.writeHead(302, { location: location(request.url!) }).end(),
      true
    );
  };
  redirect((url) => url);
  await expect(fetchNew(await open())).rejects.toMatchObject({ kind: "network", message: /more than 5 redirects/ });
  redirect(() => "file:///etc/passwd");
  await expect(fetchNew(await open())).rejects.toMatchObject({ kind: "network", message: /refused/ });
});

test.each([
  [500, "network"],
  [503, "network"],
  [429, "network"],
  [403, "auth"],
  [404, "not-found"],
])("status %i is an error of kind %s", async (status, kind) => {
  server.intercept = (_, response) => (response.writeHead(status).end("<h1>no</h1>"), true);
  await expect(fetchNew(await open())).rejects.toMatchObject({
    kind,
    message: expect.stringContaining(String(status)) as string,
  });
});

test("what answers without being a git server says so", async () => {
  server.intercept = (_, response) => (
    response.writeHead(200, { "content-type": "text/html" }).end("<h1>Sign in</h1>"),
    true
  );
  await expect(fetchNew(await open())).rejects.toMatchObject({ kind: "not-found", message: /not a git server/ });
});

test("a server that hangs is left at once when the fetch is aborted", async () => {
  let asked = (): void => {};
  const wasAsked = new Promise<void>((resolve) => (asked = resolve));
  server.intercept = () => (asked(), true);
  const abort = new AbortController();
  const fetching = (await open()).fetch(undefined, abort.signal);
  fetching.catch(() => {});
  await wasAsked;
  abort.abort(new Error("enough"));
  await expect(fetching).rejects.toThrow("enough");
});

test("a download is bounded in bytes, also when little becomes much", async () => {
  const limits = { transfer: 100_000, entries: 1000, files: 1000, file_size: 1 << 20 };
  await repo.commit({ "big.bin": randomBytes(200_000) });
  await expect(fetchNew(await open({ limits }))).rejects.toMatchObject({ kind: "limit", message: /100000 bytes/ });
  await repo.git("checkout", "--quiet", "--orphan", "bomb");
  await repo.commit({ "big.bin": Buffer.alloc(200 << 20) });
  await expect(fetchNew(await open({ revision: "bomb" }))).rejects.toMatchObject({
    kind: "limit",
    message: /object of/,
  });
});

test("imports of one repository share a clone, each with its own path and branch", async () => {
  await repo.git("branch", "side");
  await repo.commit({ "main.alloy": "2", "lib/a.alloy": "a" });
  const bundles = await Promise.all([
    open().then((source) => fetchNew(source)),
    open({ path: "lib" }).then((source) => fetchNew(source)),
    open({ revision: "side" }).then((source) => fetchNew(source)),
  ]);
  expect(bundles.map(({ entry }) => entry)).toEqual(["main.alloy", "lib", "main.alloy"]);
  expect(names(bundles[1])).toEqual(["lib/a.alloy", "main.alloy"]);
  expect(textOf(bundles[2], "main.alloy")).toBe("1");
  expect(await readdir(join(folder, "data"))).toHaveLength(1);
  expect(await packs()).toHaveLength(2);
});

test("a push while a commit is downloaded gives one of the two, never half of each", async () => {
  const source = await open();
  const { revision } = await fetchNew(source);
  await repo.commit({ "main.alloy": "2", "lib/a.alloy": "2" });
  let pushed: Promise<string> | undefined;
  server.intercept = (request) => {
    const look = request.headers["git-protocol"] !== undefined;
    if (look || pushed !== undefined) return false;
    pushed = repo.commit({ "main.alloy": "3", "lib/a.alloy": "3" });
    return false;
  };
  const bundle = await fetchNew(source, revision);
  expect([textOf(bundle, "main.alloy"), textOf(bundle, "lib/a.alloy")]).toEqual(
    bundle.revision.id === (await pushed) ? ["3", "3"] : ["2", "2"],
  );
  await fetchNew(source, revision);
  expect(await text(source)).toBe("3");
});

test("an empty repository says so", async () => {
  await createRepo(join(folder, "srv", "empty.git"));
  const repository = `${server.url}/empty.git`;
  await expect(fetchNew(await open({ repository }))).rejects.toMatchObject({ kind: "not-found", message: /empty/ });
});

test("a restart without the server begins with the last good commit, and follows when the server is back", async () => {
  const def = (await findSource("git"))!;
  const args = { ...defaultsOf(def.args), repository: `${server.url}/cfg.git`, path: "main.alloy" };
  const clock = fakeClock();
  const store = openRevisionStore(join(folder, "revisions"));
  const start = () => openSource(def, args, { clock, log: silentLogger, dataDir: join(folder, "data"), store });

  const before = await start();
  await before.applied(before.current);
  await before.close();
  await server.down();
  await rm(join(folder, "data"), { recursive: true });

  const after = await start();
  expect(textOf(after.current, "main.alloy")).toBe("1");
  expect(after.status()).toMatchObject({ stale: true, error: { kind: "network" } });
  await server.up();
  const commit = await repo.commit({ "main.alloy": "2" });
  await after.refresh();
  expect(after.status()).toMatchObject({ stale: false, error: undefined, revision: commit });
  await after.close();
});
