import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { defaultsOf } from "#src/schema/defaults.ts";
import { httpArgs, type AuthArgs, type HttpArgs, type ServerTlsArgs } from "#src/service/http-args.ts";
import { createHttpService, type HttpService } from "#src/service/http.ts";
import { createLiveDebugging } from "#src/service/live.ts";
import type { GenerationRecord, Outcome } from "#src/runtime/types.ts";
import { createMetricStore } from "#src/util/metric-store.ts";
import { silentLogger } from "#src/util/log.ts";
import { Secret } from "#src/value/secret.ts";
import { canMakeCerts, makeCerts, type Certs } from "#test/kit/certs.ts";
import { fakeClock } from "#test/kit/clock.ts";
import { fakeEngine, fakeNode, generation, revision } from "#test/kit/fake-engine.ts";

let running: HttpService[] = [];
afterEach(async () => {
  await Promise.all(running.map((service) => service.close()));
  running = [];
});

async function serve(prefix = "/") {
  const engine = fakeEngine();
  const metrics = createMetricStore();
  const clock = fakeClock();
  const live = createLiveDebugging(() => engine, clock);
  const reloads: { outcome: Outcome | Error } = { outcome: { ok: true, generation, steps: [] } };
  const service = createHttpService({
    listenAddress: "127.0.0.1:0",
    uiPathPrefix: prefix,
    engine,
    metrics,
    log: silentLogger,
    clock,
    live,
    nodeName: "host",
    reload: () =>
      reloads.outcome instanceof Error ? Promise.reject(reloads.outcome) : Promise.resolve(reloads.outcome),
    sources: () => [
      {
        node: "import.git.x",
        name: "git+https://example.com/x",
        revision: "abc",
        digest: "sha256:1",
        fetchedAt: 0,
        stale: false,
        error: { kind: "network", message: "no route", at: 1000 },
        nextAttemptAt: undefined,
      },
    ],
  });
  await service.open();
  running.push(service);
  const get = async (path: string, init?: RequestInit): Promise<{ status: number; body: string; headers: Headers }> => {
    const response = await fetch(`http://${service.address}${path}`, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  return { service, engine, metrics, clock, live, reloads, get };
}

const record: GenerationRecord = {
  number: 1,
  revision,
  loader: "",
  createdAt: 0,
  verdict: "healthy",
  steps: [{ node: "a.b.c", do: "create", because: "definition" }],
  diagnostics: [],
  took: { build: 2 },
  cause: "start",
};

test("readiness follows the first good load", async () => {
  const { engine, get } = await serve();
  expect(await get("/-/ready")).toMatchObject({ status: 503, body: "Alloy is not ready.\n" });
  engine.current = generation;
  expect(await get("/-/ready")).toMatchObject({ status: 200, body: "Alloy is ready.\n" });
});

test("health names the nodes of the root that are broken, also those that ended", async () => {
  const { engine, get } = await serve();
  engine.details.push(fakeNode("local.file.good"));
  expect(await get("/-/healthy")).toMatchObject({ status: 200, body: "All Alloy components are healthy.\n" });
  const health = (state: "unhealthy" | "exited") => ({ state, message: "", fault: "own", at: 0 }) as const;
  engine.details.push(fakeNode("local.file.bad", { health: health("unhealthy") }));
  engine.details.push(fakeNode("local.file.gone", { health: health("exited") }));
  engine.details.push(fakeNode("local.file.inner", { moduleId: "add.x", health: health("unhealthy") }));
  expect(await get("/-/healthy")).toMatchObject({
    status: 500,
    body: "unhealthy components: local.file.bad, local.file.gone\n",
  });
});

test.for(["GET", "POST"])("a reload by %s answers when it is done, with all that is wrong", async (method) => {
  const { reloads, get } = await serve();
  expect(await get("/-/reload", { method })).toMatchObject({ status: 200, body: "config reloaded\n" });
  const start = { file: "main.alloy", offset: 0, line: 1, column: 2 };
  reloads.outcome = {
    ok: false,
    phase: "compile",
    diagnostics: [
      { severity: "error", code: "cycle", message: "cycle: a, b", start },
      { severity: "error", code: "wrong-type", message: "nope" },
    ],
  };
  expect(await get("/-/reload", { method })).toMatchObject({
    status: 400,
    body: "main.alloy:1:2: cycle: a, b\nnope\n",
  });
  reloads.outcome = new Error("fetching git+https://example.com: no route");
  expect(await get("/-/reload", { method })).toMatchObject({
    status: 400,
    body: "fetching git+https://example.com: no route\n",
  });
});

test("a page of another site can neither reload nor roll back", async () => {
  const { engine, get } = await serve();
  engine.history.push(record);
  const init = { method: "POST", headers: { "Sec-Fetch-Site": "cross-site" } };
  expect((await get("/-/reload", init)).status).toBe(403);
  expect((await get("/api/v1/generations/1/rollback", init)).status).toBe(403);
  expect(engine.rollbacks).toEqual([]);
});

test("metrics are Prometheus text", async () => {
  const { metrics, get } = await serve();
  metrics.owner().counter("x_total", "X.").inc();
  const page = await get("/metrics");
  expect(page.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(page.body).toContain("x_total 1\n");
});

test("a component answers below its own path", async () => {
  const { engine, get } = await serve();
  engine.handlers.set("add.x/prometheus.exporter.self.y", (request) => ({
    status: 201,
    headers: { "x-seen": request.headers["x-test"] ?? "" },
    body: `${request.method} ${request.path}`,
  }));
  const base = "/api/v0/component/add.x/prometheus.exporter.self.y";
  const answer = await get(`${base}/metrics?a=1`, { headers: { "x-test": "seen" } });
  expect(answer).toMatchObject({ status: 201, body: "GET /metrics?a=1" });
  expect(answer.headers.get("x-seen")).toBe("seen");
  expect((await get(base)).body).toBe("GET /");
  expect((await get(`${base}/metrics`, { method: "POST", body: "x" })).status).toBe(405);
  expect((await get("/api/v0/component/nobody/metrics")).status).toBe(404);
  expect((await get("/api/v0/component/%zz/metrics")).status).toBe(400);
});

test("the UI sees components as Alloy shows them", async () => {
  const { engine, get } = await serve("/ui");
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  engine.details.push(
    fakeNode("local.file.x", {
      health: { state: "healthy", message: "read file", fault: "own", at },
      referencedBy: ["local.file.y", "argument.z"],
      arguments: [{ name: "filename", type: "attr", value: { type: "string", value: "/a" } }],
      exports: [{ name: "content", type: "attr", value: { type: "capsule", value: "(secret)" } }],
    }),
    fakeNode("local.file.y", { references: ["local.file.x"] }),
    fakeNode("argument.z", { kind: "argument" }),
    fakeNode("local.file.deep", {
      moduleId: "add.i/sub.j",
      globalId: "add.i/sub.j/local.file.deep",
      debug: { n: [1] },
    }),
  );
  const expected = {
    name: "local.file",
    type: "block",
    localID: "local.file.x",
    moduleID: "",
    label: "x",
    referencesTo: [],
    referencedBy: ["local.file.y"],
    dataFlowEdgesTo: [],
    health: { state: "healthy", message: "read file", updatedTime: "2026-01-02T03:04:05.000Z" },
    original: "",
    arguments: [],
    exports: [],
    debugInfo: [],
    liveDebuggingEnabled: false,
  };
  const list = JSON.parse((await get("/ui/api/v0/web/components")).body) as { localID: string }[];
  expect(list.map((info) => info.localID)).toEqual(["local.file.x", "local.file.y"]);
  expect(list[0]).toEqual(expected);
  expect(JSON.parse((await get("/ui/api/v0/web/components/local.file.x")).body)).toEqual({
    ...expected,
    arguments: engine.details[0]!.arguments,
    exports: engine.details[0]!.exports,
  });
  const inner = JSON.parse((await get("/ui/api/v0/web/modules/add.i/sub.j/components")).body) as unknown[];
  expect(inner).toHaveLength(1);
  expect(JSON.parse((await get("/ui/api/v0/web/components/add.i/sub.j/local.file.deep")).body)).toMatchObject({
    moduleID: "add.i/sub.j",
    debugInfo: [{ name: "n", type: "attr", value: { type: "array", value: [{ type: "number", value: 1 }] } }],
  });
  expect((await get("/ui/api/v0/web/components/argument.z")).status).toBe(404);
  expect((await get("/ui/api/v0/web/modules/none/components")).status).toBe(404);
  expect(JSON.parse((await get("/ui/api/v0/web/remotecfg/components")).body)).toEqual([]);
  expect(JSON.parse((await get("/ui/api/v0/web/peers")).body)).toMatchObject([
    { name: "host", isSelf: true, state: "participant" },
  ]);
  expect((await get("/api/v0/web/components")).status).toBe(404);
});

test("generations are listed newest first, shown with their plan, and applied again", async () => {
  const { engine, get } = await serve();
  engine.current = generation;
  engine.history.push(record, { ...record, number: 2, verdict: "refused" });
  const list = JSON.parse((await get("/api/v1/generations")).body) as { generations: { number: number }[] };
  expect(list).toMatchObject({ current: 1, generations: [{ number: 2 }, { number: 1, steps: { create: 1 } }] });
  expect(JSON.parse((await get("/api/v1/generations/1")).body)).toEqual({
    number: 1,
    loader: "",
    revision: { id: "abc", digest: "sha256:1", at: "1970-01-01T00:00:00.000Z", note: "first" },
    createdAt: "1970-01-01T00:00:00.000Z",
    verdict: "healthy",
    cause: "start",
    took: { build: 2 },
    steps: { create: 1 },
    plan: [{ node: "a.b.c", do: "create", because: "definition" }],
    diagnostics: [],
  });
  expect(await get("/api/v1/generations/7")).toMatchObject({
    status: 404,
    body: '{"error":"there is no generation 7"}',
  });
  expect(JSON.parse((await get("/api/v1/generations/1/rollback", { method: "POST" })).body)).toEqual({
    generation: 1,
    plan: [],
  });
  engine.outcome = { ok: false, phase: "build", diagnostics: [] };
  expect((await get("/api/v1/generations/2/rollback", { method: "POST" })).status).toBe(409);
  expect(engine.rollbacks).toEqual([1, 2]);
});

test("sources tell their state", async () => {
  const { get } = await serve();
  expect(JSON.parse((await get("/api/v1/sources")).body)).toEqual({
    sources: [
      {
        node: "import.git.x",
        name: "git+https://example.com/x",
        revision: "abc",
        digest: "sha256:1",
        fetchedAt: "1970-01-01T00:00:00.000Z",
        stale: false,
        error: { kind: "network", message: "no route", at: "1970-01-01T00:00:01.000Z" },
      },
    ],
  });
});

test("live debugging says why there is nothing to see", async () => {
  const { engine, live, get } = await serve();
  engine.details.push(fakeNode("local.file.x"));
  expect((await get("/api/v0/web/debug/local.file.x")).body).toContain("the live debugging service is disabled");
  live.prepare({ enabled: true })();
  expect((await get("/api/v0/web/debug/local.file.x")).body).toContain('"local.file" does not support live debugging');
  expect((await get("/api/v0/web/debug/local.file.y")).body).toContain('component "local.file.y" not found');
  expect((await get("/api/v0/web/graph?window=0")).status).toBe(400);
  expect((await get("/api/v0/web/graph/nothing.x")).body).toContain('module "nothing.x" not found');
});

test("the graph stream has one measurement a window, until the reader leaves", async () => {
  const { service, clock } = await serve();
  const gone = new AbortController();
  const response = await fetch(`http://${service.address}/api/v0/web/graph?window=2`, { signal: gone.signal });
  const reader = response.body!.getReader();
  const first = reader.read();
  await clock.advance(2000);
  expect(Buffer.from((await first).value!).toString()).toBe("[]|;|");
  gone.abort();
  await expect(reader.read()).rejects.toThrow();
});

test("a body that is too large is refused, and an unknown path is a plain 404", async () => {
  const { get } = await serve();
  expect((await get("/-/reload", { method: "POST", body: "x".repeat(2 ** 21) })).status).toBe(413);
  expect(await get("/nothing")).toMatchObject({ status: 404, body: "404 page not found\n" });
});

const basic = (paths: string[] = [], matching = true): AuthArgs => ({
  basic: { username: "ann", password: new Secret("pw:1") },
  filter: { paths, authenticate_matching_paths: matching },
});
const header = (text: string) => ({ headers: { authorization: `Basic ${Buffer.from(text).toString("base64")}` } });
const withAuth = (auth: AuthArgs): HttpArgs => ({ tls: undefined, auth });

test("a password protects every path, and changes for later requests at once", async () => {
  const { service, get } = await serve();
  const apply = service.prepare(withAuth(basic()));
  expect((await get("/metrics")).status).toBe(200);
  apply();
  const refused = await get("/metrics");
  expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="Restricted"']);
  expect((await get("/metrics", header("ann:pw:1"))).status).toBe(200);
  for (const wrong of ["ann:", "ann:pw:1 ", "bob:pw:1", "", ":"]) {
    expect((await get("/metrics", header(wrong))).status).toBe(401);
  }
  expect((await get("/nothing")).status).toBe(401);
  service.prepare(defaultsOf(httpArgs))();
  expect((await get("/metrics")).status).toBe(200);
});

test.for([
  { auth: basic(["/metrics"]), open: ["/-/ready"], shut: ["/metrics", "/%6detrics", "/metrics?x=1"] },
  { auth: basic(["/-/ready"], false), open: ["/-/ready"], shut: ["/metrics", "/%2d/ready", "/%zz"] },
  { auth: basic([], true), open: [], shut: ["/metrics"] },
  { auth: basic([], false), open: [], shut: ["/metrics"] },
])("a filter decides which paths need the password: $auth.filter", async ({ auth, open, shut }) => {
  const { service, get } = await serve();
  service.prepare(withAuth(auth))();
  for (const path of open) expect((await get(path)).status).not.toBe(401);
  for (const path of shut) expect((await get(path)).status).toBe(401);
});

test.skipIf(!canMakeCerts)("TLS comes and goes without closing the port", { timeout: 30_000 }, async () => {
  const { service, get } = await serve();
  const kept = connect(Number(service.address!.split(":")[1]), "127.0.0.1");
  await new Promise((resolve) => kept.once("connect", resolve));
  service.prepare({ tls: tls({}), auth: undefined })();
  expect(await secure(service, {})).toBe(503);
  await expect(get("/-/ready")).rejects.toThrow();
  kept.write("GET /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const answer = await new Promise<string>((resolve) => kept.once("data", (data) => resolve(String(data))));
  expect(answer).toMatch(/^HTTP\/1\.1 503/);
  service.prepare({ tls: undefined, auth: undefined })();
  expect((await get("/-/ready")).status).toBe(503);
  kept.destroy();
});

test.skipIf(!canMakeCerts)(
  "a changed certificate file is served to the next connection, a broken one is not",
  async () => {
    const { service } = await serve();
    const [cert, key] = [join(certs.folder, "live.crt"), join(certs.folder, "live.key")];
    const write = (name: string): void => {
      const made = certs.sign(name, "DNS:localhost,IP:127.0.0.1");
      writeFileSync(cert, made.cert);
      writeFileSync(key, made.key);
    };
    write("one");
    service.prepare({
      tls: { ...tls({}), cert_pem: "", cert_file: cert, key_pem: undefined, key_file: key },
      auth: undefined,
    })();
    expect(await subject(service)).toBe("one");
    write("second");
    expect(await subject(service)).toBe("second");
    writeFileSync(cert, "broken");
    expect(await subject(service)).toBe("second");
  },
);

test.skipIf(!canMakeCerts).for([
  ["NoClientCert", [true, true, true]],
  ["RequestClientCert", [true, true, true]],
  ["RequireAnyClientCert", [false, true, true]],
  ["VerifyClientCertIfGiven", [true, false, true]],
  ["RequireAndVerifyClientCert", [false, false, true]],
] as const)("%s: without, with a foreign and with a known client certificate", async ([kind, expected]) => {
  const { service } = await serve();
  const ca = kind === "NoClientCert" ? "" : certs.ca;
  service.prepare({ tls: tls({ client_auth_type: kind, client_ca_pem: ca }), auth: undefined })();
  const results: boolean[] = [];
  for (const client of [{}, foreign, known]) {
    results.push(
      await secure(service, client).then(
        (status) => status === 503,
        () => false,
      ),
    );
  }
  expect(results).toEqual(expected);
});

test.for([
  [{ cipher_suites: ["ROT13"] }, 'unknown cipher suite "ROT13"'],
  [{ cert_pem: "", cert_file: "/does/not/exist" }, "ENOENT"],
] as const)("a tls block that cannot work is refused before anything changes: %j", async ([changes, message]) => {
  const { service, get } = await serve();
  const args: ServerTlsArgs = {
    ...defaultsOf(httpArgs.tls.shape),
    cert_pem: "x",
    key_pem: new Secret("x"),
    ...changes,
  };
  expect(() => service.prepare({ tls: args, auth: undefined })).toThrow(message);
  expect((await get("/-/ready")).status).toBe(503);
});

test("a port that is taken is an error that says so", async () => {
  const { service } = await serve();
  const { engine, metrics, clock, live } = await serve();
  const options = { uiPathPrefix: "/", engine, metrics, log: silentLogger, clock, live, nodeName: "h" };
  const second = createHttpService({
    ...options,
    listenAddress: service.address!,
    reload: () => Promise.reject(new Error("no")),
    sources: () => [],
  });
  await expect(second.open()).rejects.toThrow(`listening on ${service.address}: listen EADDRINUSE`);
  expect(() =>
    createHttpService({ ...options, listenAddress: "nowhere", reload: () => Promise.reject(), sources: () => [] }),
  ).toThrow('"nowhere" is no address to listen on');
});

type Pair = { readonly cert?: string; readonly key?: string };
let certs: Certs;
let other: Certs;
let own: { readonly cert: string; readonly key: string };
let known: Pair;
let foreign: Pair;
beforeAll(() => {
  if (!canMakeCerts) return;
  certs = makeCerts();
  other = makeCerts();
  own = certs.sign("server", "DNS:localhost,IP:127.0.0.1");
  known = certs.sign("client", "DNS:client");
  foreign = other.sign("stranger", "DNS:stranger");
});
afterAll(() => {
  certs?.dispose();
  other?.dispose();
});

function tls(changes: Partial<ServerTlsArgs>): ServerTlsArgs {
  return { ...defaultsOf(httpArgs.tls.shape), cert_pem: own.cert, key_pem: new Secret(own.key), ...changes };
}

/** Status of `/-/ready` over TLS. */
function secure(service: HttpService, client: Pair): Promise<number> {
  return new Promise((resolve, reject) => {
    const [host, port] = service.address!.split(":");
    const options = { host, port, path: "/-/ready", ca: certs.ca, agent: false as const, ...client };
    const sent = httpsRequest(options, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Name in the certificate that the next connection is shown. */
function subject(service: HttpService): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const [host, port] = service.address!.split(":");
    const sent = httpsRequest({ host, port, path: "/-/ready", ca: certs.ca, agent: false }, (response) => {
      response.resume();
      const { socket } = response as unknown as { socket: import("node:tls").TLSSocket };
      resolve(socket.getPeerCertificate().subject.CN);
    });
    sent.on("error", reject);
    sent.end();
  });
}
