/**
 * The one port of the process. It is opened once; what an `http` block changes (TLS, clients' certificates) concerns
 * connections that come later, and those that are open stay.
 */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Logger } from "#src/util/log.ts";
import type { ServerTlsArgs } from "./http-args.ts";
import { createTlsFront, type TlsFront } from "./server-tls.ts";

/** Connections that may be open at a time. */
const MAX_CONNECTIONS = 4096;
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 60_000;

export interface Listener {
  /** Resolves when the port is open. */
  open(): Promise<void>;
  /** Prepares the way in for later connections; undefined for plain HTTP. Throws when the block's files are bad. */
  prepare(tls: ServerTlsArgs | undefined): () => void;
  /** `host:port` as it was bound; undefined before `open`. */
  readonly address: string | undefined;
  close(): Promise<void>;
}

/** A listener for `host:port`, `[v6]:port` or `:port`. */
export function createListener(address: string, log: Logger, handle: RequestListener): Listener {
  const { host, port } = splitAddress(address);
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT, requestTimeout: REQUEST_TIMEOUT }, handle);
  server.maxConnections = MAX_CONNECTIONS;
  const sockets = new Set<Socket>();
  let front: TlsFront | undefined;

  const [serve] = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  const accept = (socket: Socket): void => serve!.call(server, socket);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    if (front === undefined) return accept(socket);
    socket.on("error", () => socket.destroy());
    front.refresh();
    front.server.emit("connection", socket);
  });
  return {
    open() {
      return new Promise((resolve, reject) => {
        server.once("error", (cause) => reject(new Error(`listening on ${address}: ${cause.message}`, { cause })));
        server.listen({ ...(host !== "" && { host }), port }, resolve);
      });
    },
    prepare(tls) {
      const onProblem = (error: Error): void => log.warn("kept the certificates that were read before", { err: error });
      const next = tls === undefined ? undefined : createTlsFront(tls, accept, onProblem);
      return () => {
        front = next;
      };
    },
    get address() {
      const bound = server.address() as AddressInfo | null;
      if (bound === null) return undefined;
      return bound.family === "IPv6" ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const [, v6, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new Error(`${JSON.stringify(address)} is no address to listen on: it should be HOST:PORT`);
  return { host: v6 ?? plain ?? "", port: Number(port) };
}
