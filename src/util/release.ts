/** Smaller ones are not worth it, and Node may have cut them from a buffer that others use too. */
const SMALLEST = 64 << 10;

/**
 * Frees at once the memory of bytes that nobody else holds; they are empty from then on. Left to itself, the garbage
 * collector looks through the whole heap for each few dozen megabytes of them.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (byteLength >= SMALLEST && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
