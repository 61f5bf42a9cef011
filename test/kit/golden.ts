import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";

const folder = join(import.meta.dirname, "..", "golden");

/** The cases of a golden folder with a suffix: name without it, content. */
export function goldenCases(set: string, suffix: string): { name: string; bytes: Buffer }[] {
  return globSync(join(folder, set, `*${suffix}`))
    .sort()
    .map((path) => ({ name: basename(path, suffix), bytes: readFileSync(path) }));
}

/** Compares a text with a golden file; with UPDATE=1 in the environment it writes the file instead. */
export function expectGolden(set: string, file: string, actual: string): void {
  const path = join(folder, set, file);
  if (process.env["UPDATE"] === "1") return writeFileSync(path, actual);
  expect(actual).toBe(existsSync(path) ? readFileSync(path, "utf8") : undefined);
}
