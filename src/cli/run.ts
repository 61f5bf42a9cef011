import { mkdirSync } from "node:fs";
import { Command, Option } from "commander";
import type { Bundle } from "#src/source/define.ts";
import type { Stability } from "#src/schema/field.ts";
import { parseBundle } from "#src/compile/bundle.ts";
import { printDiagnostics } from "#src/diag/print.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { Collector, type CollectorOptions } from "#src/service/collector.ts";
import { communityFlag, compileOptions, durationFlag, stabilityFlag, switchFlag } from "./flags.ts";

interface Flags {
  readonly "server.http.listenAddr": string;
  readonly "server.http.memoryAddr": string;
  readonly "server.http.uiPathPrefix": string;
  readonly "storage.path": string;
  readonly "stability.level": Stability;
  readonly "feature.communityComponents.enabled": boolean;
  readonly "feature.componentShutdownDeadline": number;
  readonly "swap.grace": number;
  readonly "swap.policy": "invar" | "alloy";
}

const HELP = `
SOURCE is a file, a folder whose .alloy files together are the configuration, a file behind http, or a Git repository:
  config.alloy   conf.d/   https://HOST/PATH
  git+https://HOST/REPO.git//PATH?ref=BRANCH|TAG|COMMIT|^1.2
  git+ssh://USER@HOST/REPO.git//PATH   git+file:///REPO//PATH

A change of the source is built beside what runs and swapped in in one step. One with an error is refused as a whole; one
that gets worse within --swap.grace is rolled back. SIGHUP fetches and loads again, SIGTERM drains and ends.

Exit codes:
  0  ended by a signal, everything drained
  1  could not start: the source, the configuration or the address

Examples:
  invar run config.alloy
  invar run --server.http.listen-addr=0.0.0.0:12345 --storage.path=/var/lib/invar conf.d/
  invar run 'git+https://git.example.com/config.git//collectors/edge?ref=main'`;

/** `invar run`: a collector. */
export function runCommand(): Command {
  return new Command("run")
    .summary("Run a collector on a configuration.")
    .description("Runs a collector on a configuration, and keeps it on what the source says.")
    .argument("<source>", "Where the configuration comes from.")
    .option("--server.http.listen-addr <address>", "Address of the HTTP server.", "127.0.0.1:12345")
    .option(
      "--server.http.memory-addr <address>",
      "Address under which components reach one another without a socket.",
      "alloy.internal:12345",
    )
    .option("--server.http.ui-path-prefix <path>", "Prefix of the paths of the UI's API.", "/")
    .option("--storage.path <folder>", "Where components and sources keep their data.", "data-alloy/")
    .addOption(stabilityFlag())
    .addOption(communityFlag())
    .addOption(durationFlag("--feature.component-shutdown-deadline", "Longest a component may take to stop.", "10m"))
    .addOption(
      durationFlag(
        "--swap.grace",
        "How long a new generation is watched before it counts as healthy; 0s for not at all.",
        "10s",
      ),
    )
    .addOption(
      new Option(
        "--swap.policy <policy>",
        "invar: a generation with an error is refused as a whole. alloy: what evaluates is applied.",
      )
        .choices(["invar", "alloy"])
        .default("invar"),
    )
    .addOption(
      new Option("--config.format <format>", "Format of the configuration.").choices(["alloy"]).default("alloy"),
    )
    .addOption(switchFlag("--disable-reporting", "Accepted for Alloy's sake: nothing is ever reported to anyone."))
    .addHelpText("after", HELP)
    .action(run);
}

async function run(source: string, flags: Flags): Promise<void> {
  const storagePath = flags["storage.path"];
  mkdirSync(storagePath, { recursive: true, mode: 0o700 });
  const options: CollectorOptions = {
    source,
    storagePath,
    compile: compileOptions(flags["stability.level"], flags["feature.communityComponents.enabled"]),
    listenAddress: flags["server.http.listenAddr"],
    memoryAddress: flags["server.http.memoryAddr"],
    uiPathPrefix: flags["server.http.uiPathPrefix"],
    shutdownDeadline: flags["feature.componentShutdownDeadline"],
    grace: flags["swap.grace"],
    policy: flags["swap.policy"],
  };
  const signals = listen();
  let collector: Collector;
  try {
    collector = await Collector.start(options, (diagnostics, bundle, prefix) =>
      showProblems(diagnostics, bundle, prefix),
    );
  } catch (error) {
    process.stderr.write(`invar: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return;
  }
  greet(collector);
  await endOnSignal(collector, signals);
}

interface Signals {
  /** Resolves with the first SIGINT or SIGTERM. A second one ends the process at once. */
  readonly ended: Promise<void>;
  /** Calls back for each SIGHUP, one that has already come included. */
  readonly onReload: (reload: () => void) => void;
}

/** Longest that a start may still take after a signal to end, in milliseconds. */
const START_LIMIT = 10_000;

/** Takes signals from the very beginning, so that none that comes during the start is lost or kills the process half-way. */
function listen(): Signals {
  let reload: (() => void) | undefined;
  let missed = false;
  process.on("SIGHUP", () => (reload === undefined ? (missed = true) : reload()));
  const ended = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  void ended.then(() => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
    if (reload === undefined) setTimeout(() => reload ?? process.exit(1), START_LIMIT).unref();
  });
  return {
    ended,
    onReload: (callback) => {
      reload = callback;
      if (missed) callback();
    },
  };
}

function showProblems(diagnostics: readonly Diagnostic[], bundle: Bundle, prefix: string): void {
  const { texts } = parseBundle(bundle, prefix);
  process.stderr.write(printDiagnostics(diagnostics, texts.values(), { color: process.stderr.isTTY }));
}

function greet(collector: Collector): void {
  const { number, revision, nodes } = collector.engine.current!;
  const url = `http://${collector.address}`;
  process.stdout.write(`
Generation ${number} is running: ${nodes.size} blocks of ${collector.source}, revision ${revision.id}.

  ${url}/api/v1/generations   every generation, what it changed and what became of it
  ${url}/metrics              metrics of this process
  ${url}/-/healthy            whether all components are well

Try next: change the configuration (commit it, if it comes from Git) and watch the next generation, go back with
  curl -X POST ${url}/api/v1/generations/${number}/rollback
or load again at once with
  curl -X POST ${url}/-/reload

`);
}

/** Ends the collector when a signal says so. */
async function endOnSignal(collector: Collector, { ended, onReload }: Signals): Promise<void> {
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (error: unknown) => collector.unexpected(error));
  onReload(() => void collector.reload("SIGHUP").catch(() => undefined));
  await ended;
  await collector.stop();
  process.exit(0);
}
