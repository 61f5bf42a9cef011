import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of the conformance corpus, or undefined where it is not to be had (tests on it are then skipped). */
export function findCorpus(): string | undefined {
  const folder = process.env["INVAR_CORPUS"] ?? join(import.meta.dirname, "..", "..", "..", "shared", "corpus");
  return existsSync(folder) ? folder : undefined;
}
