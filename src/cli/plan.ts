import { Command } from "commander";
import type { ResolveImport } from "#src/compile/imported.ts";
import type { CompiledNode, CompileOptions } from "#src/compile/types.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import { plan, type PlannedModule, type PlannedStep } from "#src/runtime/plan.ts";
import { resolveModules } from "#src/runtime/resolve-modules.ts";
import type { StepKind } from "#src/runtime/types.ts";
import { findSecrets } from "#src/schema/find-secrets.ts";
import type { Stability } from "#src/schema/field.ts";
import { format } from "#src/syntax/print.ts";
import { contextOf, diffLines, type DiffLine } from "./diff.ts";
import { communityFlag, stabilityFlag } from "./flags.ts";
import type { ReadSource } from "./validate.ts";

/** What the command is given from outside: definitions, sources, and where its words go. */
export interface PlanDeps {
  readonly options: (level: Stability, community: boolean) => CompileOptions;
  /** Reads a SOURCE once. Rejects with an `Error` for people. */
  readonly read: (source: string) => Promise<ReadSource>;
  readonly resolveImport: (offline: boolean) => ResolveImport;
  readonly write: (stream: "stdout" | "stderr", text: string) => void;
  /** Whether standard output shows colours. */
  readonly color: boolean;
}

interface Flags {
  readonly against?: string;
  readonly "stability.level": Stability;
  readonly "feature.communityComponents.enabled": boolean;
  readonly offline?: true;
  readonly json?: true;
  readonly exitCode?: true;
}

const HELP = `
Compares two configurations without running either, and says for each block what a collector that runs the one would do
to run the other: keep, update, replace, create or remove it. A collector decides by evaluated arguments, so it may keep
what is planned as an update, and it replaces what cannot be updated while it runs.

Exit codes:
  0  planned
  1  a configuration has errors or cannot be read
  2  with --exit-code: there are changes

Examples:
  invar plan new.alloy --against old.alloy
  invar plan 'git+https://git.example.com/config.git//edge?ref=next' --against 'git+https://git.example.com/config.git//edge'
  invar plan --json --exit-code conf.d/ --against /etc/invar/ | jq '.steps[] | select(.do != "keep")'`;

/** `invar plan`: what would change from one configuration to another. */
export function planCommand(deps: PlanDeps): Command {
  return new Command("plan")
    .summary("Show what a new configuration would change.")
    .description("Shows what a new configuration would change, without running it.")
    .argument("<source>", "The new configuration: a file, a folder of .alloy files, or git+https://…, git+file://….")
    .option("--against <source>", "The configuration that runs now; by default nothing runs.")
    .addOption(stabilityFlag())
    .addOption(communityFlag())
    .option("--offline", "Do not fetch imports from other machines.")
    .option("--json", "Print the plan as one JSON document on standard output.")
    .option("--exit-code", "End with 2 when there are changes.")
    .addHelpText("after", HELP)
    .action(async (source: string, flags: Flags) => {
      process.exitCode = await run(source, flags, deps);
    });
}

async function run(source: string, flags: Flags, deps: PlanDeps): Promise<0 | 1 | 2> {
  const notes: Diagnostic[] = [];
  const from = flags.against === undefined ? undefined : await load(flags.against, flags, deps, notes);
  const to = await load(source, flags, deps, notes);
  if (to === undefined || (flags.against !== undefined && from === undefined)) return 1;
  const steps = plan(from, to);
  deps.write(
    "stdout",
    flags.json === true ? printJson(source, flags.against, steps, notes) : printText(steps, notes, deps.color),
  );
  return flags.exitCode === true && steps.some((step) => step.do !== "keep") ? 2 : 0;
}

/** Undefined when it has errors, which have been printed then. */
async function load(
  source: string,
  flags: Flags,
  deps: PlanDeps,
  notes: Diagnostic[],
): Promise<PlannedModule | undefined> {
  let read: ReadSource;
  try {
    read = await deps.read(source);
  } catch (error) {
    deps.write("stderr", `invar: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
  const resolved = await resolveModules({
    ...read,
    options: deps.options(flags["stability.level"], flags["feature.communityComponents.enabled"]),
    resolveImport: deps.resolveImport(flags.offline === true),
  });
  deps.write("stderr", printDiagnostics(resolved.diagnostics, resolved.texts, { color: false }));
  notes.push(...resolved.notes);
  return resolved.module;
}

function printJson(
  source: string,
  against: string | undefined,
  steps: readonly PlannedStep[],
  notes: readonly Diagnostic[],
): string {
  const counts = countSteps(steps);
  const shown = steps.map((step) => {
    const diff = diffOf(step).map(({ sign, text }) => sign + text);
    return { node: step.node, do: step.do, because: step.because, ...(diff.length > 0 && { diff }) };
  });
  return `${JSON.stringify({ source, against: against ?? null, ...counts, steps: shown, notes })}\n`;
}

const SIGNS: Readonly<Record<StepKind, string>> = { keep: " ", update: "~", replace: "±", create: "+", remove: "-" };
const COLORS: Readonly<Record<StepKind, number>> = { keep: 2, update: 33, replace: 35, create: 32, remove: 31 };

function printText(steps: readonly PlannedStep[], notes: readonly Diagnostic[], color: boolean): string {
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines: string[] = [];
  for (const step of steps) {
    if (step.do === "keep") continue;
    const reason = step.because === "" ? "" : ` (${step.because})`;
    lines.push(paint(COLORS[step.do], `${SIGNS[step.do]} ${step.do} ${step.node}`) + reason);
    for (const { sign, text } of diffOf(step)) {
      const line = `    ${sign} ${text}`.trimEnd();
      lines.push(sign === " " ? line : paint(sign === "+" ? 32 : 31, line));
    }
  }
  for (const note of notes) lines.push(paint(2, `note: ${note.message}`));
  const counts = countSteps(steps);
  const changes = steps.length - counts.keep;
  const summary = (["create", "update", "replace", "remove", "keep"] as const).map(
    (kind) => `${counts[kind]} to ${kind}`,
  );
  lines.push(changes === 0 ? `No changes: ${counts.keep} to keep.` : `Plan: ${summary.join(", ")}.`);
  return `${lines.join("\n")}\n`;
}

function countSteps(steps: readonly PlannedStep[]): Record<StepKind, number> {
  const counts = { keep: 0, update: 0, replace: 0, create: 0, remove: 0 };
  for (const step of steps) counts[step.do]++;
  return counts;
}

/** The block's text before and after, secrets masked. What only follows from other changes has no difference of its own. */
function diffOf({ do: kind, before, after }: PlannedStep): DiffLine[] {
  if (kind === "keep") return [];
  const [old, now] = [linesOf(before), linesOf(after)];
  if (before !== undefined && after !== undefined && old.join("\n") === now.join("\n")) return [];
  return contextOf(diffLines(old, now));
}

function linesOf(node: CompiledNode | undefined): string[] {
  if (node === undefined) return [];
  const { block, of } = node;
  const shape = of.kind === "declare" || of.kind === "custom" ? {} : of.def.args;
  const secrets = findSecrets(shape, block.body);
  const file = { source: block.source, body: [block], comments: [] };
  return format(file, { redact: (expression) => secrets.has(expression) }).split("\n");
}
