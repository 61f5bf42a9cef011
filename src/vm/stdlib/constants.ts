import { arch, hostname, platform } from "node:os";
import { version } from "#src/util/version.ts";
import type { Value } from "#src/value/value.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** The object `constants`. */
export const constants: Readonly<Record<string, Value>> = {
  hostname: hostname(),
  os: platform() === "win32" ? "windows" : platform(),
  arch: ARCHITECTURES[arch()] ?? arch(),
  version: `v${version}`,
};
