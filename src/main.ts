#!/usr/bin/env node
/** The `invar` program: finds the command by its name and loads nothing but what that command needs. */
import { enableCompileCache } from "node:module";
import type { Command } from "commander";

// Before any other module is loaded, so that their compiled code comes from the cache: hence the dynamic imports below.
enableCompileCache?.();

type Load = () => Promise<Command>;

const commands: Readonly<Record<string, readonly [summary: string, load: Load]>> = {
  run: ["Run a collector on a configuration.", async () => (await import("./cli/run.ts")).runCommand()],
  validate: ["Check a configuration without running it.", async () => (await import("./cli/wiring.ts")).validate()],
  plan: ["Show what a new configuration would change.", async () => (await import("./cli/wiring.ts")).plan()],

  fmt: ["Format configuration files.", async () => (await import("./cli/fmt.ts")).fmtCommand()],
  eval: ["Evaluate an expression.", async () => (await import("./cli/eval.ts")).evalCommand()],
};

const { Command: Program } = await import("commander");
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
  invar eval '1 + 1'`,
  );

const wanted = commands[process.argv[2] ?? ""];
if (wanted !== undefined) program.addCommand(await wanted[1]());
else for (const [name, [summary]] of Object.entries(commands)) program.command(name).description(summary);
await program.parseAsync(process.argv);
