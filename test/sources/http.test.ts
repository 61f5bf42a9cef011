/** What `import.http` asks for, takes and refuses, against real servers; each attack has its own kind of error. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConfigSource } from "#src/source/define.ts";
import { Secret } from "#src/value/secret.ts";
import { bodyOf, httpArgs, listen, serve, type TestServer } from "#test/kit/http.ts";
import { canMakeCerts, makeCerts } from "#test/kit/certs.ts";
import { createServer as createTlsServer } from "node:https";
import { checkSource, fetchNew, names, openTestSource, textOf } from "#test/kit/source.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

const never = new AbortController().signal;
const closing: (() => unknown)[] = [];
let handler: Handler;
let server: TestServer;

beforeEach(async () => {
  server = await serve((request, response) => handler(request, response));
  closing.push(() => server.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(path: string, args: Readonly<Record<string, unknown>> = {}): Promise<ConfigSource> {
  const url = path.startsWith("/") ? `${server.url}${path}` : path;
  const source = await openTestSource("http", { url, ...args }, "/nonexistent");
  closing.push(() => source.close?.());
  return source;
}

async function failure(source: ConfigSource): Promise<Error> {
  return source.fetch(undefined, never).then(
    () => expect.fail("it was accepted"),
    (error: unknown) => error as Error,
  );
}

describe("what is asked", () => {
  test("the request is as the arguments say, and the answer is taken without white space around it", async () => {
    let body = "";
    handler = async (request, response) => {
      body = (await bodyOf(request)).toString();
      response.end("\n\n  // x\n ");
    };
    const headers = new Map([
      ["X-Site", "a"],
      ["Host", "other"],
      ["User-Agent", "mine"],
    ]);
    const bundle = await fetchNew(await open("/a/b%20c.alloy?q=1", { method: "POST", headers, body: "ask" }));
    expect(names(bundle)).toEqual(["b c.alloy"]);
    expect(textOf(bundle, "b c.alloy")).toBe("// x");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", url: "/a/b%20c.alloy?q=1" });
    expect(request!.headers).toMatchObject({ "x-site": "a", "user-agent": "mine" });
    expect(request!.headers.host).toMatch(/^127\.0\.0\.1:/);
    expect(body).toBe("ask");
  });

  test.each(["/", "/a/", "/..%2fetc", "/%2e%2e%5c", "/a%00b", "/a%0ab"])("%s gives a plain file name", async (path) => {
    handler = (_, response) => response.end("// x");
    expect(names(await fetchNew(await open(path)))).toEqual(["config.alloy"]);
  });

  test("credentials in the URL are sent, win over those of the client, and are never shown", async () => {
    handler = (request, response) =>
      request.headers.authorization === `Basic ${btoa("ann:p@ss")}`
        ? response.end("// x")
        : response.writeHead(401).end();
    const { url } = server;
    const client = httpArgs({ bearer_token: new Secret("t0ken") });
    const good = await open(url.replace("//", "//ann:p%40ss@") + "/m?key=k3y", { client });
    await fetchNew(good);
    const bad = await open(url.replace("//", "//t0psecret@") + "/m?key=k3y");
    const error = await failure(bad);
    expect(error).toMatchObject({ kind: "auth" });
    for (const text of [good.name, bad.name, error.message])
      expect(text).not.toMatch(/p%40ss|p@ss|t0psecret|k3y|t0ken/);
  });

  test("a Last-Modified is asked with once it has settled; one of this minute is not relied on", async () => {
    const now = Date.parse("2026-01-02T03:04:05Z");
    let age = 10_000;
    handler = (request, response) => {
      const old = request.headers["if-modified-since"] !== undefined;
      const date = new Date(now).toUTCString();
      response.writeHead(old ? 304 : 200, { date, "last-modified": new Date(now - age).toUTCString() });
      response.end(old ? undefined : `// ${age}`);
    };
    const source = await open("/m.alloy");
    const fresh = await fetchNew(source);
    expect(fresh.revision.at.getTime()).toBe(now - age);
    expect(await source.fetch(fresh.revision, never)).toBe("unchanged");
    expect(server.requests[1]!.headers["if-modified-since"]).toBeUndefined();
    age = 100_000;
    const settled = await fetchNew(source, fresh.revision);
    expect(await (await open("/m.alloy")).fetch(settled.revision, never)).toBe("unchanged");
    expect(server.requests[3]!.headers["if-modified-since"]).toBe(settled.revision.id);
  });

  test("a new ETag of the same content is no change, and is asked with from then on", async () => {
    let etag = '"one"';
    handler = (request, response) => {
      if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
      response.writeHead(200, { etag }).end("// x");
    };
    const source = await open("/m.alloy");
    const { revision } = await fetchNew(source);
    expect(revision.id).toBe('"one"');
    etag = 'W/"two"';
    expect(await source.fetch(revision, never)).toBe("unchanged");
    expect(await source.fetch(revision, never)).toBe("unchanged");
    expect(server.requests[2]!.headers["if-none-match"]).toBe(etag);
  });
});

describe("what is refused", () => {
  const answer =
    (status: number, body: string | Buffer = "", headers: Record<string, string> = {}): Handler =>
    (_, response) =>
      void response.writeHead(status, headers).end(body);

  test.each<[string, Handler, string, RegExp]>([
    ["401", answer(401), "auth", /answers 401/],
    ["403", answer(403), "auth", /answers 403/],
    ["404", answer(404), "not-found", /answers 404/],
    ["429", answer(429), "network", /answers 429/],
    ["503", answer(503), "network", /answers 503/],
    ["204", answer(204), "content", /only 200/],
    ["206", answer(206, "// x"), "content", /only 200/],
    ["304 that was not asked for", answer(304), "content", /answers 304/],
    ["an error page with status 200", answer(200, " <!DOCTYPE html><title>Sign in</title>"), "content", /HTML/],
    ["an error page without a doctype", answer(200, "<HTML><body>oops"), "content", /HTML/],
    ["nothing at all", answer(200, " \n"), "content", /empty/],
    ["what is not text", answer(200, Buffer.from([0xff, 0xfe, 0])), "content", /UTF-8/],
    ["a body beyond the limit", answer(200, "x".repeat((4 << 20) + 1)), "limit", /4194304/],
    [
      "a small body that grows beyond the limit",
      answer(200, gzipSync(Buffer.alloc(64 << 20, "x")), { "content-encoding": "gzip" }),
      "limit",
      /decompressed/,
    ],
    ["a broken compression", answer(200, "nope", { "content-encoding": "gzip" }), "network", /decompressing/],
    ["a circle of redirects", answer(302, "", { location: "/m.alloy" }), "content", /redirects/],
    ["a redirect to a file", answer(302, "", { location: "file:///etc/passwd" }), "content", /scheme "file:"/],
  ])("%s", async (_, given, kind, message) => {
    handler = given;
    const error = await failure(await open("/m.alloy"));
    expect(error).toMatchObject({ name: "SourceError", kind });
    expect(error.message).toMatch(message);
  });

  test("a body that never ends is cut off at the limit", async () => {
    handler = (_, response) => {
      const chunk = "x".repeat(1 << 20);
      const more = (): void => void (response.destroyed || response.write(chunk, more));
      more();
    };
    expect(await failure(await open("/m.alloy"))).toMatchObject({ kind: "limit" });
  });

  test("an answer that stalls ends with poll_timeout", async () => {
    handler = (_, response) => void response.writeHead(200).write("// be");
    const error = await failure(await open("/m.alloy", { poll_timeout: 100 }));
    expect(error).toMatchObject({ kind: "network", message: /no answer within 0\.1s/ });
  });

  test("a length that promises more than comes, or too much", async () => {
    for (const [length, kind] of [
      [100, "network"],
      [2 ** 40, "limit"],
    ] as const) {
      const sockets = new Set<Socket>();
      const liar = createTcpServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => undefined);
        socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n// x`));
      });
      const port = await listen(liar);
      closing.push(() => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => liar.close(resolve));
      });
      expect(await failure(await open(`http://127.0.0.1:${port}/m.alloy`))).toMatchObject({ kind });
    }
  });

  test("a redirect to another host takes no credentials and no own headers along", async () => {
    const other = await serve(
      (_, response) => void response.end("// x"),
      (listener) => createServer(listener),
    );
    closing.push(() => other.close());
    handler = (_, response) => void response.writeHead(302, { location: `${other.url}/m.alloy` }).end();
    const client = httpArgs({ http_headers: new Map([["X-Key", [new Secret("k3y")]]]) });
    const headers = new Map([["x-token", "t0ken"]]);
    await fetchNew(await open(server.url.replace("//", "//ann:s3cret@") + "/m.alloy", { client, headers }));
    expect(server.requests[0]!.headers).toMatchObject({ "x-key": "k3y", "x-token": "t0ken" });
    expect(server.requests[0]!.headers.authorization).toBeDefined();
    expect(Object.keys(other.requests[0]!.headers)).not.toContain("authorization");
    expect(JSON.stringify(other.requests[0]!.headers)).not.toMatch(/k3y|t0ken|s3cret/);
  });

  test.skipIf(!canMakeCerts)("a certificate that nobody vouches for", async () => {
    const certs = makeCerts();
    closing.push(() => certs.dispose());
    const tls = await serve(
      (_, response) => void response.end("// x"),
      (listener) => createTlsServer(certs.sign("server", "IP:127.0.0.1"), listener),
      "https",
    );
    closing.push(() => tls.close());
    expect(await failure(await open(`${tls.url}/m.alloy`))).toMatchObject({ kind: "verification" });
  });

  test("arguments that mean nothing are named", async () => {
    const url = "https://h/m.alloy";
    expect(await checkSource("http", { url })).toEqual([]);
    expect(await checkSource("http", { url, poll_frequency: 5_000 })).toEqual([]);
    const problems = async (args: object): Promise<string> => (await checkSource("http", { url, ...args })).join();
    expect(await problems({ url: "m.alloy" })).toMatch(/^url: .*absolute/);
    expect(await problems({ url: "ftp://h/m" })).toMatch(/^url: .*https:/);
    expect(await problems({ url: "https://%zz@h/m" })).toMatch(/^url: .*percent/);
    expect(await problems({ method: "A B" })).toMatch(/^method: /);
    expect(await problems({ headers: new Map([["a b", "c"]]) })).toMatch(/^headers: /);
    expect(await problems({ headers: new Map([["a", "c\r\nd: e"]]) })).toMatch(/^headers: .*cannot be sent/);
    expect(await problems({ poll_frequency: 0 })).toMatch(/^poll_frequency: /);
    expect(await problems({ poll_timeout: 0 })).toMatch(/^poll_timeout: /);
    const both = httpArgs({ bearer_token: new Secret("a"), bearer_token_file: "b" });
    expect(await problems({ client: both })).toMatch(/^client\.bearer_token_file: at most one/);
  });
});
