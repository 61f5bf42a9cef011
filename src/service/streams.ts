/** Endless answers of the UI's API: items and measurements, each followed by `|;|` (specification 7.5). */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RouteOptions } from "./routes.ts";

/** What may wait for a slow reader, in UTF-16 units; what comes beyond is dropped. */
const MAX_WAITING = 1024 * 1024;

/** Streams what flows through a component, at most once a second, until the reader leaves. */
export function streamFlow(
  { live, clock }: RouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  globalId: string,
): FastifyReply {
  const probability = sampleProbability(request);
  let waiting = "";
  return stream(reply, (write, signal) => {
    live.watch(
      globalId,
      (text) => {
        if (Math.random() >= probability || waiting.length > MAX_WAITING) return;
        const item = `${text()}|;|`;
        if (waiting.length + item.length <= MAX_WAITING) waiting += item;
      },
      signal,
    );
    const flush = (): void => {
      if (waiting !== "" && write(waiting)) waiting = "";
      cancel = clock.after(1000, flush);
    };
    let cancel = clock.after(1000, flush);
    signal.addEventListener("abort", () => cancel());
  });
}

/** Streams how much flowed between the components of a module, once in each window. */
export function streamGraph(
  { live }: RouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  moduleId: string,
): FastifyReply {
  const { window } = request.query as { readonly window?: string };
  const seconds = Number(window ?? 5);
  if (!(seconds >= 1 && seconds <= 60)) return refuse(reply, "window must be a number of seconds from 1 to 60", 400);
  return stream(reply, (write, signal) =>
    live.measure(moduleId, seconds * 1000, (edges) => void write(`${JSON.stringify(edges)}|;|`), signal),
  );
}

function sampleProbability(request: FastifyRequest): number {
  const { sampleProb } = request.query as { readonly sampleProb?: string };
  const probability = Number(sampleProb ?? 1);
  return probability >= 0 && probability <= 1 ? probability : 1;
}

/** Takes over the answer. `write` is false while the reader has yet to take what was written before. */
function stream(
  reply: FastifyReply,
  begin: (write: (text: string) => boolean, signal: AbortSignal) => void,
): FastifyReply {
  const gone = new AbortController();
  try {
    begin((text) => !reply.raw.writableNeedDrain && (reply.raw.write(text), true), gone.signal);
  } catch (error) {
    gone.abort();
    return refuse(reply, error instanceof Error ? error.message : String(error));
  }
  reply.hijack();
  reply.raw.writeHead(200, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" });
  reply.raw.flushHeaders();
  reply.raw.on("close", () => gone.abort());
  return reply;
}

function refuse(reply: FastifyReply, message: string, status = 500): FastifyReply {
  return reply.code(status).type("text/plain; charset=utf-8").send(`${message}\n`);
}
