/** Reads every import of the project and fails on one against the arrows of docs/contributing.md. */
import { readFileSync, globSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** Folder → folders it may import besides itself. A folder's longest matching name counts. */
const leafBase = [
  "src/source",
  "src/secret",
  "src/regex",
  "src/relabel",
  "src/schema",
  "src/net",
  "src/wire",
  "src/queue",
  "src/value",
  "src/diag",
  "src/util",
];
const core = {
  "src/util": [],
  "src/diag": ["src/util"],
  "src/syntax": ["src/diag", "src/util"],
  "src/value": ["src/util"],
  "src/vm": ["src/syntax", "src/value", "src/regex", "src/diag", "src/util"],
  "src/schema": ["src/value", "src/diag", "src/syntax", "src/vm", "src/util"],
  "src/graph": ["src/util"],
  "src/regex": ["src/util"],
  "src/relabel": ["src/regex", "src/schema", "src/signal", "src/value", "src/util"],
  "src/signal": ["src/util"],
  "src/wire": ["src/signal", "src/util"],
  "src/queue": ["src/util"],
  "src/net": ["src/schema", "src/value", "src/diag", "src/util"],
  "src/component": ["src/schema", "src/signal", "src/net", "src/value", "src/diag", "src/util", "src/wire"],
  "src/source": ["src/schema", "src/signal", "src/net", "src/value", "src/diag", "src/util"],
  "src/secret": ["src/schema", "src/signal", "src/net", "src/value", "src/diag", "src/util"],
} satisfies Record<string, string[]>;
const compile = [
  "src/syntax",
  "src/vm",
  "src/schema",
  "src/component",
  "src/source",
  "src/graph",
  "src/value",
  "src/diag",
  "src/util",
];
const runtime = ["src/compile", "src/secret", "src/signal", "src/net", "src/runtime", ...compile];
const allowed: Record<string, readonly string[]> = {
  ...core,
  "src/compile": [...compile, "src/runtime/types"],
  "src/runtime": runtime,
  src: ["src", "sources", "secrets"],
  sources: leafBase,
  secrets: leafBase,
  components: [...leafBase, "src/component", "src/signal", "sources", "secrets"],
  "fleet-server": ["src"],
};
const fleetForbidden = ["src/runtime", "src/service", "src/cli"];

function folderOf(file: string): string | undefined {
  return Object.keys(allowed)
    .filter((folder) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

test("no import goes against the arrows", () => {
  const files = globSync(["{src,sources,secrets,components,fleet-server}/**/*.ts"], { cwd: root });
  expect(files.length).toBeGreaterThan(0);
  const wrong: string[] = [];
  for (const file of files) {
    const folder = folderOf(file);
    if (folder === undefined) continue;
    const text = readFileSync(join(root, file), "utf8");
    for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*"([#.][^"]+)"/g)) {
      const to = specifier!.startsWith("#")
        ? specifier!.slice(1)
        : relative(root, join(root, dirname(file), specifier!));
      if (to.startsWith(`${folder}/`) && folderOf(to) === folder) continue;
      const fine =
        allowed[folder]!.some((target) => to.startsWith(target)) &&
        !(folder === "fleet-server" && fleetForbidden.some((target) => to.startsWith(target)));
      if (!fine) wrong.push(`${file} imports ${to}`);
      if (
        /(^|\/)_/.test(to) &&
        dirname(to).split("/_")[0] !== dirname(file).split("/_")[0] &&
        !dirname(file).startsWith(dirname(to).split("/_")[0]!)
      )
        wrong.push(`${file} imports the private ${to}`);
    }
  }
  expect(wrong).toEqual([]);
});
