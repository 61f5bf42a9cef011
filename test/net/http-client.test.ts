import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer as createTcpServer, connect } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHttpClient, HttpError, type HttpClient } from "#src/net/http-client.ts";
import type { HttpClientArgs } from "#src/net/http-args.ts";
import { Secret } from "#src/value/secret.ts";
import { fakeClock, type FakeClock } from "#test/kit/clock.ts";
import { bodyOf, httpArgs, listen, serve } from "#test/kit/http.ts";

const cleanups: (() => unknown)[] = [];
let clock: FakeClock;
let folder: string;
beforeEach(() => {
  clock = fakeClock();
  folder = mkdtempSync(join(tmpdir(), "invar-http-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function client(args: Partial<HttpClientArgs> = {}): HttpClient {
  const made = createHttpClient(httpArgs(args), { userAgent: "invar/test", clock });
  cleanups.push(() => made.close());
  return made;
}
const server: typeof serve = async (...args) => {
  const started = await serve(...args);
  cleanups.push(() => started.close());
  return started;
};
const text = (body: Uint8Array): string => Buffer.from(body).toString();
async function failure(promise: Promise<unknown>): Promise<HttpError> {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpError)) throw error;
  return error;
}

describe("requests and bodies", () => {
  test("sends method, headers and body and gives status, headers and body", async () => {
    const s = await server((request, response) => {
      void bodyOf(request).then((body) => response.writeHead(201, { "x-a": "b" }).end(`got ${body.toString()}`));
    });
    const answer = await client().request({
      method: "POST",
      url: `${s.url}/p?q=1`,
      headers: { "x-own": "1" },
      body: "hi",
    });
    expect(answer.status).toBe(201);
    expect(answer.headers["x-a"]).toBe("b");
    expect(text(answer.body)).toBe("got hi");
    expect(s.requests[0]).toMatchObject({
      method: "POST",
      url: "/p?q=1",
      headers: { "x-own": "1", "user-agent": "invar/test" },
    });
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
  ] as const)("undoes %s", async (encoding, encode) => {
    const plain = "line\n".repeat(100_000);
    const s = await server((_q, response) => response.setHeader("content-encoding", encoding).end(encode(plain)));
    const answer = await client().request({ method: "GET", url: s.url });
    expect(text(answer.body) === plain).toBe(true);
  });

  test("a body is whole whatever size its server announces", async () => {
    const plain = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join(""));
    const members = Buffer.concat([gzipSync(plain), gzipSync("the end")]);
    const s = await server((request, response) => {
      if (request.url === "/members") response.setHeader("content-encoding", "gzip").end(members);
      else if (request.url === "/length") response.setHeader("content-length", plain.length).end(plain);
      else for (let at = 0; at <= plain.length; at += 7000) response.write(plain.subarray(at, at + 7000));
      response.end();
    });
    const get = async (path: string) => text((await client().request({ method: "GET", url: s.url + path })).body);
    expect(await get("/members")).toBe(`${plain.toString()}the end`);
    expect(await get("/length")).toBe(plain.toString());
    expect(await get("/chunks")).toBe(plain.toString());
  });

  test("a body over the limit is refused, also when it is small before decompression", async () => {
    const s = await server((request, response) => {
      if (request.url === "/bomb") response.setHeader("content-encoding", "gzip").end(gzipSync(Buffer.alloc(1 << 22)));
      else if (request.url === "/stream") {
        for (let i = 0; i < 64; i += 1) response.write("x".repeat(1024));
        response.end();
      } else response.end("x".repeat(20_000));
    });
    for (const path of ["/bomb", "/stream", "/"]) {
      const error = await failure(client().request({ method: "GET", url: s.url + path, maxBytes: 10_000 }));
      expect(error.kind).toBe("too-large");
    }
  });

  test("a hanging server ends in a timeout that names the URL without its secrets", async () => {
    const asked = Promise.withResolvers<void>();
    const s = await server(() => asked.resolve());
    const url = s.url.replace("//", "//u:hunter2@") + "/x?key=hunter2";
    const failed = failure(client().request({ method: "GET", url, timeout: 5000 }));
    await asked.promise;
    await clock.advance(5000);
    const error = await failed;
    expect(error.kind).toBe("timeout");
    expect(error.message).toBe(`GET http://u:xxxxx@127.0.0.1:${s.port}/x?…: no answer within 5s`);
  });

  test("an aborted request says so, and a refused connection gives its cause", async () => {
    const controller = new AbortController();
    const asked = Promise.withResolvers<void>();
    const s = await server(() => asked.resolve());
    const failed = failure(client().request({ method: "GET", url: s.url, signal: controller.signal }));
    await asked.promise;
    controller.abort();
    expect((await failed).kind).toBe("aborted");
    await s.close();
    const refused = await failure(client().request({ method: "GET", url: s.url }));
    expect(refused.kind).toBe("network");
    expect(refused.message).toContain("ECONNREFUSED");
  });

  test("a GET on a kept connection that the server has just closed is sent again", async () => {
    let count = 0;
    const s = await server((request, response) => {
      count += 1;
      if (count === 2) request.socket.destroy();
      else response.end("ok");
    });
    const c = client();
    for (let i = 0; i < 2; i += 1) expect((await c.request({ method: "GET", url: s.url })).status).toBe(200);
    expect(count).toBe(3);
  });
});

describe("credentials", () => {
  const header = async (args: Partial<HttpClientArgs>): Promise<string | undefined> => {
    const s = await server((_q, response) => response.end());
    await client(args).request({ method: "GET", url: s.url });
    return s.requests[0]!.headers.authorization;
  };
  const basic = `Basic ${Buffer.from("u:p").toString("base64")}`;

  test("each method makes its header", async () => {
    const password = new Secret("p");
    expect(await header({ bearer_token: new Secret("t") })).toBe("Bearer t");
    expect(await header({ basic_auth: { username: "u", password, password_file: undefined } })).toBe(basic);
    const credentials = new Secret("c");
    expect(await header({ authorization: { type: "Token", credentials, credentials_file: undefined } })).toBe(
      "Token c",
    );
    expect(await header({ authorization: { type: "", credentials, credentials_file: undefined } })).toBe("Bearer c");
  });

  test("credentials in the URL are sent as basic authentication", async () => {
    const s = await server((_q, response) => response.end());
    await client().request({ method: "GET", url: s.url.replace("//", "//u:p@") });
    expect(s.requests[0]!.headers.authorization).toBe(basic);
  });

  test("a token file is read again when it changes", async () => {
    const file = join(folder, "token");
    writeFileSync(file, "one\n");
    const s = await server((_q, response) => response.end());
    const c = client({ bearer_token_file: file });
    await c.request({ method: "GET", url: s.url });
    writeFileSync(file, "two\n");
    await clock.advance(1000);
    await c.request({ method: "GET", url: s.url });
    expect(s.requests.map((r) => r.headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
  });

  test("a refused token is looked up again at once, and sent only if it is another", async () => {
    const file = join(folder, "token");
    writeFileSync(file, "old");
    const s = await server((request, response) => {
      response.writeHead(request.headers.authorization === "Bearer new" ? 200 : 401).end();
    });
    const c = client({ bearer_token_file: file });
    expect((await c.request({ method: "POST", url: s.url, body: "x" })).status).toBe(401);
    expect(s.requests).toHaveLength(1);
    writeFileSync(file, "new");
    expect((await c.request({ method: "POST", url: s.url, body: "x" })).status).toBe(200);
  });

  test("a missing file is an error that says which", async () => {
    const error = await failure(
      client({ bearer_token_file: join(folder, "none") }).request({ method: "GET", url: "http://127.0.0.1:1/" }),
    );
    expect(error.kind).toBe("credentials");
    expect(error.message).toContain(join(folder, "none"));
  });

  test("custom headers are sent, several values too", async () => {
    const s = await server((_q, response) => response.end());
    await client({ http_headers: new Map([["X-Key", [new Secret("a"), new Secret("b")]]]) }).request({
      method: "GET",
      url: s.url,
    });
    expect(s.requests[0]!.headers["x-key"]).toBe("a, b");
  });
});

describe("oauth2", () => {
  const oauth2 = (url: string): Partial<HttpClientArgs> => ({
    oauth2: {
      ...httpArgs(),
      client_id: "id",
      client_secret: new Secret("se cret"),
      client_secret_file: undefined,
      scopes: ["a", "b"],
      token_url: new URL(`${url}/token`),
      endpoint_params: new Map([["audience", "x"]]),
    },
  });

  test("one token serves all requests until it runs out or is refused", async () => {
    let issued = 0;
    let accepted = 1;
    const forms: string[] = [];
    const s = await server((request, response) => {
      if (request.url !== "/token") {
        response.writeHead(request.headers.authorization === `Bearer t${accepted}` ? 200 : 401).end();
        return;
      }
      void bodyOf(request).then((body) => {
        forms.push(body.toString());
        issued += 1;
        response.end(JSON.stringify({ access_token: `t${issued}`, token_type: "bearer", expires_in: 100 }));
      });
    });
    const c = client(oauth2(s.url));
    const get = async () => (await c.request({ method: "GET", url: s.url })).status;
    expect(await Promise.all([get(), get(), get()])).toEqual([200, 200, 200]);
    expect(issued).toBe(1);
    expect(forms[0]).toBe("grant_type=client_credentials&scope=a+b&audience=x");
    expect(s.requests.find((r) => r.url === "/token")!.headers.authorization).toBe(
      `Basic ${Buffer.from("id:se%20cret").toString("base64")}`,
    );
    accepted = 2;
    expect(await get()).toBe(200);
    expect(issued).toBe(2);
    accepted = 3;
    await clock.advance(95_000);
    expect(await get()).toBe(200);
    expect(issued).toBe(3);
  });

  test("a server that wants the credentials in the form gets them there", async () => {
    const s = await server((request, response) => {
      void bodyOf(request).then((body) => {
        const inForm = new URLSearchParams(body.toString()).get("client_secret") === "se cret";
        if (request.url === "/token" && !inForm) response.writeHead(401).end();
        else response.end('{"access_token":"t"}');
      });
    });
    await client(oauth2(s.url)).request({ method: "GET", url: `${s.url}/data` });
    expect(s.requests.at(-1)!.headers.authorization).toBe("Bearer t");
  });

  test("a failing token server is named, the secret is not", async () => {
    const s = await server((_q, response) => response.writeHead(500).end());
    const error = await failure(client(oauth2(s.url)).request({ method: "GET", url: s.url }));
    expect(error.kind).toBe("credentials");
    expect(error.message).toContain(`fetching a token from ${s.url}/token: the server answered with status 500`);
    expect(JSON.stringify(error) + error.message).not.toContain("cret");
  });
});

describe("redirects", () => {
  test("go on with credentials on the same host and without any on another", async () => {
    const other = await server((_q, response) => response.end("other"));
    const s = await server((request, response) => {
      if (request.url === "/same") response.writeHead(307, { location: "/away" }).end();
      else response.writeHead(308, { location: `${other.url}/end` }).end();
    });
    const c = client({ bearer_token: new Secret("t"), http_headers: new Map([["x-key", [new Secret("k")]]]) });
    const headers = { "x-scope-orgid": "tenant", "content-type": "text/plain" };
    const answer = await c.request({ method: "PUT", url: `${s.url}/same`, headers, body: "b" });
    expect(text(answer.body)).toBe("other");
    expect(s.requests.map((r) => r.headers.authorization)).toEqual(["Bearer t", "Bearer t"]);
    expect(other.requests[0]).toMatchObject({ method: "PUT", headers: { "content-type": "text/plain" } });
    for (const name of ["authorization", "x-key", "x-scope-orgid"])
      expect(other.requests[0]!.headers).not.toHaveProperty(name);
  });

  test("303 becomes a GET; without follow_redirects the answer is given as it is", async () => {
    const s = await server((request, response) => {
      if (request.url === "/") response.writeHead(303, { location: "/got" }).end();
      else response.end();
    });
    expect((await client().request({ method: "POST", url: s.url, body: "x" })).status).toBe(200);
    expect(s.requests.map((r) => r.method)).toEqual(["POST", "GET"]);
    expect((await client({ follow_redirects: false }).request({ method: "GET", url: s.url })).status).toBe(303);
  });

  test("a loop ends, and other schemes are refused", async () => {
    const s = await server((request, response) => {
      response.writeHead(302, { location: request.url === "/file" ? "file:///etc/passwd" : "/" }).end();
    });
    expect(await failure(client().request({ method: "GET", url: s.url }))).toMatchObject({ kind: "redirect" });
    expect(s.requests).toHaveLength(11);
    const refused = await failure(client().request({ method: "GET", url: `${s.url}/file` }));
    expect(refused.message).toContain('scheme "file:"');
  });
});

describe("proxies", () => {
  test("a plain request is forwarded with the proxy's credentials, the server sees only its own headers", async () => {
    const target = await server((_q, response) => response.end("direct"));
    const p = await server((_q, response) => response.end("proxied"));
    const proxyUrl = new URL(p.url.replace("//", "//pu:pp@"));
    const c = client({ proxy_url: proxyUrl, proxy_connect_header: new Map([["x-tunnel", [new Secret("1")]]]) });
    expect(text((await c.request({ method: "GET", url: `${target.url}/path` })).body)).toBe("proxied");
    expect(p.requests[0]!.url).toBe(`${target.url}/path`);
    expect(p.requests[0]!.headers["proxy-authorization"]).toBe(`Basic ${Buffer.from("pu:pp").toString("base64")}`);
    expect(p.requests[0]!.headers).not.toHaveProperty("x-tunnel");
    const bypassed = client({ proxy_url: proxyUrl, no_proxy: "127.0.0.0/8" });
    expect(text((await bypassed.request({ method: "GET", url: target.url })).body)).toBe("direct");
  });

  test("a tunnel is asked for with the headers for the proxy", async () => {
    const seen: string[] = [];
    const proxy = createHttpServer();
    proxy.on("connect", (request, socket) => {
      seen.push(`${request.url} ${String(request.headers["x-tunnel"])}`);
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    const port = await listen(proxy);
    cleanups.push(() => new Promise((resolve) => proxy.close(resolve)));
    const c = client({
      proxy_url: new URL(`http://127.0.0.1:${port}`),
      proxy_connect_header: new Map([["X-Tunnel", [new Secret("1")]]]),
    });
    const error = await failure(c.request({ method: "GET", url: "https://target.example/" }));
    expect(seen).toEqual(["target.example:443 1"]);
    expect(error.message).toContain("502");
  });
});

describe("life", () => {
  test("new settings take effect with the next request, and closing leaves no socket", async () => {
    const s = await server((_q, response) => response.end());
    const relay = createTcpServer((socket) => {
      const out = connect(s.port, "127.0.0.1");
      socket.on("error", () => undefined);
      out.on("error", () => undefined);
      socket.pipe(out).pipe(socket);
    });
    const port = await listen(relay);
    const c = client({ bearer_token: new Secret("a") });
    await c.request({ method: "GET", url: `http://127.0.0.1:${port}/` });
    c.update(httpArgs({ bearer_token: new Secret("b") }));
    await c.request({ method: "GET", url: `http://127.0.0.1:${port}/` });
    expect(s.requests.map((r) => r.headers.authorization)).toEqual(["Bearer a", "Bearer b"]);
    await c.close();
    // A listener closes when its last connection has.
    expect(await new Promise((resolve) => relay.close(resolve))).toBeUndefined();
  });
});
