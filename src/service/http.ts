/**
 * The HTTP server of the process (specification 7.3 to 7.5): readiness, health, reload, metrics, components' own handlers,
 * the UI's API, generations and sources. The port is opened at once; the routes, and fastify with them, are loaded after
 * the first configuration or with the first request, whichever comes first, so that they cost a start nothing.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Engine, Outcome } from "#src/runtime/types.ts";
import type { SourceStatus } from "#src/source/feed.ts";
import type { Clock } from "#src/util/clock.ts";
import type { Logger } from "#src/util/log.ts";
import type { MetricStore } from "#src/util/metric-store.ts";
import { createGate, type Gate } from "./basic-auth.ts";
import type { HttpArgs } from "./http-args.ts";
import { createListener } from "./listener.ts";
import type { LiveDebugging } from "./live.ts";

export interface HttpServiceOptions {
  /** `--server.http.listen-addr`. */
  readonly listenAddress: string;
  /** `--server.http.ui-path-prefix`. */
  readonly uiPathPrefix: string;
  readonly engine: Engine;
  readonly metrics: MetricStore;
  readonly log: Logger;
  readonly clock: Clock;
  /** Loads the root source again. */
  readonly reload: () => Promise<Outcome>;
  /** The state of every source that is in use, with the global id of the import it is for; `""` for the start-up SOURCE. */
  readonly sources: () => readonly (SourceStatus & { readonly node: string })[];
  readonly live: LiveDebugging;
  /** Name of this process among its peers. */
  readonly nodeName: string;
}

export interface HttpService {
  /** Prepares what an `http` block asks for, whose check found nothing wrong; the returned function puts it in force for later connections. */
  prepare(args: HttpArgs): () => void;
  open(): Promise<void>;
  /** Loads the routes ahead of the first request. */
  warm(): Promise<void>;
  /** `host:port` as it was bound; undefined before `open`. */
  readonly address: string | undefined;
  close(): Promise<void>;
}

type Routes = (request: IncomingMessage, response: ServerResponse) => void;

/** The server, with no port open yet and no protection until `prepare`d. */
export function createHttpService(options: HttpServiceOptions): HttpService {
  const { log } = options;
  let gate: Gate = () => true;
  let loading: Promise<Routes> | undefined;
  const routes = (): Promise<Routes> =>
    (loading ??= import("./routes.ts").then(({ createRoutes }) =>
      createRoutes({ ...options, address: () => listener.address ?? options.listenAddress }),
    ));

  const listener = createListener(options.listenAddress, log, (request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0]!;
    if (!gate(path, request.headers.authorization)) {
      log.info("refused a request without the right password", { path });
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="Restricted"' }).end();
      return;
    }
    routes().then(
      (handle) => handle(request, response),
      (error: unknown) => {
        log.error("loading the routes of the HTTP server", { err: error });
        response.writeHead(500).end();
      },
    );
  });
  return {
    prepare({ tls, auth }) {
      const point = listener.prepare(tls);
      const next = createGate(auth);
      return () => {
        point();
        gate = next;
      };
    },
    open: () => listener.open(),
    warm: async () => void (await routes()),
    get address() {
      return listener.address;
    },
    close: () => listener.close(),
  };
}
