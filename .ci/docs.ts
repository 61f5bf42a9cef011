/** Writes `docs/reference/` from definitions: `npm run docs`. A test fails when what is committed differs. */
import { globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { commands } from "../src/cli/commands.ts";
import { findEntry, listEntries, type EntryKind } from "../src/cli/reference.ts";
import { renderPage } from "../src/schema/docs.ts";

/** Where the pages are. */
export const referenceFolder = join(import.meta.dirname, "..", "docs", "reference");

const NOTE = "<!-- Written by `npm run docs`. Change the definition instead. -->\n\n";

const TITLES: Readonly<Record<EntryKind, readonly [title: string, text: string]>> = {
  component: ["Components", 'What runs: `NAME "LABEL" { … }`.'],
  block: ["Blocks", "What belongs to the language or to the process."],
  source: [
    "Sources",
    "Where modules come from. [Sources](../sources.md) tells of the SOURCE that a collector starts with.",
  ],
};

/** All pages by path below `docs/reference/`. */
export async function renderReference(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  const index = [
    "# Reference",
    "Made from the definitions that the program itself checks configurations against; `invar docs NAME` prints the same pages.",
  ];
  for (const [kind, [title, text]] of Object.entries(TITLES)) {
    const rows: string[] = [];
    for (const entry of listEntries().filter((each) => each.kind === kind)) {
      const { def } = (await findEntry(entry.name))!;
      const path = `${kind}s/${entry.name}.md`;
      pages.set(path, NOTE + renderPage(def));
      rows.push(`| [${entry.name}](${path}) | ${def.doc.replaceAll("|", "\\|")} |`);
    }
    index.push(`## ${title}`, text, ["| Name | |", "| --- | --- |", ...rows].join("\n"));
  }
  const listed = Object.entries(commands).map(
    ([name, [summary]]) => `| [invar ${name}](commands.md#invar-${name}) | ${summary} |`,
  );
  index.push("## Commands", ["| Command | |", "| --- | --- |", ...listed].join("\n"));
  pages.set("README.md", `${NOTE}${index.join("\n\n")}\n`);
  pages.set("commands.md", NOTE + (await renderCommands()));
  return pages;
}

/** What `--help` prints of each command. */
async function renderCommands(): Promise<string> {
  const sections = ["# Commands"];
  for (const [name, [, load]] of Object.entries(commands)) {
    const command = await load();
    new Command("invar").addCommand(command);
    let help = "";
    command.configureOutput({ writeOut: (text) => void (help += text), getOutHelpWidth: () => 110 }).outputHelp();
    sections.push(`## invar ${name}`, `\`\`\`text\n${help.trim()}\n\`\`\``);
  }
  return `${sections.join("\n\n")}\n`;
}

if (import.meta.main) {
  const pages = await renderReference();
  for (const path of globSync("**/*.md", { cwd: referenceFolder }))
    if (!pages.has(path)) rmSync(join(referenceFolder, path));
  for (const [path, text] of pages) {
    mkdirSync(dirname(join(referenceFolder, path)), { recursive: true });
    writeFileSync(join(referenceFolder, path), text);
  }
  console.log(`docs/reference: ${pages.size} pages`);
}
