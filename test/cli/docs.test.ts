import { expect, test } from "vitest";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const program = join(import.meta.dirname, "..", "..", "src", "main.ts");
const invar = (...args: string[]) => promisify(execFile)(process.execPath, [program, "docs", ...args]);

test("a page is printed as Markdown, or as JSON with the schemas of arguments and exports", async () => {
  expect((await invar("discovery.relabel")).stdout).toMatch(/^# discovery\.relabel\n/);
  const page: unknown = JSON.parse((await invar("discovery.relabel", "--json")).stdout);
  expect(page).toMatchObject({
    kind: "component",
    name: "discovery.relabel",
    arguments: { required: ["targets"] },
    exports: { properties: { output: { type: "array" } } },
  });
});

test("without a name it lists what has a page", async () => {
  expect((await invar()).stdout).toMatch(
    /component {2}prometheus\.scrape\n[^]*block {6}logging\n[^]*source {5}import\.git\n/,
  );
});

test.each([
  ["prometheus.scrap", 'there is no page "prometheus.scrap": did you mean prometheus.scrape?'],
  ["loki.write", 'component "loki.write" is not supported yet'],
  ["qqqqqqqqqqqqqqqqqq", "run it without a name for a list"],
])("%s has no page, and it is said why", async (name, message) => {
  await expect(invar(name)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) as string });
});
