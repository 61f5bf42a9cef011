import { Command } from "commander";
import type { Origin } from "#src/compile/definitions.ts";
import type { ResolveImport } from "#src/compile/imported.ts";
import type { CompileOptions } from "#src/compile/types.ts";
import { validate, type Validation } from "#src/compile/validate.ts";
import { formatDiagnostic, type Diagnostic } from "#src/diag/diagnostic.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import type { Stability } from "#src/schema/field.ts";
import type { Bundle } from "#src/source/define.ts";
import { communityFlag, stabilityFlag } from "./flags.ts";

/** What the command is given from outside: definitions, sources, and where its words go. */
export interface ValidateDeps {
  readonly options: (level: Stability, community: boolean) => CompileOptions;
  /** Reads a SOURCE once. Rejects with an `Error` for people. */
  readonly read: (source: string) => Promise<ReadSource>;
  readonly resolveImport: (offline: boolean) => ResolveImport;
  readonly write: (stream: "stdout" | "stderr", text: string) => void;
  /** Whether standard error shows colours. */
  readonly color: boolean;
}

export interface ReadSource {
  readonly bundle: Bundle;
  readonly origin: Origin;
  /** Put before the names of its files in diagnostics. */
  readonly prefix: string;
}

interface Flags {
  readonly "stability.level": Stability;
  readonly "feature.communityComponents.enabled": boolean;
  readonly strict?: true;
  readonly offline?: true;
  readonly json?: true;
}

const HELP = `
Checks the whole configuration: syntax, blocks, arguments and their types, references, cycles, bodies of all declares and
templates of foreach, and what imports bring, where their arguments can be known without running anything.
Problems go to standard error.

Exit codes:
  0  the configuration is valid; warnings do not count, unless with --strict
  1  it has errors, or SOURCE cannot be read

Examples:
  invar validate config.alloy
  invar validate --strict --stability.level=experimental conf.d/
  invar validate 'git+https://git.example.com/config.git//edge?ref=main'
  invar validate --offline --json config.alloy | jq '.diagnostics[].message'`;

/** `invar validate`: checks a configuration without running it. */
export function validateCommand(deps: ValidateDeps): Command {
  return new Command("validate")
    .summary("Check a configuration without running it.")
    .description("Checks a configuration without running it, and says all that is wrong with it.")
    .argument("<source>", "A file, a folder of .alloy files, or git+https://…, git+file://….")
    .addOption(stabilityFlag())
    .addOption(communityFlag())
    .option("--strict", "Fail on warnings, too.")
    .option("--offline", "Do not fetch imports from other machines.")
    .option("--json", "Print the result as one JSON document on standard output.")
    .addHelpText("after", HELP)
    .action(async (source: string, flags: Flags) => {
      if (!(await run(source, flags, deps))) process.exitCode = 1;
    });
}

/** Whether the configuration passes. */
async function run(source: string, flags: Flags, deps: ValidateDeps): Promise<boolean> {
  const result = await check(source, flags, deps);
  const errors = result.diagnostics.filter(({ severity }) => severity === "error").length;
  const warnings = result.diagnostics.length - errors;
  const valid = errors === 0 && (flags.strict !== true || warnings === 0);
  if (flags.json === true) {
    const { diagnostics, notes, files, components } = result;
    deps.write(
      "stdout",
      `${JSON.stringify({ source, valid, errors, warnings, files, components, diagnostics, notes })}\n`,
    );
    return valid;
  }
  if (result.diagnostics.length > 0) {
    deps.write("stderr", `${printDiagnostics(result.diagnostics, result.texts, { color: deps.color })}\n`);
  }
  for (const note of result.notes) deps.write("stderr", `Note: ${formatDiagnostic(note)}\n`);
  const summary = `${source}: ${describe(valid, errors, warnings, result)}\n`;
  deps.write(valid ? "stdout" : "stderr", summary);
  return valid;
}

async function check(source: string, flags: Flags, deps: ValidateDeps): Promise<Validation> {
  const options = deps.options(flags["stability.level"], flags["feature.communityComponents.enabled"]);
  try {
    const { bundle, origin, prefix } = await deps.read(source);
    const resolveImport = deps.resolveImport(flags.offline === true);
    return await validate({ bundle, origin, prefix, options, resolveImport });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const unreadable: Diagnostic = {
      severity: "error",
      code: "unreadable-file",
      message: `reading ${source}: ${error.message}`,
    };
    return { diagnostics: [unreadable], notes: [], texts: [], files: 0, components: 0 };
  }
}

function describe(valid: boolean, errors: number, warnings: number, { files, components }: Validation): string {
  const found = [
    ...(errors > 0 ? [count(errors, "error")] : []),
    ...(warnings > 0 ? [count(warnings, "warning")] : []),
  ];
  const problems = found.length === 0 ? "" : `${found.join(" and ")}, `;
  return `${valid ? "valid" : "not valid"}, ${problems}${count(components, "component")} in ${count(files, "file")}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
