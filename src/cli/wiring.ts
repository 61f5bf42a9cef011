/** Gives the commands that look at configurations what they need of the world: sources read once, definitions, standard streams. */
import type { Command } from "commander";
import { compileOptions } from "./flags.ts";
import { planCommand } from "./plan.ts";
import { OnceReader } from "./read-once.ts";
import { validateCommand } from "./validate.ts";

/** `invar validate` on real sources. */
export function validate(): Command {
  return withReader((reader) =>
    validateCommand({
      options: compileOptions,
      read: (source) => reader.read(source),
      resolveImport: (offline) => reader.resolveImport(offline),
      write: (stream, text) => void process[stream].write(text),
      color: process.stderr.isTTY,
    }),
  );
}

/** `invar plan` on real sources. */
export function plan(): Command {
  return withReader((reader) =>
    planCommand({
      options: compileOptions,
      read: (source) => reader.read(source),
      resolveImport: (offline) => reader.resolveImport(offline),
      write: (stream, text) => void process[stream].write(text),
      color: process.stdout.isTTY,
    }),
  );
}

/** What the reader has fetched is removed when the command is through; SIGINT and SIGTERM end its fetches. */
function withReader(make: (reader: OnceReader) => Command): Command {
  const ending = new AbortController();
  const reader = new OnceReader(ending.signal);
  return make(reader)
    .hook("preAction", () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const)
        process.once(signal, () => ending.abort(new Error(`ended by ${signal}`)));
    })
    .hook("postAction", () => reader.close());
}
