#!/usr/bin/env node
/** The `invar` program: finds the command by its name and loads nothing but what that command needs. */
import { enableCompileCache } from "node:module";

// Before any other module is loaded, so that their compiled code comes from the cache: hence the dynamic imports below.
enableCompileCache?.();

const { Command: Program } = await import("commander");
const { commands } = await import("./cli/commands.ts");
const program = new Program("invar")
  .description("Keeps telemetry collectors on exactly the configuration that Git says, and proves it.")
  .version((await import("./util/version.ts")).version, "-v, --version", "Print the version.")
  .showHelpAfterError("(run with --help for the arguments)")
  .addHelpText(
    "after",
    `
Examples:
  invar run config.alloy
  invar run 'git+https://git.example.com/config.git//collectors/edge?ref=main'
  invar validate config.alloy
  invar plan new.alloy --against old.alloy
  invar eval '1 + 1'
  invar docs prometheus.scrape`,
  );

const wanted = commands[process.argv[2] ?? ""];
if (wanted !== undefined) program.addCommand(await wanted[1]());
else for (const [name, [summary]] of Object.entries(commands)) program.command(name).description(summary);
let argv: readonly string[] = process.argv;
if (["run", "validate", "plan"].includes(process.argv[2] ?? "")) {
  const { judgeAlloyFlags, SWITCHES } = await import("./cli/alloy-flags.ts");
  const { spellSwitches } = await import("./cli/flags.ts");
  const judged = judgeAlloyFlags(process.argv);
  if (judged.refusal !== undefined) program.error(`error: ${judged.refusal}`);
  for (const warning of judged.warnings) process.stderr.write(`invar: warning: ${warning}\n`);
  argv = spellSwitches(judged.argv, SWITCHES);
}
await program.parseAsync(argv);
