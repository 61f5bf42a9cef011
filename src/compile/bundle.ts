import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { SourceText } from "#src/diag/source-text.ts";
import { quote, readEntry } from "#src/source/bundle.ts";
import type { Bundle } from "#src/source/define.ts";
import type { File } from "#src/syntax/ast.ts";
import { parse } from "#src/syntax/parse.ts";
import { decodeText } from "#src/syntax/text.ts";

export interface ParsedBundle {
  /** In the order of their names; of use only when no diagnostic is an error. */
  readonly files: readonly File[];
  readonly diagnostics: readonly Diagnostic[];
  /** The texts behind the diagnostics' positions, by file name. */
  readonly texts: ReadonlyMap<string, SourceText>;
}

/**
 * Parses the configuration of a bundle: its entry file, or the `.alloy` files directly inside its entry folder.
 * Diagnostics name a file by its path in the bundle, with `prefix` before it.
 */
export function parseBundle(bundle: Bundle, prefix = ""): ParsedBundle {
  const entries = readEntry(bundle);
  if (entries === undefined) {
    const message = `there is no file or folder ${quote(bundle.entry)} in revision ${bundle.revision.id}`;
    return { files: [], diagnostics: [{ severity: "error", code: "missing-entry", message }], texts: new Map() };
  }
  const files: File[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { path, content } of entries) {
    const name = prefix + path;
    const decoded = decodeText(name, content);
    if ("diagnostic" in decoded) {
      diagnostics.push(decoded.diagnostic);
      continue;
    }
    const parsed = parse(name, decoded.text);
    files.push(parsed.file);
    diagnostics.push(...parsed.diagnostics);
  }
  return { files, diagnostics, texts: new Map(files.map(({ source }) => [source.name, source])) };
}
