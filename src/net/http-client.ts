/**
 * The HTTP client of everything that sends requests for a configuration: TLS, proxies, authentication, redirects, time and
 * size limits. Nothing of undici is loaded before the first request.
 */
import type { Dispatcher } from "undici";
import { systemClock, type Clock } from "#src/util/clock.ts";
import { release } from "#src/util/release.ts";
import { createAuth, type Auth } from "./auth.ts";
import { discard, readBody } from "./body.ts";
import { ACCEPTED_ENCODINGS, decompress } from "./decompress.ts";
import type { HttpClientArgs } from "./http-args.ts";
import { HttpError } from "./http-error.ts";
import type { PostForm } from "./oauth2.ts";
import { redactUrl } from "./redact.ts";
import { createTransport, type Hop, type Transport } from "./transport.ts";

export { HttpError, type HttpErrorKind } from "./http-error.ts";

export interface HttpClientOptions {
  /** Sent as User-Agent unless a request sets its own. */
  readonly userAgent: string;
  readonly clock?: Clock;
  /** Sockets for each origin; 100 if not given. */
  readonly connections?: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string | URL;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
  /** Milliseconds for everything, redirects and the body included; 30 s if not given. */
  readonly timeout?: number;
  /** Largest body to accept, after decompression; 16 MiB if not given. */
  readonly maxBytes?: number;
  /** What to do with a larger body: fail, or give its beginning (as it came, not decompressed). */
  readonly overflow?: "fail" | "cut";
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Decompressed; nobody else holds it. */
  readonly body: Uint8Array;
}

export interface HttpClient {
  /** Resolves with any status the server gives; rejects with an `HttpError`. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** The next request uses these settings; those under way finish with the old ones. */
  update(args: HttpClientArgs): void;
  /** Ends what is under way and closes all sockets. */
  close(): Promise<void>;
}
const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_BYTES = 16 << 20;
const MAX_REDIRECTS = 10;
/** What may follow a redirect to another host: nothing that could be a credential. */
const HARMLESS = /^(accept(-encoding|-language)?|content-(type|encoding)|user-agent|x-prometheus-.*)$/;

type Headers = Record<string, string | string[]>;

/** Everything that follows from one set of arguments. */
interface Settings {
  readonly transport: Transport;
  readonly auth: Auth;
  readonly headers: Headers;
  readonly followRedirects: boolean;
  readonly close: () => Promise<void>;
  readonly retire: () => void;
}

/** Makes a client; cheap, and without effect until its first request. */
export function createHttpClient(args: HttpClientArgs, options: HttpClientOptions): HttpClient {
  const clock = options.clock ?? systemClock;
  let settings = createSettings(args, options, clock);
  return {
    request: (request) => runWithLimits(request, settings, options.userAgent, clock),
    update(next) {
      const old = settings;
      settings = createSettings(next, options, clock);
      old.retire();
    },
    close: () => settings.close(),
  };
}

function createSettings(args: HttpClientArgs, options: HttpClientOptions, clock: Clock): Settings {
  const shared = { connections: options.connections ?? 100, clock };
  const transport = createTransport({ tls: args.tls_config, proxy: args, http2: args.enable_http2, ...shared });
  const { oauth2 } = args;
  const tokens =
    oauth2 === undefined
      ? undefined
      : createTransport({ tls: oauth2.tls_config, proxy: oauth2, http2: args.enable_http2, ...shared });
  const post: PostForm = async (url, headers, form) => {
    const signal = AbortSignal.timeout(DEFAULT_TIMEOUT);
    const hop = { method: "POST", url, headers: { ...headers, "user-agent": options.userAgent }, body: form, signal };
    const response = await tokens!.send(hop);
    return { status: response.statusCode, body: await readBody(response, 1 << 20) };
  };
  const headers: Headers = {};
  for (const [name, values] of args.http_headers ?? [])
    headers[name.toLowerCase()] = values.map((value) => value.reveal());
  return {
    transport,
    auth: createAuth(args, post, clock),
    headers,
    followRedirects: args.follow_redirects,
    async close() {
      await Promise.all([transport.destroy(), tokens?.destroy()]);
    },
    retire() {
      transport.retire();
      tokens?.retire();
    },
  };
}

async function runWithLimits(
  request: HttpRequest,
  settings: Settings,
  userAgent: string,
  clock: Clock,
): Promise<HttpResponse> {
  const timeout = request.timeout ?? DEFAULT_TIMEOUT;
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  let timedOut = false;
  const cancel = clock.after(timeout, () => {
    timedOut = true;
    abort();
  });
  request.signal?.addEventListener("abort", abort, { once: true });
  if (request.signal?.aborted === true) abort();
  const where = `${request.method} ${redactUrl(request.url)}`;
  try {
    return await follow(request, settings, userAgent, controller.signal);
  } catch (error) {
    if (timedOut) throw new HttpError("timeout", `${where}: no answer within ${timeout / 1000}s`);
    if (controller.signal.aborted) throw new HttpError("aborted", `${where}: aborted`, request.signal?.reason);
    if (error instanceof HttpError) throw new HttpError(error.kind, `${where}: ${error.message}`, error.cause);
    throw new HttpError("network", `${where}: ${describe(error)}`, error);
  } finally {
    cancel();
    request.signal?.removeEventListener("abort", abort);
  }
}

async function follow(
  request: HttpRequest,
  settings: Settings,
  userAgent: string,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const maxBytes = request.maxBytes ?? DEFAULT_BYTES;
  const first = new URL(request.url);
  let url = first;
  let method = request.method;
  let body = request.body;
  const own: Headers = { "user-agent": userAgent, "accept-encoding": ACCEPTED_ENCODINGS };
  for (const [name, value] of Object.entries(request.headers ?? {}))
    own[name.toLowerCase()] = typeof value === "string" ? value : [...value];

  for (let redirects = 0; ; redirects += 1) {
    const home = sameSite(first, url);
    const headers: Headers = { ...own, ...(home ? settings.headers : {}) };
    if (!home) for (const name of Object.keys(headers)) if (!HARMLESS.test(name)) delete headers[name];
    if (body === undefined) for (const name of ["content-type", "content-encoding"]) delete headers[name];
    const response = await authenticated({ method, url, headers, body, signal }, settings, home);
    const location = response.headers["location"];
    const status = response.statusCode;
    if (!settings.followRedirects || typeof location !== "string" || ![301, 302, 303, 307, 308].includes(status)) {
      const raw = await readBody(response, maxBytes, request.overflow === "cut");
      if (raw.length > maxBytes) return { status, headers: response.headers, body: raw.subarray(0, maxBytes) };
      const decoded = await decode(response.headers, raw, maxBytes);
      if (decoded !== raw) release(raw);
      return { status, headers: response.headers, body: decoded };
    }
    await discard(response);
    if (redirects === MAX_REDIRECTS) throw new HttpError("redirect", `stopped after ${MAX_REDIRECTS} redirects`);
    url = redirectTarget(location, url);
    if (status < 304 && method !== "GET" && method !== "HEAD") {
      method = "GET";
      body = undefined;
    }
  }
}

/** Sends with credentials where they belong; once more if the server refuses them and newer ones are at hand. */
async function authenticated(hop: Hop, settings: Settings, home: boolean): Promise<Dispatcher.ResponseData> {
  const header = home
    ? (hop.headers["authorization"] ?? (await credentials(settings.auth)) ?? fromUrl(hop.url))
    : undefined;
  if (header === undefined) return sendTwice(hop, settings.transport);
  const response = await sendTwice({ ...hop, headers: { ...hop.headers, authorization: header } }, settings.transport);
  if (response.statusCode !== 401 || hop.headers["authorization"] !== undefined) return response;
  settings.auth.forget();
  const newer = await credentials(settings.auth);
  if (newer === undefined || newer === header) return response;
  await discard(response);
  return sendTwice({ ...hop, headers: { ...hop.headers, authorization: newer } }, settings.transport);
}

/** A kept connection may be closed by the server just as it is used again: a GET then gets a second chance. */
async function sendTwice(hop: Hop, transport: Transport): Promise<Dispatcher.ResponseData> {
  try {
    return await transport.send(hop);
  } catch (error) {
    const code = codeOf(error);
    const lost = code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
    if (!lost || hop.signal.aborted || (hop.method !== "GET" && hop.method !== "HEAD")) throw error;
    return transport.send(hop);
  }
}

async function credentials(auth: Auth): Promise<string | undefined> {
  try {
    return await auth.header();
  } catch (error) {
    throw new HttpError("credentials", `reading credentials: ${describe(error)}`, error);
  }
}

function fromUrl(url: URL): string | undefined {
  if (url.username === "") return undefined;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** The same origin, or the same host's step up from plain HTTP to TLS on the standard ports. */
function sameSite(first: URL, url: URL): boolean {
  const upgraded = first.protocol === "http:" && url.protocol === "https:" && first.port === "" && url.port === "";
  return url.origin === first.origin || (upgraded && url.hostname === first.hostname);
}

function redirectTarget(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw new HttpError("redirect", "redirected to what is not a URL");
  const target = new URL(location, from);
  if (target.protocol !== "http:" && target.protocol !== "https:")
    throw new HttpError("redirect", `redirected to a URL of scheme ${JSON.stringify(target.protocol)}`);
  if (target.username === "" && target.origin === from.origin) {
    target.username = from.username;
    target.password = from.password;
  }
  return target;
}

async function decode(
  headers: Dispatcher.ResponseData["headers"],
  body: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array> {
  const encoding = headers["content-encoding"];
  if (body.length === 0 || typeof encoding !== "string") return body;
  try {
    return await decompress(encoding.trim().toLowerCase(), body, maxBytes);
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE")
      throw new HttpError("too-large", `the decompressed body is larger than ${maxBytes} bytes`);
    throw new Error(`decompressing the body: ${describe(error)}`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(describe).join("; ");
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error && error.message === "" ? describe(error.cause) : "";
  return error.message || inner || codeOf(error) || error.name;
}
