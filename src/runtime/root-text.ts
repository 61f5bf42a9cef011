import { join } from "node:path";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { readEntry } from "#src/source/bundle.ts";
import type { Bundle } from "#src/source/define.ts";
import type { File } from "#src/syntax/ast.ts";
import { parse } from "#src/syntax/parse.ts";
import { decodeText } from "#src/syntax/text.ts";

/** Parses the files of a root configuration, all of them whatever is wrong with one. */
export function parseRoot(
  bundle: Bundle,
  root: { readonly modulePath: string; readonly local: boolean },
): { readonly files: readonly File[]; readonly diagnostics: readonly Diagnostic[] } {
  const entries = readEntry(bundle);
  if (entries === undefined) {
    const message = `${JSON.stringify(bundle.entry)} does not exist in revision ${bundle.revision.id}`;
    return { files: [], diagnostics: [{ severity: "error", code: "no-configuration", message }] };
  }
  const files: File[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { path, content } of entries) {
    const name = root.local ? join(root.modulePath, path) : path;
    const decoded = decodeText(name, content);
    if ("diagnostic" in decoded) {
      diagnostics.push(decoded.diagnostic);
      continue;
    }
    const parsed = parse(name, decoded.text);
    files.push(parsed.file);
    diagnostics.push(...parsed.diagnostics);
  }
  return { files, diagnostics };
}
