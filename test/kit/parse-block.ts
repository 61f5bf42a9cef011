import { parse } from "#src/syntax/parse.ts";
import type { Block } from "#src/syntax/ast.ts";

/** The only block of a configuration text. */
export function parseBlock(text: string, name = "test"): Block {
  const { file, diagnostics } = parse(name, text);
  const [block] = file.body;
  if (diagnostics.length > 0 || block?.kind !== "block") throw new Error(`no block: ${JSON.stringify(diagnostics)}`);
  return block;
}
