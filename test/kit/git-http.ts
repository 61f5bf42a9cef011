import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gitEnv } from "./git-repo.ts";

/** Looks at a request before git does; `true` means that it has answered, or wants it never answered. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface GitHttpServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Method, path and Authorization of all requests so far. */
  readonly requests: { readonly method: string; readonly url: string; readonly authorization: string | undefined }[];
  /** What requests must carry; undefined for nothing. */
  authorization: string | undefined;
  intercept: Intercept | undefined;
  /** Bytes of a pack after which the connection is cut. */
  cutAfter: number | undefined;
  /** Stops listening, as a server that is down; `up` listens on the same port again. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** A real git server: `git http-backend` for the repositories below a folder. */
export async function serveGit(folder: string): Promise<GitHttpServer> {
  const requests: GitHttpServer["requests"] = [];
  let server: Server;
  let port = 0;
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { authorization } = request.headers;
    requests.push({ method: request.method!, url: request.url!, authorization });
    if (git.intercept?.(request, response) === true) return;
    if (git.authorization !== undefined && authorization !== git.authorization) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("who are you?");
      return;
    }
    backend(folder, request, response, git.cutAfter);
  };
  const up = async (): Promise<void> => {
    server = createServer(handle);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  };
  const down = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  await up();
  const git: GitHttpServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    authorization: undefined,
    intercept: undefined,
    cutAfter: undefined,
    up,
    down,
    close: down,
  };
  return git;
}

function backend(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  cutAfter: number | undefined,
): void {
  const url = new URL(request.url!, "http://localhost");
  const env = {
    ...gitEnv,
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: request.headers["content-type"] ?? "",
    ...(request.headers["content-length"] === undefined ? {} : { CONTENT_LENGTH: request.headers["content-length"] }),
    HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
    GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
    REMOTE_ADDR: "127.0.0.1",
  };
  const child = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "ignore"] });
  request.pipe(child.stdin);
  child.stdin.on("error", () => {});
  response.on("close", () => child.kill());
  let head: Buffer | undefined = Buffer.alloc(0);
  let sent = 0;
  const isPack = request.method === "POST" && request.headers["git-protocol"] === undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    let body = chunk;
    if (head !== undefined) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const lines = head.toString("latin1", 0, end).split("\r\n");
      const headers = lines.map((line) => line.split(/: (.*)/s) as [string, string]);
      const status = headers.find(([name]) => name === "Status")?.[1] ?? "200";
      for (const [name, value] of headers) if (name !== "Status") response.setHeader(name, value);
      response.writeHead(Number.parseInt(status));
      body = head.subarray(end + 4);
      head = undefined;
    }
    const limit = isPack ? cutAfter : undefined;
    if (limit !== undefined && sent + body.length > limit) {
      response.write(body.subarray(0, limit - sent), () => response.destroy());
      return;
    }
    sent += body.length;
    response.write(body);
  });
  child.stdout.on("end", () => response.end());
}
