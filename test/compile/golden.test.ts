/** Cases of `test/golden/compile`: sources, and after `-- expected --` what validation prints. `UPDATE=1` rewrites it. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { validate } from "#src/compile/validate.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import type { Stability } from "#src/schema/field.ts";
import { textBundle } from "#test/kit/bundle.ts";
import { compileOptions } from "#test/kit/compile-options.ts";
import { testComponents } from "#test/kit/test-components.ts";
import { parseTxtar, printTxtar } from "#test/kit/txtar.ts";

const folder = join(import.meta.dirname, "..", "golden", "compile");

test.each(globSync("*.txtar", { cwd: folder }).sort())("%s", async (name) => {
  const path = join(folder, name);
  const { comment, files } = parseTxtar(readFileSync(path, "utf8"));
  const sources = new Map(files);
  sources.delete("expected");
  const { diagnostics, texts } = await validate({
    bundle: textBundle(sources),
    origin: { modulePath: "", bundle: undefined, folder: "" },
    prefix: "",
    options: compileOptions({ stability: levelOf(comment), extra: testComponents }),
    resolveImport: () => Promise.resolve("cases have no imports to look into"),
  });
  const printed = printDiagnostics(diagnostics, texts);
  if (process.env["UPDATE"] === "1") {
    writeFileSync(path, printTxtar({ comment, files: new Map([...sources, ["expected", printed]]) }));
  } else expect(printed).toBe(files.get("expected") ?? "");
});

/** A case's comment may have a line `level: …`. */
function levelOf(comment: string): Stability {
  const level = /^level: (\S+)$/m.exec(comment)?.[1];
  return level === "generally-available" || level === "public-preview" ? level : "experimental";
}
