import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OnceReader } from "#src/cli/read-once.ts";
import { validateCommand } from "#src/cli/validate.ts";
import { compileOptions } from "#test/kit/compile-options.ts";

let folder: string;
let reader: OnceReader;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-test-"));
  reader = new OnceReader(new AbortController().signal);
});

afterEach(async () => {
  await reader.close();
  await rm(folder, { recursive: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function invar(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const command = validateCommand({
    options: (stability, community) => compileOptions({ stability, community }),
    read: (source) => reader.read(source),
    resolveImport: (offline) => reader.resolveImport(offline),
    write: (stream, text) => void (written[stream] += text.replaceAll(folder, "DIR")),
    color: false,
  });
  await command.parseAsync(args, { from: "user" });
  const code = process.exitCode === 1 ? 1 : 0;
  process.exitCode = undefined;
  return { code, ...written };
}

describe("invar validate", () => {
  test("says that a valid configuration is, and counts what it saw", async () => {
    await write({ "a.alloy": `local.file "x" { filename = "/x" }`, "b.alloy": `local.file "y" { filename = "/y" }` });
    const file = await invar(join(folder, "a.alloy"));
    expect(file).toEqual({ code: 0, stdout: "DIR/a.alloy: valid, 1 component in 1 file\n", stderr: "" });
    expect((await invar(folder)).stdout).toBe("DIR: valid, 2 components in 2 files\n");
  });

  test("prints every problem with its place, its lines and a hint", async () => {
    await write({ "a.alloy": `local.file "x" {\n\tfilenme = "/x"\n}\n` });
    const { code, stdout, stderr } = await invar(join(folder, "a.alloy"));
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`Error: DIR/a.alloy:2:2: unrecognized attribute name "filenme"`);
    expect(stderr).toContain("2 |     filenme = ");
    expect(stderr).toContain("Hint: Did you mean filename?");
    expect(stderr).toContain(`missing required attribute "filename"`);
    expect(stderr).toContain("DIR/a.alloy: not valid, 2 errors, 1 component in 1 file\n");
  });

  test("fails on warnings only with --strict", async () => {
    await write({ "a.alloy": `local.file "x" {\n\tfilename = env("X")\n}\n` });
    const lenient = await invar(join(folder, "a.alloy"));
    expect([lenient.code, lenient.stdout]).toEqual([0, "DIR/a.alloy: valid, 1 warning, 1 component in 1 file\n"]);
    expect(lenient.stderr).toContain("Warning: ");
    expect((await invar("--strict", join(folder, "a.alloy"))).code).toBe(1);
  });

  test("--json prints one document for machines", async () => {
    await write({ "a.alloy": `nothing.here "x" { }` });
    const { code, stdout, stderr } = await invar("--json", join(folder, "a.alloy"));
    const result = JSON.parse(stdout) as { valid: boolean; errors: number; diagnostics: { code: string }[] };
    expect([code, stderr]).toEqual([1, ""]);
    expect(result).toMatchObject({ valid: false, errors: 1, warnings: 0, files: 1 });
    expect(result.diagnostics[0]).toMatchObject({ code: "unknown-component", start: { line: 1, column: 1 } });
  });

  test("keeps to the stability level and the community flag", async () => {
    await write({ "a.alloy": `foreach "x" {\n\tcollection = []\n\tvar = "y"\n\ttemplate { }\n}\n` });
    expect((await invar(join(folder, "a.alloy"))).stderr).toContain("--stability.level");
    expect((await invar("--stability.level=experimental", join(folder, "a.alloy"))).code).toBe(0);
  });

  test("looks into imports, also nested ones, and names their files", async () => {
    await write({
      "main.alloy": `
import.file "lib" { filename = file.path_join(module_path, "lib") }
lib.copy "a" { from = "/a" }
lib.copy "b" { form = "/b" }
lib.nothing "c" { }
local.file "d" { filename = lib.copy.a.txt }
`,
      "lib/one.alloy": `
import.file "inner" { filename = file.path_join(module_path, "inner.txt") }
declare "copy" {
	argument "from" { }
	inner.read "it" { path = argument.from.value }
	export "text" { value = inner.read.it.nope }
}
declare "unused" {
	local.missing "x" { }
}
`,
      "lib/inner.txt": `
declare "read" {
	argument "path" { }
	local.file "it" { filename = argument.path.value }
	export "content" { value = local.file.it.content }
}
`,
    });
    const { stderr } = await invar(join(folder, "main.alloy"));
    const lines = stderr.split("\n").filter((line) => line.startsWith("Error") || line.startsWith("Note"));
    expect(lines).toEqual([
      `Error: DIR/lib/one.alloy:6:26: component "inner.read.it" does not export "nope"`,
      `Error: DIR/main.alloy:4:16: unrecognized attribute name "form"`,
      `Error: DIR/main.alloy:4:1: missing required attribute "from"`,
      `Error: DIR/main.alloy:5:1: cannot find the definition of component name "lib.nothing"`,
      `Error: DIR/main.alloy:6:29: component "lib.copy.a" does not export "txt"`,
    ]);
  });

  test("says which imports it could not look into, and lets their components be", async () => {
    await write({
      "main.alloy": `
local.file "x" { filename = "/x" }
import.string "late" { content = local.file.x.content }
import.git "far" {
	repository = "https://git.invalid/lib.git"
	path       = "lib.alloy"
}
late.any "a" { x = 1 }
far.any "b" { x = 1 }
`,
    });
    const { code, stderr } = await invar("--offline", join(folder, "main.alloy"));
    expect(code).toBe(0);
    expect(stderr).toBe(
      "Note: DIR/main.alloy:3:1: import.string.late was not looked into: its arguments are known only when it runs\n" +
        "Note: DIR/main.alloy:4:1: import.git.far was not looked into: it lies on another machine\n",
    );
  });

  test("reports an import that is not there, holds what it must not, or contains itself", async () => {
    await write({
      "main.alloy": `
import.file "gone" { filename = file.path_join(module_path, "gone.alloy") }
import.string "odd" { content = "local.file \\"x\\" { }" }
import.file "self" { filename = file.path_join(module_path, "self.txt") }
`,
      "self.txt": `import.file "again" { filename = file.path_join(module_path, "self.txt") }`,
    });
    const { code, stderr } = await invar(join(folder, "main.alloy"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/Error: DIR\/main\.alloy:2:1: cannot import: .*gone\.alloy/);
    expect(stderr).toContain("only declare and import blocks are allowed in a module, got local.file");
    expect(stderr).toContain("Hint: Does a file import itself?");
  });

  test("says in one line why a source cannot be read", async () => {
    const { code, stderr } = await invar(join(folder, "nothing.alloy"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: reading DIR\/nothing\.alloy: /);
  });
});
