/** One suite for all sources: what `ConfigSource` promises, each kept against the real thing. */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readEntry } from "#src/source/bundle.ts";
import type { Bundle, ConfigSource } from "#src/source/define.ts";
import { Secret } from "#src/value/secret.ts";
import { canMakeCerts, makeCerts } from "#test/kit/certs.ts";
import { serveGit } from "#test/kit/git-http.ts";
import { createRepo } from "#test/kit/git-repo.ts";
import { httpArgs, serve, tlsArgs } from "#test/kit/http.ts";
import { fetchNew as fetched, openTestSource } from "#test/kit/source.ts";
import { canServeSsh, serveSsh } from "#test/kit/sshd.ts";

/** A place where configuration is published, and the source that reads it. */
interface Origin {
  readonly source: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Where the entry's files are in a bundle. */
  readonly prefix: string;
  /** What revisions are called; a digest or commit if not given. */
  readonly id?: RegExp;
  publish(files: Readonly<Record<string, string | null>>): Promise<void>;
  /** Takes everything away. */
  vanish(): Promise<void>;
  close?(): Promise<void>;
}

async function fileOrigin(folder: string, entry: string): Promise<Origin> {
  const root = join(folder, "config");
  await mkdir(root);
  return {
    source: "file",
    args: { filename: join(root, entry) },
    prefix: "",
    async publish(files) {
      for (const [name, text] of Object.entries(files)) {
        const path = join(root, name);
        await mkdir(dirname(path), { recursive: true });
        await (text === null ? rm(path) : writeFile(path, text));
      }
    },
    vanish: () => rm(root, { recursive: true }),
  };
}

async function gitOrigin(folder: string, args: (root: string) => Record<string, unknown>): Promise<Origin> {
  const repo = await createRepo(join(folder, "srv", "cfg.git"));
  return {
    source: "git",
    args: { path: "app", ...args(join(folder, "srv")) },
    prefix: "app/",
    async publish(files) {
      const moved = Object.entries(files).map(([name, text]) => [`app/${name}`, text] as const);
      await repo.commit(Object.fromEntries(moved));
    },
    vanish: () => rm(repo.path, { recursive: true }),
  };
}

async function httpOrigin(secure: boolean): Promise<Origin> {
  const served = new Map<string, string>();
  const authorization = `Basic ${Buffer.from("ann:s3cret").toString("base64")}`;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const text = served.get(request.url ?? "");
    if (request.headers.authorization !== authorization) return void response.writeHead(401).end();
    if (text === undefined) return void response.writeHead(404).end("nothing here");
    const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 20)}"`;
    const headers = { etag, "last-modified": modified };
    if (request.headers["if-none-match"] === etag) response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end(text);
  };
  const modified = new Date().toUTCString();
  const certs = secure ? makeCerts() : undefined;
  const server =
    certs === undefined
      ? await serve(listener)
      : await serve(listener, (of) => createServer(certs.sign("server", "IP:127.0.0.1"), of), "https");
  const tls_config = certs === undefined ? undefined : tlsArgs({ ca_pem: certs.ca });
  const basic_auth = { username: "ann", password: new Secret("s3cret"), password_file: undefined };
  return {
    source: "http",
    args: { url: `${server.url}/main.alloy`, client: httpArgs({ basic_auth, tls_config }) },
    prefix: "",
    id: /^"[0-9a-f]{20}"$/,
    async publish(files) {
      for (const [name, text] of Object.entries(files)) {
        if (text === null) served.delete(`/${name}`);
        else served.set(`/${name}`, text);
      }
    },
    vanish: async () => served.clear(),
    async close() {
      await server.close();
      certs?.dispose();
    },
  };
}

const origins: Record<string, (folder: string) => Promise<Origin>> = {
  "file (one)": (folder) => fileOrigin(folder, "main.alloy"),
  "file (folder)": (folder) => fileOrigin(folder, ""),
  "git (local)": (folder) => gitOrigin(folder, (root) => ({ repository: join(root, "cfg.git") })),
  "git (http)": async (folder) => {
    const server = await serveGit(join(folder, "srv"));
    server.authorization = `Basic ${Buffer.from("ann:s3cret").toString("base64")}`;
    const basic_auth = { username: "ann", password: new Secret("s3cret") };
    const origin = await gitOrigin(folder, () => ({ repository: `${server.url}/cfg.git`, basic_auth }));
    return { ...origin, close: () => server.close() };
  },
  "git (ssh)": async (folder) => {
    const server = await serveSsh(join(folder, "ssh"));
    const origin = await gitOrigin(folder, (root) => ({
      repository: `ssh://127.0.0.1:${server.port}${root}/cfg.git`,
      ssh_key: {
        username: server.user,
        key: new Secret(server.key),
        key_file: "",
        passphrase: undefined,
        known_hosts_file: server.knownHosts,
      },
    }));
    return { ...origin, close: () => server.close() };
  },
  http: () => httpOrigin(false),
  https: () => httpOrigin(true),
};

const skipped = new Set(canServeSsh || process.env["CI"] === "true" ? [] : ["git (ssh)"]);
if (!canMakeCerts) skipped.add("https");
for (const name of skipped) console.warn(`SKIPPED: sources ${name}: openssh-server or openssl is not installed`);

const handles = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => /TCPSOCKET|FSEVENT|PROCESS|FILEHANDLE/i.test(name));

describe.each(Object.keys(origins).filter((name) => !skipped.has(name)))("%s", (name) => {
  const never = new AbortController().signal;
  let folder: string;
  let origin: Origin;
  let sources: ConfigSource[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "invar-sources-"));
    origin = await origins[name]!(folder);
    await origin.publish({ "main.alloy": "// one\n" });
  });
  afterEach(async () => {
    await Promise.all(sources.map(async (source) => source.close?.()));
    sources = [];
    await origin.close?.();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(): Promise<ConfigSource> {
    const source = await openTestSource(origin.source, origin.args, join(folder, "data"));
    sources.push(source);
    return source;
  }

  const text = (bundle: Bundle): string | undefined => {
    const file = readEntry(bundle)?.find((one) => one.path === `${origin.prefix}main.alloy`);
    return file && `${Buffer.from(file.content).toString().trim()}\n`;
  };

  test("the first fetch gives the files and a revision", async () => {
    const bundle = await fetched(await open());
    expect(text(bundle)).toBe("// one\n");
    expect(bundle.revision.id).toMatch(origin.id ?? /^[0-9a-f]{16,}$/);
    expect(bundle.revision.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(Math.abs(bundle.revision.at.getTime() - Date.now())).toBeLessThan(600_000);
  });

  test("what is known and unchanged is not given again, also to a source that was just opened", async () => {
    const source = await open();
    const { revision } = await fetched(source);
    expect(await source.fetch(revision, never)).toBe("unchanged");
    expect(await (await open()).fetch(revision, never)).toBe("unchanged");
  });

  test("a change is a new bundle, and going back gives the old digest again", async () => {
    const source = await open();
    const first = await fetched(source);
    await origin.publish({ "main.alloy": "// two\n" });
    const second = await fetched(source, first.revision);
    expect(text(second)).toBe("// two\n");
    expect(second.revision.digest).not.toBe(first.revision.digest);
    await origin.publish({ "main.alloy": "// one\n" });
    const third = await fetched(source, second.revision);
    expect(third.revision.digest).toBe(first.revision.digest);
    expect((await fetched(await open())).revision).toEqual(third.revision);
  });

  test("an abort is obeyed before and while fetching", async () => {
    const source = await open();
    const reason = new Error("enough");
    await expect(source.fetch(undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const fetching = source.fetch(undefined, abort.signal);
    abort.abort(reason);
    await expect(fetching.catch((error: unknown) => error)).resolves.toBe(reason);
    expect(text(await fetched(source))).toBe("// one\n");
  });

  test("what is gone is an error of kind not-found that names the source, and comes back", async () => {
    const source = await open();
    const { revision } = await fetched(source);
    await origin.vanish();
    const error = await source.fetch(revision, never).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: "SourceError", kind: "not-found" });
    expect((error as Error).message).not.toContain("s3cret");
    expect((error as Error).message.length).toBeGreaterThan(20);
  });

  test("a file beyond the limit is an error of kind limit, and what is known stays valid", async () => {
    const source = await open();
    const { revision } = await fetched(source);
    await origin.publish({ "main.alloy": `// ${"x".repeat(5 << 20)}\n` });
    await expect(source.fetch(revision, never)).rejects.toMatchObject({ kind: "limit", message: /main\.alloy/ });
    await origin.publish({ "main.alloy": "// one\n" });
    const after = await source.fetch(revision, never);
    expect(after === "unchanged" ? revision.digest : after.revision.digest).toBe(revision.digest);
  });

  test("names carry no credentials", async () => {
    const { name } = await open();
    expect(name).not.toBe("");
    expect(name).not.toMatch(/s3cret|PRIVATE KEY/);
  });

  test("a watch hints at changes until it is aborted", async () => {
    const source = await open();
    if (source.watch === undefined) return;
    const abort = new AbortController();
    let hints = 0;
    const watching = source.watch(() => hints++, abort.signal);
    await vi.waitFor(() => expect(hints).toBeGreaterThan(0), { timeout: 5_000 });
    const before = hints;
    await origin.publish({ "main.alloy": "// two\n" });
    await vi.waitFor(() => expect(hints).toBeGreaterThan(before), { timeout: 5_000 });
    abort.abort();
    await watching;
  });

  test("close lets go of everything", async () => {
    const before = handles().length;
    const source = await open();
    await fetched(source);
    await source.close?.();
    await vi.waitFor(() => expect(handles().length).toBeLessThanOrEqual(before), { timeout: 5_000 });
  });
});
