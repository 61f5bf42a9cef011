import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Server as NetServer } from "node:net";
import type { HttpClientArgs } from "#src/net/http-args.ts";

/** What an empty block of HTTP client arguments decodes to, with some laid over it. */
export function httpArgs(over: Partial<HttpClientArgs> = {}): HttpClientArgs {
  return {
    bearer_token: undefined,
    bearer_token_file: undefined,
    enable_http2: true,
    follow_redirects: true,
    http_headers: undefined,
    proxy_url: undefined,
    no_proxy: undefined,
    proxy_from_environment: false,
    proxy_connect_header: undefined,
    basic_auth: undefined,
    authorization: undefined,
    oauth2: undefined,
    tls_config: undefined,
    ...over,
  };
}

/** What an empty `tls_config` block decodes to, with some laid over it. */
export function tlsArgs(over: Partial<NonNullable<HttpClientArgs["tls_config"]>> = {}) {
  return {
    ca_pem: undefined,
    ca_file: undefined,
    cert_pem: undefined,
    cert_file: undefined,
    key_pem: undefined,
    key_file: undefined,
    server_name: undefined,
    insecure_skip_verify: false,
    min_version: undefined,
    ...over,
  };
}

export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly requests: { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"] }[];
  close(): Promise<void>;
}

/** An HTTP server on loopback that notes what it is asked. */
export async function serve(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  create: (listener: RequestListener) => Server = (listener) => createServer(listener),
  scheme = "http",
): Promise<TestServer> {
  const requests: TestServer["requests"] = [];
  const server = create((request, response) => {
    requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    handler(request, response);
  });
  const port = await listen(server);
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Listens on a free port of loopback. */
export async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** All bytes of a request's body. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
