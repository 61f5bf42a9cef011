import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODES, describeCodes } from "#src/diag/codes.ts";

const root = join(import.meta.dirname, "..", "..");

test("docs/diagnostics.md is what the table says", () => {
  const path = join(root, "docs", "diagnostics.md");
  expect(readFileSync(path, "utf8"), "write it anew from describeCodes()").toBe(describeCodes());
});

test("the table is in order, and every code in it is used", () => {
  const codes = Object.keys(CODES);
  expect(codes).toEqual(codes.toSorted());
  const files = globSync("{src,components,sources,secrets}/**/*.ts", { cwd: root }).filter(
    (f) => f !== "src/diag/codes.ts",
  );
  const text = files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
  // Codes that say what is missing are put together: `missing-${what}`.
  const unused = codes.filter((code) => !text.includes(`"${code}"`) && !text.includes(`\`${code.split("-")[0]}-\${`));
  expect(unused).toEqual([]);
});
