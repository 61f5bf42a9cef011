import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { judgeAlloyFlags, SWITCHES } from "#src/cli/alloy-flags.ts";
import { spellSwitches } from "#src/cli/flags.ts";

const program = join(import.meta.dirname, "..", "..", "src", "main.ts");
const invar = (...args: string[]) => promisify(execFile)(process.execPath, [program, ...args]);

test.each([
  ["--cluster.enabled"],
  ["--cluster.name=edge"],
  ["--server.http.enable-pprof=true"],
  ["--server.http.enable-graphql"],
  ["--config.extra-args=x"],
  ["--windows.priority=high"],
  ["--feature.prometheus.direct-fanout.enabled"],
])("%s is refused by name", (word) => {
  expect(judgeAlloyFlags([word]).refusal).toBe(`${word.split("=")[0]!} is not supported yet`);
});

test("another format than Alloy's is refused by name", () => {
  expect(judgeAlloyFlags(["--config.format=prometheus"]).refusal).toBe(
    "--config.format=prometheus is not supported yet",
  );
});

test("values that ask for nothing are accepted, and deprecated flags with a warning", () => {
  const words = ["run", "--server.http.enable-pprof=false", "--cluster.enabled=false", "--windows.priority", "normal"];
  expect(judgeAlloyFlags([...words, "--cluster.use-discovery-v1", "a.alloy"])).toEqual({
    argv: ["run", "a.alloy"],
    warnings: ["--cluster.use-discovery-v1 is deprecated and has no effect"],
    refusal: undefined,
  });
});

test("a switch without a value leaves the word behind it alone", () => {
  expect(spellSwitches(["--feature.community-components.enabled", "a.alloy"], SWITCHES)).toEqual([
    "--feature.community-components.enabled=true",
    "a.alloy",
  ]);
});

test("the program hands on what it judged", async () => {
  await expect(invar("validate", "--feature.community-components.enabled", "/none.alloy")).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("reading /none.alloy") as string,
  });
  await expect(invar("run", "--cluster.enabled", "/none.alloy")).rejects.toMatchObject({
    code: 1,
    stderr: "error: --cluster.enabled is not supported yet\n(run with --help for the arguments)\n",
  });
});

test.each([
  [["rnu"], "Did you mean run?"],
  [[], "Usage: invar"],
])("%j ends with 1 and says what to do", async (args, message) => {
  await expect(invar(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) as string });
});
