/** Lints with oxlint, which it installs into `.ci/tools` on first use: some of its platform packages cannot be had everywhere. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const tools = join(import.meta.dirname, "tools");
const oxlint = join(tools, "node_modules", ".bin", "oxlint");

if (!existsSync(oxlint)) {
  const args = ["install", "--prefix", tools, "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  spawnSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
}
if (!existsSync(oxlint)) {
  console.error("LINT SKIPPED: oxlint could not be installed here. CI runs it.");
  process.exit(process.env["CI"] === "true" ? 1 : 0);
}
const run = spawnSync(oxlint, ["--type-aware", "--quiet", "-c", join(root, ".ci", "oxlint.json"), root], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${join(tools, "node_modules", ".bin")}:${process.env["PATH"]}` },
});
process.exit(run.status ?? 1);
