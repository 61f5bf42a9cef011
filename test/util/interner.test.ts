import { expect, test } from "vitest";
import { Interner } from "#src/util/interner.ts";

test("any text comes back equal, in whatever order", () => {
  const texts = new Interner(16);
  for (let round = 0; round < 3; round++)
    for (let i = 0; i < 500; i++) expect(texts.intern(`text ${i}`)).toBe(`text ${i}`);
  expect(texts.intern("")).toBe("");
});
