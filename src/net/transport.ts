/** One hop of HTTP: sockets, TLS and proxies by way of undici, which is loaded with the first request. */
import type { buildConnector, Dispatcher } from "undici";
import type { Clock } from "#src/util/clock.ts";
import type { ProxyArgs, TlsArgs } from "./http-args.ts";
import { chooseProxy, type ProxyChooser } from "./proxy.ts";
import { createTlsMaterial, type TlsOptions } from "./tls.ts";

const CONNECT_MS = 10_000;
const IDLE_MS = 60_000;

export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string | string[]>;
  readonly body: Uint8Array | string | undefined;
  readonly signal: AbortSignal;
}

export interface Transport {
  send(hop: Hop): Promise<Dispatcher.ResponseData>;
  /** Lets what is under way finish, then closes the sockets. */
  retire(): void;
  /** Ends what is under way and closes the sockets. */
  destroy(): Promise<void>;
}

export interface TransportOptions {
  readonly tls: TlsArgs | undefined;
  readonly proxy: ProxyArgs;
  readonly http2: boolean;
  readonly connections: number;
  readonly clock: Clock;
}

export function createTransport(options: TransportOptions): Transport {
  const material = createTlsMaterial(options.tls, options.clock);
  let proxyFor: ProxyChooser | undefined;
  const dispatchers = new Map<string, Dispatcher>();
  let builtFor: TlsOptions | undefined;

  const retire = (): void => {
    for (const dispatcher of dispatchers.values()) dispatcher.close().catch(() => undefined);
    dispatchers.clear();
  };
  const dispatcherFor = async (url: URL): Promise<Dispatcher> => {
    // A bundle shows the names of a CommonJS package on its default export only.
    const { default: undici } = await import("undici");
    const tls = await material.load();
    if (tls !== builtFor) retire();
    builtFor = tls;
    proxyFor ??= chooseProxy(options.proxy, process.env);
    const proxy = proxyFor(url);
    const tunnel = url.protocol === "https:";
    const key = proxy === undefined ? "" : `${tunnel} ${proxy.href}`;
    let dispatcher = dispatchers.get(key);
    if (dispatcher === undefined) {
      dispatcher = proxy === undefined ? direct(undici, options, tls) : through(undici, options, tls, proxy, tunnel);
      dispatchers.set(key, dispatcher);
    }
    return dispatcher;
  };

  return {
    async send({ method, url, headers, body, signal }) {
      const dispatcher = await dispatcherFor(url);
      return dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as Dispatcher.HttpMethod,
        headers,
        body: body ?? null,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    },
    retire,
    async destroy() {
      const open = [...dispatchers.values()];
      dispatchers.clear();
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

type Undici = typeof import("undici").default;

function agentOptions({ connections, http2 }: TransportOptions) {
  return { connections, allowH2: http2, keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS, pipelining: 1 };
}

function direct(undici: Undici, options: TransportOptions, tls: TlsOptions): Dispatcher {
  const connect = undici.buildConnector({ ...tls, timeout: CONNECT_MS, allowH2: options.http2 });
  const { servername } = tls;
  // A connection that is asked for names the URL's host: the configured name must win over it.
  const named: buildConnector.connector = (target, callback) =>
    connect(servername !== undefined && target.protocol === "https:" ? { ...target, servername } : target, callback);
  return new undici.Agent({ ...agentOptions(options), connect: named });
}

function through(undici: Undici, options: TransportOptions, tls: TlsOptions, proxy: URL, tunnel: boolean): Dispatcher {
  const headers: Record<string, string[]> = {};
  // These are for CONNECT alone; a forwarded request would carry them on to the server.
  if (tunnel)
    for (const [name, values] of options.proxy.proxy_connect_header ?? [])
      headers[name.toLowerCase()] = values.map((value) => value.reveal());
  const { servername: _, ...proxyTls } = tls;
  return new undici.ProxyAgent({
    ...agentOptions(options),
    uri: proxy.href.replace(/^socks5h:/, "socks5:"),
    headers,
    requestTls: { ...tls, timeout: CONNECT_MS, allowH2: options.http2 },
    proxyTls: { ...proxyTls, timeout: CONNECT_MS },
  });
}
