import { spawnSync } from "node:child_process";

/** Whether tests that need a program run: a missing one skips them loudly here, and lets them fail in CI. */
export function canUse(program: string, debianPackage = program): boolean {
  const { error } = spawnSync(program, ["--version"], { stdio: "ignore" });
  if (error === undefined || process.env["CI"] === "true") return true;
  console.error(`SKIPPED: there is no ${program} here (apt-get install ${debianPackage}). CI runs these tests.`);
  return false;
}
