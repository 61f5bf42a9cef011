import { promisify } from "node:util";
import * as zlib from "node:zlib";

/** Longer bodies are decompressed off the event loop. */
const ON_LOOP = 256 << 10;
const CHUNK = 64 << 10;
/** Where output fills its buffer to the last byte, zlib sets aside another. */
const MARGIN = 1024;
/** No more is set aside on the word of a body alone. */
const MAX_AHEAD = 16 << 20;
/** Deflate makes nothing smaller than to this part. */
const MAX_RATIO = 1032;

/** What requests offer in Accept-Encoding. */
export const ACCEPTED_ENCODINGS = "gzip, deflate";

/**
 * Undoes a Content-Encoding, giving at most `maxBytes`: the body itself, or bytes that nobody else holds. Throws an error
 * of code `ERR_BUFFER_TOO_LARGE` when there is more.
 */
export async function decompress(encoding: string, body: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (encoding === "" || encoding === "identity") return body;
  const maxOutputLength = Math.max(1, maxBytes);
  switch (encoding) {
    case "gzip":
    case "x-gzip": {
      const options = { maxOutputLength, chunkSize: Math.min(announcedSize(body), maxOutputLength) + MARGIN };
      return body.length <= ON_LOOP ? zlib.gunzipSync(body, options) : gunzip(body, options);
    }
    case "deflate": {
      const options = { maxOutputLength, chunkSize: CHUNK };
      return body.length <= ON_LOOP ? zlib.inflateSync(body, options) : inflate(body, options);
    }
    default:
      throw new Error(`the body is encoded as ${JSON.stringify(encoding.slice(0, 40))}, which was not asked for`);
  }
}

/** What the last four bytes say (RFC 1952, ISIZE), as far as it is believable: output of that size comes in one piece. */
function announcedSize(body: Uint8Array): number {
  if (body.length < 4) return 0;
  const size = new DataView(body.buffer, body.byteOffset + body.length - 4).getUint32(0, true);
  return Math.min(size, body.length * MAX_RATIO, MAX_AHEAD);
}

const gunzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.inflate);
