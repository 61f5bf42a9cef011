/** What the HTTP server answers. Paths of Alloy's answer as Alloy does; errors below `/api/v1/` are JSON. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { HandlerRequest } from "#src/component/define.ts";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import type { Outcome } from "#src/runtime/types.ts";
import type { HttpServiceOptions } from "./http.ts";
import { describeComponent, encodeGeneration, encodeGenerationDetail, listComponents } from "./info.ts";
import { streamFlow, streamGraph } from "./streams.ts";

/** Largest request body, in bytes. */
const BODY_LIMIT = 1024 * 1024;
const COMPONENT_PREFIX = "/api/v0/component/";

export interface RouteOptions extends HttpServiceOptions {
  /** Where the server listens. */
  readonly address: () => string;
}

/** Loads fastify and gives the function that answers requests. */
export async function createRoutes(options: RouteOptions): Promise<RequestListener> {
  let handle: RequestListener | undefined;
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4096 },
    serverFactory: (handler) => {
      handle = handler as (request: IncomingMessage, response: ServerResponse) => void;
      return createServer();
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, _body, done) => done(null));
  app.setNotFoundHandler((request, reply) => notFound(request, reply));
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) options.log.error("answering a request", { path: request.url, err: error });
    return fail(request, reply, status, status >= 500 ? "internal error" : error.message);
  });
  addProcessRoutes(app, options);
  addComponentRoutes(app, options);
  addWebRoutes(app, options);
  addGenerationRoutes(app, options);
  await app.ready();
  return handle!;
}

function addProcessRoutes(app: FastifyInstance, { engine, metrics, log, reload }: RouteOptions): void {
  app.get("/-/ready", (_request, reply) =>
    engine.current === undefined ? text(reply, 503, "Alloy is not ready.") : text(reply, 200, "Alloy is ready."),
  );
  app.get("/-/healthy", (_request, reply) => {
    const bad = (engine.nodes("") ?? []).filter(
      ({ health }) => health.state === "unhealthy" || health.state === "exited",
    );
    if (bad.length === 0) return text(reply, 200, "All Alloy components are healthy.");
    return text(reply, 500, `unhealthy components: ${bad.map((node) => node.localId).join(", ")}`);
  });
  app.route({
    method: ["GET", "POST"],
    url: "/-/reload",
    handler: async (request, reply) => {
      if (isForeign(request)) return text(reply, 403, "a page of another site may not reload the configuration");
      log.info("reload requested via /-/reload endpoint");
      const problem = await attempt(reload);
      if (problem === undefined) return text(reply, 200, "config reloaded");
      log.error("failed to reload config", { err: problem });
      return text(reply, 400, problem);
    },
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
}

/** What is wrong with what a change came to; undefined if it was made. */
async function attempt(change: () => Promise<Outcome>): Promise<string | undefined> {
  try {
    const outcome = await change();
    return outcome.ok ? undefined : outcome.diagnostics.map(formatDiagnostic).join("\n");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function addComponentRoutes(app: FastifyInstance, { engine }: RouteOptions): void {
  app.all(`${COMPONENT_PREFIX}*`, async (request, reply) => {
    const [path, query] = splitQuery(request.url);
    const found = engine.handler(decodeURIComponent(path.slice(COMPONENT_PREFIX.length)));
    if (found === undefined) return text(reply, 404, "404 page not found");
    if (request.method !== "GET" && request.method !== "HEAD") return text(reply, 405, "Method Not Allowed");
    const gone = new AbortController();
    reply.raw.on("close", () => gone.abort());
    const answer = await found.handler({
      method: request.method,
      path: `/${found.rest.replace(/^\//, "")}${query}`,
      headers: headersOf(request),
      signal: gone.signal,
    });
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  });
}

function headersOf(request: FastifyRequest): HandlerRequest["headers"] {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

function addWebRoutes(app: FastifyInstance, options: RouteOptions): void {
  const { engine } = options;
  const base = `${options.uiPathPrefix.replace(/\/*$/, "")}/api/v0/web/`;
  const list = (request: FastifyRequest, reply: FastifyReply, moduleId: string): unknown =>
    listComponents(engine, moduleId) ?? fail(request, reply, 404, `module ${JSON.stringify(moduleId)} not found`);
  const listModule = (request: FastifyRequest, reply: FastifyReply): unknown => {
    const [, moduleId] = /^(.+)\/components$/.exec(wildcard(request)) ?? [];
    return moduleId === undefined ? notFound(request, reply) : list(request, reply, moduleId);
  };
  const describe = (request: FastifyRequest, reply: FastifyReply): unknown =>
    describeComponent(engine, wildcard(request)) ?? notFound(request, reply);

  app.get(`${base}components`, (request, reply) => list(request, reply, ""));
  app.get(`${base}components/*`, describe);
  app.get(`${base}modules/*`, listModule);
  app.get(`${base}remotecfg/components`, () => listComponents(engine, "remotecfg") ?? []);
  app.get(`${base}remotecfg/components/*`, describe);
  app.get(`${base}remotecfg/modules/*`, listModule);
  app.get(`${base}peers`, () => [
    { name: options.nodeName, addr: options.address(), isSelf: true, state: "participant" },
  ]);
  app.get(`${base}debug/*`, (request, reply) => streamFlow(options, request, reply, wildcard(request)));
  app.get(`${base}graph`, (request, reply) => streamGraph(options, request, reply, ""));
  app.get(`${base}graph/*`, (request, reply) => streamGraph(options, request, reply, wildcard(request)));
}

function addGenerationRoutes(app: FastifyInstance, { engine, sources, log }: RouteOptions): void {
  const find = (request: FastifyRequest<{ Params: { number: string } }>) => {
    const { loader } = request.query as { readonly loader?: string };
    const number = Number(request.params.number);
    return engine.history.findLast((r) => r.number === number && (loader === undefined || r.loader === loader));
  };
  app.get("/api/v1/generations", () => ({
    current: engine.current?.number ?? null,
    generations: engine.history.toReversed().map(encodeGeneration),
  }));
  app.get<{ Params: { number: string } }>("/api/v1/generations/:number", (request, reply) => {
    const record = find(request);
    if (record === undefined) return fail(request, reply, 404, `there is no generation ${request.params.number}`);
    return encodeGenerationDetail(record);
  });
  app.post<{ Params: { number: string } }>("/api/v1/generations/:number/rollback", async (request, reply) => {
    if (isForeign(request)) return fail(request, reply, 403, "a page of another site may not change the generation");
    const record = find(request);
    if (record === undefined) return fail(request, reply, 404, `there is no generation ${request.params.number}`);
    log.info("rollback requested", { generation: record.number });
    const outcome = await engine.rollback(record.number);
    if (outcome.ok) return { generation: outcome.generation.number, plan: outcome.steps };
    const error = `generation ${record.number} could not be applied again`;
    return reply.code(409).send({ error, phase: outcome.phase, diagnostics: outcome.diagnostics });
  });
  app.get("/api/v1/sources", () => ({ sources: sources().map(encodeSource) }));
}

function encodeSource(status: ReturnType<HttpServiceOptions["sources"]>[number]): unknown {
  const time = (at: number | undefined): string | undefined =>
    at === undefined ? undefined : new Date(at).toISOString();
  const { error } = status;
  return {
    ...status,
    fetchedAt: time(status.fetchedAt),
    nextAttemptAt: time(status.nextAttemptAt),
    error: error === undefined ? undefined : { ...error, at: time(error.at) },
  };
}

/** Whether a browser sent it on behalf of a page of another site. */
function isForeign(request: FastifyRequest): boolean {
  return request.headers["sec-fetch-site"] === "cross-site";
}

function wildcard(request: FastifyRequest): string {
  return (request.params as { readonly "*": string })["*"];
}

function splitQuery(url: string): readonly [path: string, query: string] {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at)];
}

function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return fail(request, reply, 404, "404 page not found");
}

function fail(request: FastifyRequest, reply: FastifyReply, status: number, message: string): FastifyReply {
  return request.url.startsWith("/api/v1/")
    ? reply.code(status).send({ error: message })
    : text(reply, status, message);
}

function text(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply
    .code(status)
    .type("text/plain; charset=utf-8")
    .header("X-Content-Type-Options", "nosniff")
    .send(`${message}\n`);
}
