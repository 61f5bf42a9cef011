import { readFileSync } from "node:fs";

/** The version of this program, without a leading `v`: put in by the build, read from the package in a clone. */
export const version: string = process.env["INVAR_VERSION"] ?? readVersion();

function readVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
