import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A real HTTP server on loopback whose answer a test may change at any time. */
export interface ExporterServer {
  readonly address: string;
  /** The requests so far. */
  readonly requests: readonly IncomingMessage[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** Answers with a page from now on. */
  page(text: string | Uint8Array, contentType?: string, headers?: Readonly<Record<string, string>>): void;
  status(code: number): void;
  close(): Promise<void>;
}

export async function openExporter(text = ""): Promise<ExporterServer> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    exporter.answer(request, response);
  });
  const exporter: ExporterServer = {
    address: "",
    requests,
    answer: () => undefined,
    page(body, contentType = "text/plain; version=0.0.4", headers = {}) {
      exporter.answer = (_, response) => {
        response.writeHead(200, { ...(contentType === "" ? {} : { "content-type": contentType }), ...headers });
        response.end(body);
      };
    },
    status(code) {
      exporter.answer = (_, response) => response.writeHead(code).end("no");
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  exporter.page(text);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(exporter, { address: `127.0.0.1:${(server.address() as AddressInfo).port}` });
}
