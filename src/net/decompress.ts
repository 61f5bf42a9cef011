import { promisify } from "node:util";
import * as zlib from "node:zlib";

/** Longer bodies are decompressed off the event loop. */
const ON_LOOP = 256 << 10;

/** What requests offer in Accept-Encoding. */
export const ACCEPTED_ENCODINGS = "gzip, deflate";

/** Undoes a Content-Encoding, giving at most `maxBytes`. Throws an error of code `ERR_BUFFER_TOO_LARGE` when there is more. */
export async function decompress(encoding: string, body: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (encoding === "" || encoding === "identity") return body;
  const options = { maxOutputLength: Math.max(1, maxBytes), chunkSize: 64 << 10 };
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return body.length <= ON_LOOP ? zlib.gunzipSync(body, options) : gunzip(body, options);
    case "deflate":
      return body.length <= ON_LOOP ? zlib.inflateSync(body, options) : inflate(body, options);
    default:
      throw new Error(`the body is encoded as ${JSON.stringify(encoding.slice(0, 40))}, which was not asked for`);
  }
}

const gunzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflate);
