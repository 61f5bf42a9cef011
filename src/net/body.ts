import type { Dispatcher } from "undici";
import { HttpError } from "./http-error.ts";

/** No more is set aside on the word of Content-Length alone. */
const MAX_AHEAD = 1 << 20;

/**
 * Reads a body into bytes that nobody else holds; one that is larger than allowed is an error, or with `cut` is left off
 * after the chunk that goes too far.
 */
export async function readBody(response: Dispatcher.ResponseData, maxBytes: number, cut = false): Promise<Uint8Array> {
  const { body } = response;
  body.on("error", () => undefined);
  const tooLarge = (): HttpError => new HttpError("too-large", `the body is larger than ${maxBytes} bytes`);
  const announced = Number(response.headers["content-length"] ?? 0);
  if (!cut && announced > maxBytes) {
    body.destroy();
    throw tooLarge();
  }
  let buffer = new ArrayBuffer(announced > 0 ? Math.min(announced, maxBytes, MAX_AHEAD) : 0);
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const end = size + chunk.length;
    if (end > buffer.byteLength) buffer = buffer.transfer(Math.max(end, 2 * buffer.byteLength));
    new Uint8Array(buffer).set(chunk, size);
    size = end;
    if (size <= maxBytes) continue;
    if (cut) break;
    throw tooLarge();
  }
  return Buffer.from(buffer, 0, size);
}

/** Drops a body that nobody reads: a short one is read to the end, so that its connection can be used again. */
export async function discard(response: Dispatcher.ResponseData): Promise<void> {
  await response.body.dump({ limit: 64 << 10 });
}
