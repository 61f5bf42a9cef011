/** Snappy blocks: the native library where it loads, JavaScript where it does not. */
import { createRequire } from "node:module";

interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  uncompress(bytes: Uint8Array, limit: number): Uint8Array;
}

interface NativeSnappy {
  compressSync(bytes: Uint8Array, options: { copyOutputData: boolean }): Uint8Array;
  uncompressSync(bytes: Uint8Array, options: { asBuffer: boolean; copyOutputData: boolean }): Uint8Array;
}

let codec: Codec | undefined;

function load(): Codec {
  const require = createRequire(import.meta.url);
  try {
    const native = require("snappy") as NativeSnappy;
    // Without the copy every block leaves a finalizer behind, and a busy loop never runs them.
    return {
      compress: (bytes) => native.compressSync(bytes, { copyOutputData: true }),
      uncompress: (bytes) => native.uncompressSync(bytes, { asBuffer: true, copyOutputData: true }),
    };
  } catch {
    return portableSnappy();
  }
}

/** The JavaScript implementation, for platforms without the native one. */
export function portableSnappy(): Codec {
  const portable = createRequire(import.meta.url)("snappyjs") as {
    compress(bytes: Uint8Array): Uint8Array;
    uncompress(bytes: Uint8Array, limit?: number): Uint8Array;
  };
  return {
    compress: (bytes) => portable.compress(bytes),
    uncompress: (bytes, limit) => portable.uncompress(bytes, limit),
  };
}

/** Compresses one block. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  return (codec ??= load()).compress(bytes);
}

/** Uncompresses one block. A block that announces more than `limit` bytes is refused before anything is allocated. */
export function uncompressSnappy(bytes: Uint8Array, limit: number): Uint8Array {
  const length = announcedLength(bytes);
  if (length > limit) throw new Error(`the snappy block holds ${length} bytes, more than the limit of ${limit}`);
  try {
    return (codec ??= load()).uncompress(bytes, limit);
  } catch (error) {
    throw new Error("the snappy block is damaged", { cause: error });
  }
}

function announcedLength(bytes: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5 && i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new Error("the snappy block is damaged: its length cannot be read");
}
