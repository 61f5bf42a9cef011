import type { Problem } from "#src/component/define.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { UnknownValueError } from "#src/schema/decode.ts";
import type { Block, Statement } from "#src/syntax/ast.ts";
import { spanOf } from "#src/syntax/spans.ts";

/**
 * What a definition's own check says of decoded arguments, at the fields that are at fault. A check that reads a value
 * which is not known yet says nothing.
 */
export function describeProblems(
  check: ((args: never) => readonly Problem[]) | undefined,
  args: unknown,
  block: Block,
): Diagnostic[] {
  let problems: readonly Problem[];
  try {
    problems = check?.(args as never) ?? [];
  } catch (error) {
    if (error instanceof UnknownValueError) return [];
    throw error;
  }
  return problems.map(({ path, message, hint }) =>
    problemAt(spanOf(findStatement(block, path)), "invalid-arguments", message, { hint }),
  );
}

/** The statement that a dotted path leads to (`rule[1].regex`), or as far as it can be followed. */
function findStatement(block: Block, path: string): Statement {
  let at: Statement = block;
  let rest = path;
  while (rest !== "" && at.kind === "block") {
    const { body }: Block = at;
    const name = body
      .map((statement) => statement.name)
      .find((each) => rest === each || /^[.[]/.test(after(rest, each)));
    if (name === undefined) break;
    const index = /^\[(\d+)\]/.exec(after(rest, name));
    const next: Statement | undefined = body.filter((statement) => statement.name === name)[Number(index?.[1] ?? 0)];
    if (next === undefined) break;
    at = next;
    rest = rest.slice(name.length + (index?.[0].length ?? 0) + 1);
  }
  return at;
}

function after(path: string, name: string): string {
  return path.startsWith(name) ? path.slice(name.length) : "";
}
