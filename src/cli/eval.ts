import { Command } from "commander";
import { DiagnosticError } from "#src/diag/diagnostic.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import { parseExpression } from "#src/syntax/parse.ts";
import { encodeJson, JsonRangeError, type JsonValue } from "#src/value/json.ts";
import { render } from "#src/value/render.ts";
import { evaluate, EvaluationError } from "#src/vm/evaluate.ts";
import { emptyScope } from "#src/vm/scope.ts";

const MAX_INPUT = 1024 * 1024;

const HELP = `
The expression sees the standard library, and nothing of any configuration. Secrets print as (secret).
With --json the output is one line: {"type":…,"value":…}, {"error":…} for a wrong expression, or
{"raw":…} for a value that JSON cannot hold, such as infinity.

Exit codes:
  0  the expression has a value
  1  it is wrong or cannot be read

Examples:
  invar eval '1 + 2 * 3'
  invar eval 'string.format("%s:%d", constants.hostname, 9090)'
  invar eval --json 'encoding.from_yaml("a: [1, 2]").a'
  echo 'array.concat([1], [2])' | invar eval`;

/** `invar eval`: tries an expression. */
export function evalCommand(): Command {
  return (
    new Command("eval")
      .summary("Evaluate an expression.")
      .description(
        "Evaluates an expression of the configuration language; without one, or with -, it reads standard input.",
      )
      .argument("[expression]", "The expression; - is standard input.")
      .option("--json", "Print the value, or what is wrong, as JSON.")
      // An expression may begin with a minus.
      .allowUnknownOption()
      .addHelpText("after", HELP)
      .action(async (expression: string | undefined, flags: { readonly json?: true }, command: Command) => {
        let text: string | undefined = expression;
        if (text === undefined || text === "-") text = await readInput();
        if (text === undefined) command.error(`error: the expression is longer than ${MAX_INPUT} bytes`);
        if (!(flags.json === true ? printJson(text) : printText(text))) process.exitCode = 1;
      })
  );
}

/** Standard input, or undefined if it is too long. */
async function readInput(): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT) return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What `invar eval --json` prints. */
export type EvalOutput = JsonValue | { readonly error: string } | { readonly raw: string };

/** Evaluates a text that is an expression; errors read as Alloy prints them. */
export function evaluateToJson(text: string): EvalOutput {
  const { source, expression, diagnostics } = parseExpression("", text);
  if (diagnostics.length > 0) return { error: new DiagnosticError(diagnostics).message };
  try {
    return encodeJson(evaluate(expression, source, emptyScope));
  } catch (error) {
    if (error instanceof EvaluationError) return { error: error.text };
    if (error instanceof JsonRangeError) return { raw: error.message };
    throw error;
  }
}

function printJson(text: string): boolean {
  const output = evaluateToJson(text);
  process.stdout.write(`${JSON.stringify(output)}\n`);
  return !("error" in output);
}

function printText(text: string): boolean {
  const { source, expression, diagnostics } = parseExpression("", text);
  try {
    if (diagnostics.length > 0) throw new DiagnosticError(diagnostics);
    process.stdout.write(`${render(evaluate(expression, source, emptyScope))}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const color = process.stderr.isTTY && process.stderr.hasColors();
    process.stderr.write(printDiagnostics(error.diagnostics, [source], { color }));
    return false;
  }
}
