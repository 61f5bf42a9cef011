import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { planCommand } from "#src/cli/plan.ts";
import { OnceReader } from "#src/cli/read-once.ts";
import { component, type ComponentDef } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { secret, string } from "#src/schema/type.ts";
import { compileOptions } from "#test/kit/compile-options.ts";
import { createLedger } from "#test/kit/ledger.ts";

const keeper = component({
  name: "test.keeper",
  stability: "generally-available",
  doc: "Has a password.",
  args: { user: attr(string, "User.", { default: "" }), password: attr(secret, "Password.") },
  exports: {},
  examples: [],
  create: () => ({}),
});

let folder: string;
let reader: OnceReader;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-plan-"));
  reader = new OnceReader(new AbortController().signal);
});
afterEach(async () => {
  await reader.close();
  await rm(folder, { recursive: true });
});

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

async function invar(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: "", stderr: "" };
  const extra = [...createLedger().components, keeper] as unknown as readonly ComponentDef[];
  const command = planCommand({
    options: (stability, community) => compileOptions({ stability, community, extra }),
    read: (source) => reader.read(source),
    resolveImport: (offline) => reader.resolveImport(offline),
    write: (stream, text) => void (written[stream] += text.replaceAll(folder, "DIR")),
    color: args.includes("--color"),
  });
  await command.parseAsync(
    args.filter((arg) => arg !== "--color"),
    { from: "user" },
  );
  const code = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { code, ...written };
}

const pipeline = (version: number, more = ""): string => `
test.source "s" { forward_to = [test.relay.r.receiver] }
test.relay "r" {
  forward_to = [test.sink.k.receiver]
  version    = ${version}
}
test.sink "k" { }
${more}`;

test("without --against everything is created", async () => {
  const { code, stdout } = await invar(await file("a.alloy", pipeline(1)), "--exit-code");
  expect(code).toBe(2);
  expect(stdout).toContain(`+ create test.relay.r\n    + test.relay "r" {\n`);
  expect(stdout).toMatch(/Plan: 3 to create, 0 to update, 0 to replace, 0 to remove, 0 to keep\.\n$/);
});

test("layout and comments are no change", async () => {
  const a = await file("a.alloy", pipeline(1));
  const b = await file(
    "b.alloy",
    `// moved\n${pipeline(1).replaceAll("  ", "\t").replace("version ", "\n// why\nversion ")}`,
  );
  const { code, stdout } = await invar(b, "--against", a, "--exit-code");
  expect(stdout).toBe("No changes: 3 to keep.\n");
  expect(code).toBe(0);
});

test("who sends to a changed receiver is kept, who reads a changed value is not", async () => {
  const values = `test.part "x" { value = "VALUE" }\ntest.part "y" { value = test.part.x.value }`;
  const a = await file("a.alloy", pipeline(1, values));
  const b = await file("b.alloy", pipeline(2, values.replace("VALUE", "OTHER")));
  const { stdout } = await invar(b, "--against", a);
  expect(stdout).toBe(`~ update test.relay.r (arguments)
      test.relay "r" {
      \tforward_to = [test.sink.k.receiver]
    - \tversion    = 1
    + \tversion    = 2
      }
~ update test.part.x (arguments)
      test.part "x" {
    - \tvalue = "VALUE"
    + \tvalue = "OTHER"
      }
~ update test.part.y (dependency test.part.x)
Plan: 0 to create, 3 to update, 0 to replace, 0 to remove, 2 to keep.
`);
});

test("removed and replaced blocks, as JSON", async () => {
  const a = await file("a.alloy", pipeline(1, `declare "mine" { }\nmine "x" { }\ntest.part "gone" { }`));
  const b = await file("b.alloy", pipeline(1, `declare "mine" { }\ndeclare "other" { }\nother "y" { }`));
  const { stdout } = await invar(b, "--against", a, "--json");
  const plan = JSON.parse(stdout) as { steps: { node: string; do: string }[] };
  expect(plan).toMatchObject({ source: "DIR/b.alloy", against: "DIR/a.alloy", create: 2, remove: 2, keep: 4 });
  const changes = plan.steps.filter((step) => step.do !== "keep").map((step) => `${step.do} ${step.node}`);
  expect(changes.toSorted()).toEqual([
    "create declare.other",
    "create other.y",
    "remove mine.x",
    "remove test.part.gone",
  ]);
});

test("modules of imports are planned inside their instances", async () => {
  const library = (value: string): string => `declare "m" {
  argument "to" { }
  test.part "p" { value = "${value}" }
  test.relay "r" { forward_to = [argument.to.value] }
  export "receiver" { value = test.relay.r.receiver }
  export "value" { value = test.part.p.value }
}`;
  await file("old.lib", library("1"));
  await file("new.lib", library("2"));
  const main = (lib: string): string => `import.file "lib" { filename = "${join(folder, lib)}" }
lib.m "i" { to = test.sink.k.receiver }
test.sink "k" { }
test.source "s" { forward_to = [lib.m.i.receiver] }
test.part "q" { value = lib.m.i.value }`;
  const a = await file("a.alloy", main("old.lib"));
  const b = await file("b.alloy", main("new.lib"));
  const { stdout } = await invar(b, "--against", a, "--json");
  const plan = JSON.parse(stdout) as { steps: { node: string; do: string; because: string }[] };
  expect(plan.steps.filter((step) => step.do !== "keep").map((s) => [s.do, s.node, s.because])).toEqual([
    ["update", "import.file.lib", "arguments"],
    ["update", "lib.m.i/test.part.p", "arguments"],
    ["update", "lib.m.i/export.value", "dependency test.part.p"],
    ["update", "lib.m.i", "definition"],
    ["update", "test.part.q", "dependency lib.m.i"],
  ]);
});

test("secrets do not show", async () => {
  const a = await file("a.alloy", `test.keeper "k" {\n  user = "u1"\n  password = "tiger" + "lily"\n}`);
  const b = await file("b.alloy", `test.keeper "k" {\n  user = "u2"\n  password = "lion"\n}`);
  const { stdout } = await invar(b, "--against", a);
  expect(stdout).not.toMatch(/tiger|lily|lion/);
  expect(stdout).toContain(`password = "(secret)"`);
  expect((await invar(b, "--json")).stdout).not.toContain("lion");
});

test("errors are told with their places, and nothing is planned", async () => {
  const bad = await file("bad.alloy", `test.nothing "x" { }`);
  const { code, stdout, stderr } = await invar(bad);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("DIR/bad.alloy:1:1");
  expect((await invar(join(folder, "missing.alloy"))).code).toBe(1);
});

test("colours are for terminals", async () => {
  const a = await file("a.alloy", pipeline(1));
  expect((await invar(a, "--color")).stdout).toContain("\u001b[32m+ create test.sink.k\u001b[0m");
  expect((await invar(a)).stdout).not.toContain("\u001b");
});
