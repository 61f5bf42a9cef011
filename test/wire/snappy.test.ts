import { describe, expect, test } from "vitest";
import { compressSnappy, portableSnappy, uncompressSnappy } from "#src/wire/snappy.ts";

const text = Buffer.from("one two one two ".repeat(5000));

describe("snappy", () => {
  test("both implementations read what the other wrote", () => {
    const portable = portableSnappy();
    expect(Buffer.from(uncompressSnappy(portable.compress(text), text.length)).equals(text)).toBe(true);
    expect(Buffer.from(portable.uncompress(compressSnappy(text), text.length)).equals(text)).toBe(true);
    expect(compressSnappy(text).length).toBeLessThan(text.length / 10);
  });

  test("a block that announces too much is refused before it is read", () => {
    expect(() => uncompressSnappy(compressSnappy(text), text.length - 1)).toThrow("more than the limit of 79999");
    expect(() => uncompressSnappy(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), 1 << 20)).toThrow("4294967295 bytes");
  });

  test("damage is an error, wherever it is", () => {
    const block = compressSnappy(text.subarray(0, 200));
    expect(() => uncompressSnappy(new Uint8Array(), 10)).toThrow("damaged");
    for (let cut = 1; cut < block.length; cut += 1)
      expect(() => uncompressSnappy(block.subarray(0, cut), 1000)).toThrow("damaged");
  });
});
