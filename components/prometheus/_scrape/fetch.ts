/** Gets a target's page: over HTTP, or from a component of this process without a socket. */
import { STATUS_CODES } from "node:http";
import type { Handler, HandlerResponse } from "#src/component/define.ts";
import { HttpError, type HttpClient } from "#src/net/http-client.ts";
import type { Clock } from "#src/util/clock.ts";
import type { ScrapeTarget } from "./target.ts";

export interface FetchSettings {
  readonly accept: string;
  readonly compress: boolean;
  /** 0 for no limit. */
  readonly bodySizeLimit: number;
}

export interface FetchedPage {
  readonly body: Uint8Array;
  /** Whether nobody else holds the body. */
  readonly own: boolean;
  readonly contentType: string;
}

/** No page is larger, whatever the limit says: it is held in memory as a whole. */
const MAX_BYTES = 512 << 20;

/** The body reached the configured limit. */
export class BodySizeError extends Error {
  constructor() {
    super("body size limit exceeded");
  }
}

/** Fetches a page; rejects with an error that says what went wrong. */
export async function fetchPage(
  target: ScrapeTarget,
  settings: FetchSettings,
  client: HttpClient,
  local: Handler | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<FetchedPage> {
  const headers = {
    accept: settings.accept,
    "accept-encoding": settings.compress ? "gzip" : "identity",
    "x-prometheus-scrape-timeout-seconds": String(target.timeout / 1000),
  };
  const limit = settings.bodySizeLimit;
  const response =
    local === undefined
      ? await request(target, headers, limit, client, signal)
      : answer(await askLocal(local, target, headers, clock, signal));
  if (response.status !== 200)
    throw new Error(`server returned HTTP status ${response.status} ${STATUS_CODES[response.status] ?? ""}`.trimEnd());
  if (limit > 0 && response.body.length >= limit) throw new BodySizeError();
  return response;
}

type Answer = FetchedPage & { readonly status: number };

async function request(
  target: ScrapeTarget,
  headers: Readonly<Record<string, string>>,
  limit: number,
  client: HttpClient,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const {
      status,
      headers: answered,
      body,
    } = await client.request({
      method: "GET",
      url: target.url,
      headers,
      signal,
      timeout: target.timeout,
      maxBytes: limit > 0 ? Math.min(limit, MAX_BYTES) : MAX_BYTES,
    });
    return { status, body, own: true, contentType: [answered["content-type"] ?? ""].flat()[0] ?? "" };
  } catch (error) {
    if (limit > 0 && error instanceof HttpError && error.kind === "too-large") throw new BodySizeError();
    throw error;
  }
}

/** Asks a handler of this process, no longer than a server may take. */
async function askLocal(
  local: Handler,
  target: ScrapeTarget,
  headers: Readonly<Record<string, string>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<HandlerResponse> {
  const controller = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (reason: string): void => {
    ended.reject(new Error(`GET ${target.shown}: ${reason}`));
    controller.abort();
  };
  const abort = (): void => end("aborted");
  const cancel = clock.after(target.timeout, () => end(`no answer within ${target.timeout / 1000}s`));
  signal.addEventListener("abort", abort, { once: true });
  try {
    const asked = local({ method: "GET", path: target.path, headers, signal: controller.signal });
    return await Promise.race([asked, ended.promise]);
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}

function answer({ status, headers, body }: HandlerResponse): Answer {
  const contentType = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  return { status, contentType, own: false, body: typeof body === "string" ? Buffer.from(body) : body };
}
