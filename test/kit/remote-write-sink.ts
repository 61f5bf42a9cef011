import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeWriteRequest, type DecodedRequest } from "#src/wire/remote-write.ts";
import { uncompressSnappy } from "#src/wire/snappy.ts";
import type { MetricMetadata } from "#src/signal/samples.ts";
import { bodyOf } from "./http.ts";

/** How the sink meets a request. Given a status, it takes nothing and answers so. */
export type SinkMode =
  | "take"
  | "hang"
  | "reset"
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly times?: number };

/** A remote-write server on loopback that keeps the ledger: every value of every series, in the order of arrival. */
export interface RemoteWriteSink {
  readonly url: string;
  readonly port: number;
  /** Values by series (`name{a="b"}`), as they came. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  readonly requests: readonly (DecodedRequest & { readonly headers: IncomingMessage["headers"] })[];
  readonly metadata: ReadonlyMap<string, MetricMetadata>;
  /** All samples taken. */
  readonly samples: number;
  /** Requests that came, taken or not. */
  readonly attempts: number;
  mode: SinkMode;
  /** Refuses requests of more samples with status 413. */
  limit: number;
  /** Milliseconds before each answer. */
  delay: number;
  /** Resolves as soon as the condition holds; it is looked at after every request. */
  until(condition: () => boolean): Promise<void>;
  /** Refuses connections. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function remoteWriteSink(port = 0): Promise<RemoteWriteSink> {
  const values = new Map<string, number[]>();
  const metadata = new Map<string, MetricMetadata>();
  const requests: (DecodedRequest & { headers: IncomingMessage["headers"] })[] = [];
  let watchers: { readonly condition: () => boolean; readonly resolve: () => void }[] = [];
  let samples = 0;
  let attempts = 0;
  let server: Server | undefined;

  const look = (): void => {
    for (const { condition, resolve } of watchers) if (condition()) resolve();
    watchers = watchers.filter(({ condition }) => !condition());
  };
  const take = (request: DecodedRequest): void => {
    for (const { labels, samples: taken } of request.series) {
      const key = keyOf(labels);
      let known = values.get(key);
      if (known === undefined) values.set(key, (known = []));
      for (const { value } of taken) known.push(value);
      samples += taken.length;
    }
    for (const entry of request.metadata) metadata.set(entry.family, entry);
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    attempts += 1;
    const { mode } = sink;
    if (mode === "hang") return;
    if (mode === "reset") {
      request.socket.resetAndDestroy();
      return;
    }
    if (sink.delay > 0) await new Promise((resolve) => setTimeout(resolve, sink.delay));
    if (typeof mode === "object") {
      response.writeHead(mode.status, mode.headers).end(`the sink says ${mode.status}`);
      if (mode.times !== undefined) sink.mode = mode.times <= 1 ? "take" : { ...mode, times: mode.times - 1 };
      return;
    }
    const decoded = decodeWriteRequest(uncompressSnappy(body, 64 << 20));
    if (decoded.series.length > sink.limit) {
      response.writeHead(413).end("too large");
      return;
    }
    take(decoded);
    requests.push({ ...decoded, headers: request.headers });
    response.writeHead(204).end();
  };
  const up = async (): Promise<void> => {
    const started = createServer((request, response) => {
      answer(request, response)
        .catch(() => request.socket.destroy())
        .finally(look);
    });
    await new Promise<void>((resolve) => started.listen(sink.port, "127.0.0.1", resolve));
    server = started;
    port = (started.address() as AddressInfo).port;
  };
  const down = async (): Promise<void> => {
    const old = server;
    server = undefined;
    old?.closeAllConnections();
    await new Promise((resolve) => (old === undefined ? resolve(undefined) : old.close(resolve)));
  };
  const sink: RemoteWriteSink = {
    get url() {
      return `http://127.0.0.1:${port}/api/v1/write`;
    },
    get port() {
      return port;
    },
    values,
    requests,
    metadata,
    get samples() {
      return samples;
    },
    get attempts() {
      return attempts;
    },
    mode: "take",
    limit: Infinity,
    delay: 0,
    until: (condition) =>
      new Promise((resolve) => {
        if (condition()) resolve();
        else watchers.push({ condition, resolve });
      }),
    up,
    down,
    close: down,
  };
  await up();
  return sink;
}

function keyOf(labels: readonly string[]): string {
  let name = "";
  const rest: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    if (labels[i] === "__name__") name = labels[i + 1]!;
    else rest.push(`${labels[i]}="${labels[i + 1]}"`);
  return `${name}{${rest.join(",")}}`;
}
