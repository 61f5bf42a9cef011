import { execFile } from "node:child_process";
import { chmod, lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const main = join(import.meta.dirname, "..", "..", "src", "main.ts");

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fmt-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs `invar fmt` in the folder of the test. */
function fmt(args: readonly string[], input = ""): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, "fmt", ...args], { cwd: folder }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
    child.stdin!.end(input);
  });
}

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

test("standard input is formatted to standard output", async () => {
  const expected = { code: 0, out: "a  = 1\nbc = 2\n", err: "" };
  expect(await fmt([], "a=1\nbc=2")).toEqual(expected);
  expect(await fmt(["-"], "a=1\nbc=2")).toEqual(expected);
});

test("files are rewritten in place, through links, with their mode kept", async () => {
  const path = await write("a.alloy", "a=1");
  await write("fine.alloy", "a = 1\n");
  await chmod(path, 0o600);
  await symlink("a.alloy", join(folder, "link.alloy"));
  expect(await fmt(["-w", "link.alloy", "fine.alloy"])).toEqual({ code: 0, out: "", err: "" });
  expect(await readFile(path, "utf8")).toBe("a = 1\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await lstat(join(folder, "link.alloy"))).isSymbolicLink()).toBe(true);
});

test("--test names what is not formatted and fails", async () => {
  await write("a.alloy", "a=1\n");
  await write("b.alloy", "b = 1\n");
  expect(await fmt(["--test", "a.alloy", "b.alloy"])).toEqual({ code: 1, out: "a.alloy\n", err: "" });
  expect(await fmt(["--test", "b.alloy"])).toEqual({ code: 0, out: "", err: "" });
  expect(await readFile(join(folder, "a.alloy"), "utf8")).toBe("a=1\n");
});

test("a file with errors is left alone and shown, the others are formatted", async () => {
  await write("bad.alloy", "a = ]\n");
  await write("good.alloy", "a=1\n");
  const { code, err } = await fmt(["-w", "bad.alloy", "good.alloy"]);
  expect([code, err]).toEqual([1, "Error: bad.alloy:1:5: expected expression, got ]\n\n1 | a = ]\n  |     ^\n2 | \n"]);
  expect(await readFile(join(folder, "bad.alloy"), "utf8")).toBe("a = ]\n");
  expect(await readFile(join(folder, "good.alloy"), "utf8")).toBe("a = 1\n");
});

test("--json gives problems as one document", async () => {
  const { code, err } = await fmt(["--json"], "a = ]");
  expect(code).toBe(1);
  expect(JSON.parse(err)).toEqual({
    diagnostics: [
      {
        severity: "error",
        code: "unexpected-token",
        message: "expected expression, got ]",
        start: { file: "<stdin>", offset: 4, line: 1, column: 5 },
      },
    ],
  });
});

test.each([
  [["-w"], "cannot use --write with standard input"],
  [["-w", "-t", "x"], "cannot be used with"],
  [["missing.alloy"], "formatting missing.alloy: ENOENT"],
  [["."], "formatting .: it is a directory"],
])("%j is refused", async (args, message) => {
  const { code, out, err } = await fmt(args);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain(message);
});
