import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const main = join(import.meta.dirname, "..", "..", "src", "main.ts");

function run(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "eval", ...args], { input, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("prints the value as configuration", () => {
  expect(run(['{ a = [1, "x"] }'])).toEqual({ status: 0, stdout: '{\n\ta = [1, "x"],\n}\n', stderr: "" });
});

test("reads standard input, and expressions that begin with a minus", () => {
  expect(run([], "1 + 1\n").stdout).toBe("2\n");
  expect(run(["-"], "2 * 3").stdout).toBe("6\n");
  expect(run(["-7 % 4"]).stdout).toBe("-3\n");
});

test("shows where the expression is wrong, and fails", () => {
  const { status, stdout, stderr } = run(['string.to_upper("a", 1)']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain("1:1: string.to_upper expected 1 args, got 2");
  expect(run(["1 +"]).stderr).toContain("1:4: expected expression, got EOF");
});

test("prints JSON", () => {
  expect(run(["--json", "[true]"]).stdout).toBe('{"type":"array","value":[{"type":"bool","value":true}]}\n');
  expect(run(["--json", "1 / 0"])).toMatchObject({ status: 1, stdout: '{"error":"1:5: 0 divide by zero error"}\n' });
  expect(run(["--json", "10.0 ^ 400"])).toMatchObject({
    status: 0,
    stdout: '{"raw":"json: unsupported value: +Inf"}\n',
  });
});
