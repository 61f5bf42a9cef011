/** Sends one request until its fate is known: delivered, or refused for good. */
import { HttpError, type HttpClient, type HttpResponse } from "#src/net/http-client.ts";
import { redactUrl } from "#src/net/redact.ts";
import { createBackoff, type Backoff } from "#src/util/backoff.ts";
import { sleep, type Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import { walkSeries } from "#src/wire/remote-write.ts";
import { compressSnappy, uncompressSnappy } from "#src/wire/snappy.ts";
import type { EndpointSettings } from "./settings.ts";
import type { EndpointStats } from "./stats.ts";

const LONGEST_WAIT = 10 * 60_000;
const ERROR_BYTES = 8 << 10;
const MAX_RAW = 256 << 20;

/** A request that is ready to go. */
export interface SealedRequest {
  readonly body: Uint8Array;
  readonly samples: number;
  readonly exemplars: number;
  /** Times of its oldest and newest sample. */
  readonly oldest: number;
  readonly newest: number;
}

export interface SenderOptions {
  readonly settings: () => EndpointSettings;
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stats: EndpointStats;
  /** Told what happened to each attempt; undefined: it went well. */
  readonly onAttempt: (failure: string | undefined) => void;
  readonly observe: (seconds: number) => void;
  /** Aborted when everything is to stop. */
  readonly signal: AbortSignal;
  /** Aborted when waiting has become pointless: the settings have changed. A new one follows each. */
  readonly impatience: () => AbortSignal;
}

type Verdict = "delivered" | "split" | "refused" | { readonly retryAfter: number };

export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Resolves with true when the request is settled, with false when sending was stopped before. */
  async send(request: SealedRequest): Promise<boolean> {
    const { signal, stats, settings } = this.#options;
    const { queue } = settings();
    const backoff = createBackoff(queue.min_backoff, Math.max(queue.min_backoff, queue.max_backoff));
    let left: SealedRequest | undefined = request;
    while (!signal.aborted) {
      left = this.#withoutOld(left);
      if (left === undefined) return true;
      const verdict = await this.#attempt(left);
      if (signal.aborted && typeof verdict === "object") return false;
      if (verdict === "delivered") {
        this.#delivered(left);
        return true;
      }
      if (verdict === "split") return this.#split(left);
      if (verdict === "refused") {
        stats.dropped.rejected += left.samples;
        stats.exemplars.failed += left.exemplars;
        return true;
      }
      stats.retried += left.samples;
      stats.exemplars.retried += left.exemplars;
      await this.#wait(verdict.retryAfter, backoff);
    }
    return false;
  }

  /** Sends a request of metadata once; what fails is sent again with the next round. */
  async sendOnce(body: Uint8Array): Promise<boolean> {
    return (await this.#attempt({ body, samples: 0, exemplars: 0, oldest: Infinity, newest: 0 })) === "delivered";
  }

  #delivered(request: SealedRequest): void {
    const { stats } = this.#options;
    stats.delivered += request.samples;
    stats.exemplars.delivered += request.exemplars;
    stats.bytes += request.body.length;
    stats.newest = Math.max(stats.newest, request.newest);
  }

  async #wait(retryAfter: number, backoff: Backoff): Promise<void> {
    const { clock, signal, impatience } = this.#options;
    const delay = Math.min(LONGEST_WAIT, Math.max(retryAfter, backoff.next()));
    await sleep(clock, delay, AbortSignal.any([signal, impatience()])).catch(() => undefined);
  }

  async #attempt(request: SealedRequest): Promise<Verdict> {
    const { client, clock, signal, stats, onAttempt, observe } = this.#options;
    const settings = this.#options.settings();
    const began = clock.now();
    let response: HttpResponse;
    try {
      response = await client.request({
        method: "POST",
        url: settings.url,
        headers: {
          ...Object.fromEntries([...settings.headers].map(([name, value]) => [name.toLowerCase(), value])),
          "content-encoding": "snappy",
          "content-type": "application/x-protobuf",
          "x-prometheus-remote-write-version": "0.1.0",
        },
        body: request.body,
        signal,
        timeout: settings.timeout,
        maxBytes: ERROR_BYTES,
        overflow: "cut",
      });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      onAttempt(error.message);
      return { retryAfter: 0 };
    }
    const took = clock.now() - began;
    observe(took / 1000);
    stats.sendTime += took;
    return this.#judge(response, request, settings);
  }

  #judge(response: HttpResponse, request: SealedRequest, settings: EndpointSettings): Verdict {
    const { log, stats, onAttempt } = this.#options;
    const { status } = response;
    if (status >= 200 && status < 300) {
      stats.sentSamples += request.samples;
      onAttempt(undefined);
      return "delivered";
    }
    const text = Buffer.from(response.body).toString("utf8").slice(0, 256).trim();
    const failure = `POST ${redactUrl(settings.url)}: the server answered ${status}${text === "" ? "" : `: ${text}`}`;
    if (status >= 500 || (status === 429 && settings.queue.retry_on_http_429)) {
      onAttempt(failure);
      return { retryAfter: parseRetryAfter(response.headers["retry-after"], this.#options.clock.now()) };
    }
    // The server works and does not want this request: that says nothing about the next.
    onAttempt(undefined);
    if (status === 413 && request.samples + request.exemplars > 1) return "split";
    log.warn("the server refuses a request for good, dropping it", {
      endpoint: settings.name,
      samples: request.samples,
      err: failure,
    });
    return "refused";
  }

  /** Too large for the server: the same in two halves, in order. */
  async #split(request: SealedRequest): Promise<boolean> {
    const raw = uncompressSnappy(request.body, MAX_RAW);
    let count = 0;
    let middle = 0;
    const half = (request.samples + request.exemplars) >> 1;
    walkSeries(raw, (_start, end) => {
      count += 1;
      if (count === half) middle = end;
    });
    for (const part of [raw.subarray(0, middle), raw.subarray(middle)])
      if (!(await this.send(describe(part)))) return false;
    return true;
  }

  /** Takes out what has become older than the limit while it waited. */
  #withoutOld(request: SealedRequest): SealedRequest | undefined {
    const { stats, clock } = this.#options;
    const limit = this.#options.settings().queue.sample_age_limit;
    const since = clock.now() - limit;
    if (limit === 0 || request.oldest >= since) return request;
    const raw = uncompressSnappy(request.body, MAX_RAW);
    const kept: Uint8Array[] = [];
    walkSeries(raw, (start, end, newest) => void (newest >= since && kept.push(raw.subarray(start, end))));
    const left = describe(Buffer.concat(kept));
    stats.dropped.too_old += request.samples - left.samples;
    stats.exemplars.dropped += request.exemplars - left.exemplars;
    return left.samples + left.exemplars === 0 ? undefined : left;
  }
}

/** Counts and compresses the series of a request, each of which holds one sample or one exemplar. */
function describe(raw: Uint8Array): SealedRequest {
  let samples = 0;
  let exemplars = 0;
  let oldest = Infinity;
  let newest = 0;
  walkSeries(raw, (_start, _end, time, isSample) => {
    if (isSample) samples += 1;
    else exemplars += 1;
    oldest = Math.min(oldest, time);
    newest = Math.max(newest, time);
  });
  return { body: compressSnappy(raw), samples, exemplars, oldest, newest };
}

/** Milliseconds that a Retry-After header asks to wait: it holds seconds or a date. */
export function parseRetryAfter(header: string | readonly string[] | undefined, now: number): number {
  if (typeof header !== "string") return 0;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : 0;
}
