import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import type { SourceText } from "#src/diag/source-text.ts";
import { MAX_SOURCE_LENGTH, parse } from "#src/syntax/parse.ts";
import { format } from "#src/syntax/print.ts";
import { decodeText } from "#src/syntax/text.ts";

interface FmtFlags {
  readonly write?: true;
  readonly test?: true;
  readonly json?: true;
}

const HELP = `
Formatted text goes to standard output, problems to standard error. A file with errors stays as it is.

Exit codes:
  0  everything is formatted, or could be
  1  a file has errors or cannot be read, or, with --test, is not formatted

Examples:
  invar fmt config.alloy           print the formatted text
  invar fmt -w *.alloy             format files in place
  invar fmt -t modules/*.alloy     check in CI that nothing is left to format
  invar fmt - < config.alloy       read standard input`;

/** `invar fmt`: formats configuration files. */
export function fmtCommand(): Command {
  return new Command("fmt")
    .alias("format")
    .summary("Format configuration files.")
    .description("Formats configuration files; without a file, or with -, it reads standard input.")
    .argument("[files...]", "Files to format; - is standard input.")
    .addOption(new Option("-w, --write", "Write the result back to the file.").conflicts("test"))
    .option("-t, --test", "Print only the names of files that are not formatted, and fail if there are any.")
    .option("--json", "Print problems as one JSON document on standard error.")
    .addHelpText("after", HELP)
    .action(async (files: string[], flags: FmtFlags, command: Command) => {
      const names = files.length === 0 ? ["-"] : files;
      if (flags.write === true && names.includes("-")) command.error("error: cannot use --write with standard input");
      if (!(await formatFiles(names, flags))) process.exitCode = 1;
    });
}

/** Whether every file was fine. */
async function formatFiles(names: readonly string[], flags: FmtFlags): Promise<boolean> {
  const diagnostics: Diagnostic[] = [];
  const sources: SourceText[] = [];
  let fine = true;
  for (const name of names) {
    try {
      const { text, source, problems } = formatText(name, await read(name));
      diagnostics.push(...problems);
      if (source === undefined) continue;
      sources.push(source);
      if (problems.length === 0 && !(await deliver(name, source.text, text, flags))) fine = false;
    } catch (error) {
      diagnostics.push({ severity: "error", code: "unreadable-file", message: describeFailure(name, error) });
    }
  }
  if (flags.json === true && (diagnostics.length > 0 || !fine)) {
    process.stderr.write(`${JSON.stringify({ diagnostics })}\n`);
  } else if (diagnostics.length > 0) {
    const color = process.stderr.isTTY && process.stderr.hasColors();
    process.stderr.write(printDiagnostics(diagnostics, sources, { color }));
  }
  return fine && diagnostics.length === 0;
}

function formatText(
  name: string,
  bytes: Uint8Array,
): { text: string; source: SourceText | undefined; problems: readonly Diagnostic[] } {
  const file = name === "-" ? "<stdin>" : name;
  const decoded = decodeText(file, bytes);
  if ("diagnostic" in decoded) return { text: "", source: undefined, problems: [decoded.diagnostic] };
  const parsed = parse(file, decoded.text);
  const { source } = parsed.file;
  if (parsed.diagnostics.length > 0) return { text: "", source, problems: parsed.diagnostics };
  const text = format(parsed.file);
  return { text: text === "" ? "" : `${text}\n`, source, problems: [] };
}

/** Prints, writes or compares; false for a file that `--test` does not let pass. */
async function deliver(name: string, before: string, after: string, flags: FmtFlags): Promise<boolean> {
  if (flags.test === true) {
    if (before !== after) process.stdout.write(`${name}\n`);
    return before === after;
  }
  if (flags.write !== true) process.stdout.write(after);
  else if (before !== after) await replaceFile(name, after);
  return true;
}

/** Puts the new text in the file's place at once, so that a failure leaves the old one. */
async function replaceFile(name: string, text: string): Promise<void> {
  const target = await realpath(name);
  const { mode } = await stat(target);
  const draft = `${target}.${process.pid}.tmp`;
  try {
    await writeFile(draft, text, { mode, flag: "wx" });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function read(name: string): Promise<Uint8Array> {
  if (name !== "-") {
    const found = await stat(name);
    if (found.isDirectory()) throw new Error("it is a directory; name its files, such as DIR/*.alloy");
    if (found.size > MAX_SOURCE_LENGTH) throw new Error(`it is larger than ${MAX_SOURCE_LENGTH} bytes`);
    return readFile(name);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    if (size > MAX_SOURCE_LENGTH) throw new Error(`it is larger than ${MAX_SOURCE_LENGTH} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function describeFailure(name: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `formatting ${name === "-" ? "standard input" : name}: ${reason}`;
}
