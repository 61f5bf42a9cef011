import { expect, test } from "vitest";
import { release } from "#src/util/release.ts";

test("large bytes are gone at once, and small ones, which may be part of a shared buffer, stay", () => {
  const large = Buffer.alloc(1 << 20, 1);
  release(large);
  expect(large.length).toBe(0);
  const small = Buffer.from("shared");
  release(small);
  expect(small.toString()).toBe("shared");
});
