import { arch, hostname, platform } from "node:os";
import type { Value } from "#src/value/value.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** The object `constants`. The version is what the build put in, `v0.0.0` without one. */
export const constants: Readonly<Record<string, Value>> = {
  hostname: hostname(),
  os: platform() === "win32" ? "windows" : platform(),
  arch: ARCHITECTURES[arch()] ?? arch(),
  version: `v${(process.env["INVAR_VERSION"] ?? "0.0.0").replace(/^v/, "")}`,
};
