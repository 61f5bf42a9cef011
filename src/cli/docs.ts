import { Command } from "commander";
import { findComponent } from "#src/component/catalog.ts";
import { renderPage } from "#src/schema/docs.ts";
import { jsonSchema } from "#src/schema/json-schema.ts";
import { nearest } from "#src/util/nearest.ts";
import { findEntry, listEntries, type Entry } from "./reference.ts";

interface Flags {
  readonly json?: true;
}

const HELP = `
Pages are Markdown. With --json a page is one JSON document whose "arguments" and "exports" are JSON Schemas,
and the list is an array of {"kind":…,"name":…}.

Exit codes:
  0  there is such a page
  1  there is none

Examples:
  invar docs
  invar docs prometheus.scrape
  invar docs import.git | less
  invar docs --json discovery.relabel | jq '.arguments.required'`;

/** `invar docs`: prints the reference. */
export function docsCommand(): Command {
  return new Command("docs")
    .summary("Show the reference.")
    .description("Prints the reference page of a component, block or source; without a name, what has one.")
    .argument("[name]", "Name as configurations have it.")
    .option("--json", "Print JSON.")
    .addHelpText("after", HELP)
    .action(async (name: string | undefined, flags: Flags, command: Command) => {
      if (name === undefined) process.stdout.write(printList(listEntries(), flags));
      else
        process.stdout.write((await printPage(name, flags)) ?? command.error(`error: ${await explainAbsence(name)}`));
    });
}

function printList(entries: readonly Entry[], { json }: Flags): string {
  if (json === true) return `${JSON.stringify(entries)}\n`;
  return entries.map(({ kind, name }) => `${kind.padEnd(10)} ${name}\n`).join("");
}

async function printPage(name: string, { json }: Flags): Promise<string | undefined> {
  const entry = await findEntry(name);
  if (entry === undefined || json !== true) return entry && renderPage(entry.def);
  const { kind, def } = entry;
  const { doc, stability, examples = [] } = def;
  const [args, exports] = [jsonSchema(def.args), jsonSchema(def.exports ?? {})];
  return `${JSON.stringify({ kind, name, doc, stability, arguments: args, exports, examples })}\n`;
}

async function explainAbsence(name: string): Promise<string> {
  const quoted = JSON.stringify(name);
  const lookup = await findComponent(name);
  if (lookup.found === "unsupported") return `component ${quoted} is not supported yet`;
  const suggestion = nearest(
    name,
    listEntries().map((entry) => entry.name),
  );
  const hint = suggestion === undefined ? "run it without a name for a list" : `did you mean ${suggestion}?`;
  return `there is no page ${quoted}: ${hint}`;
}
