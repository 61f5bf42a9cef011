/**
 * HTTP as git speaks it, over undici: bounded in bytes, time and redirects. Credentials go to the origin that the user named
 * and to no other; an https:// repository is never left for http://.
 */
import type { GitHttpRequest, GitHttpResponse, HttpClient } from "isomorphic-git";
import { EnvHttpProxyAgent, type Dispatcher } from "undici";
import { redactUrl } from "#src/net/redact.ts";
import { SourceError } from "#src/source/define.ts";

export interface TransportOptions {
  readonly dispatcher: Dispatcher;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
  readonly signal: AbortSignal;
  /** Of all answers together. */
  readonly maxBytes: number;
}

const MAX_REDIRECTS = 5;
const CONNECT_TIMEOUT = 10_000;
const IDLE_TIMEOUT = 30_000;
const MAX_ANSWER_TEXT = 200;

/** Sockets for one source; proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY` …). */
export function openDispatcher(): Dispatcher {
  return new EnvHttpProxyAgent({
    connections: 2,
    connect: { timeout: CONNECT_TIMEOUT },
    headersTimeout: IDLE_TIMEOUT,
    bodyTimeout: IDLE_TIMEOUT,
  });
}

export interface Transport extends HttpClient {
  /** What went wrong first. A reader of a body may hide it behind a complaint about the part that it got. */
  failure(): unknown;
}

/** A client for one operation. Whatever goes wrong is thrown as a `SourceError`, or as the signal's reason. */
export function createTransport(options: TransportOptions): Transport {
  let failure: unknown;
  let left = options.maxBytes;
  const spend = (bytes: number): void => {
    left -= bytes;
    if (left < 0) {
      throw new SourceError(
        "limit",
        `the repository sent more than the ${options.maxBytes} bytes allowed in one download`,
      );
    }
  };
  return {
    failure: () => failure,
    async request({ url, method = "GET", headers = {}, body }: GitHttpRequest): Promise<GitHttpResponse> {
      const sent = body === undefined ? undefined : await collect(body);
      const origin = new URL(url).origin;
      let target = new URL(url);
      let trusted = true;
      for (let redirects = 0; ; redirects++) {
        const authorization = trusted ? options.authorization : undefined;
        const response = await send(target, method, headers, authorization, sent, options);
        const location = response.headers["location"];
        if (![301, 302, 303, 307, 308].includes(response.statusCode) || typeof location !== "string") {
          if (response.statusCode !== 200) throw await refusal(response, target, trusted, authorization);
          return {
            url: target.href,
            method,
            statusCode: 200,
            statusMessage: "OK",
            headers: flatten(response.headers),
            body: bounded(response.body, spend, (cause) => (failure ??= networkError(target, cause, options.signal))),
          };
        }
        await response.body.dump();
        if (redirects === MAX_REDIRECTS)
          throw new SourceError("network", `${redactUrl(url)}: more than ${MAX_REDIRECTS} redirects`);
        target = follow(target, location);
        trusted &&= target.origin === origin;
      }
    },
  };
}

function follow(from: URL, location: string): URL {
  const refuse = (why: string): SourceError => new SourceError("network", `${redactUrl(from)} redirects ${why}`);
  if (!URL.canParse(location, from.href)) throw refuse("to what is not a URL");
  const to = new URL(location, from);
  if (to.protocol !== "https:" && to.protocol !== "http:") throw refuse(`to ${to.protocol}, which is refused`);
  if (from.protocol === "https:" && to.protocol === "http:") throw refuse("to http://, which is refused");
  to.username = "";
  to.password = "";
  return to;
}

async function send(
  url: URL,
  method: string,
  headers: Record<string, string>,
  authorization: string | undefined,
  body: Buffer | undefined,
  { dispatcher, signal }: TransportOptions,
): Promise<Dispatcher.ResponseData> {
  const all = { ...headers, "accept-encoding": "identity", ...(authorization === undefined ? {} : { authorization }) };
  try {
    return await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: method as Dispatcher.HttpMethod,
      headers: all,
      body: body ?? null,
      signal,
    });
  } catch (cause) {
    throw networkError(url, cause, signal);
  }
}

function networkError(url: URL, cause: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (cause instanceof SourceError) return cause;
  const message = cause instanceof Error ? reasonOf(cause) : String(cause);
  return new SourceError("network", `fetching ${redactUrl(url)}: ${message}`, { cause });
}

/** A refused connection to several addresses comes as one error without a text, its parts hold the reason. */
function reasonOf(error: Error): string {
  if (error.message !== "") return error.message;
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message : ((error as NodeJS.ErrnoException).code ?? error.name);
}

async function refusal(
  response: Dispatcher.ResponseData,
  url: URL,
  trusted: boolean,
  authorization: string | undefined,
): Promise<SourceError> {
  const { statusCode } = response;
  let text = "";
  try {
    for await (const chunk of response.body) {
      text += String(chunk);
      if (text.length > MAX_ANSWER_TEXT) break;
    }
  } catch {
    text = "";
  }
  const [line = ""] = text.replace(/[^\x20-\x7e\n]/g, "").split("\n", 1);
  const answer = `${redactUrl(url)} answers ${statusCode}${line === "" ? "" : ` (${line.slice(0, MAX_ANSWER_TEXT)})`}`;
  if (statusCode === 401 || statusCode === 403) {
    const why = !trusted
      ? "the credentials were not sent to it, since it is another host than the one configured"
      : authorization === undefined
        ? "it wants credentials, and none are configured"
        : "it does not accept the configured credentials";
    return new SourceError("auth", `${answer}: ${why}`);
  }
  if (statusCode === 404 || statusCode === 410) return new SourceError("not-found", `${answer}: no such repository`);
  return new SourceError("network", answer);
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  spend: (bytes: number) => void,
  fail: (cause: unknown) => unknown,
): AsyncIterableIterator<Uint8Array> {
  try {
    for await (const chunk of body) {
      spend(chunk.byteLength);
      yield chunk;
    }
  } catch (cause) {
    throw fail(cause);
  }
}

async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function flatten(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) flat[name] = String(value);
  return flat;
}
