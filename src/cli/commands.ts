/** The commands of the program. Each loads nothing but what it needs, when it is asked for. */
import type { Command } from "commander";

type Load = () => Promise<Command>;

export const commands: Readonly<Record<string, readonly [summary: string, load: Load]>> = {
  run: ["Run a collector on a configuration.", async () => (await import("./run.ts")).runCommand()],
  validate: ["Check a configuration without running it.", async () => (await import("./wiring.ts")).validate()],
  plan: ["Show what a new configuration would change.", async () => (await import("./wiring.ts")).plan()],
  fmt: ["Format configuration files.", async () => (await import("./fmt.ts")).fmtCommand()],
  eval: ["Evaluate an expression.", async () => (await import("./eval.ts")).evalCommand()],
  docs: ["Show the reference.", async () => (await import("./docs.ts")).docsCommand()],
};
