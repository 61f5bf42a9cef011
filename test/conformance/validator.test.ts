/** Alloy's own validator cases: what is wrong, in its words, at its places, in its order (corpus `validator`). */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { validate } from "#src/compile/validate.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import { textBundle } from "#test/kit/bundle.ts";
import { compileOptions } from "#test/kit/compile-options.ts";
import { findCorpus } from "#test/kit/corpus.ts";
import { parseTxtar } from "#test/kit/txtar.ts";

const corpus = findCorpus();
const folder = join(corpus ?? "", "validator");
const cases = corpus === undefined ? [] : globSync("*/*.txtar", { cwd: folder }).sort();

describe.skipIf(corpus === undefined)("validator corpus", () => {
  test.each(cases)("%s", async (name) => {
    const { files } = parseTxtar(readFileSync(join(folder, name), "utf8"));
    const { diagnostics, texts } = await validate({
      bundle: textBundle(files),
      origin: { modulePath: "", bundle: undefined, folder: "" },
      prefix: "",
      options: compileOptions({ stability: name.startsWith("ga") ? "generally-available" : "experimental" }),
      // Alloy's validator knows nothing of what imports hold.
      resolveImport: () => Promise.resolve("the case does not bring it"),
    });
    // The corpus presumes that all of Alloy's components exist.
    const found = diagnostics.filter(({ code }) => code !== "component-not-supported");
    const printed = printDiagnostics(found, texts, { hints: false });
    expect(printed).toBe(readFileSync(join(folder, name.replace(/txtar$/, "diags")), "utf8"));
  });
});
