import { expect } from "vitest";
import { findSource } from "#src/source/catalog.ts";
import type { Bundle, ConfigSource, Revision, SourceDef } from "#src/source/define.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import { systemClock } from "#src/util/clock.ts";
import { silentLogger } from "#src/util/log.ts";

type Args = Parameters<SourceDef["open"]>[0];

/** What the check of a source says about arguments laid over its defaults. */
export async function checkSource(name: string, args: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const def = (await findSource(name))!;
  const all = { ...defaultsOf(def.args), ...args } as Args;
  return (def.check?.(all) ?? []).map(({ path, message }) => `${path}: ${message}`);
}

/** Opens a source with arguments laid over its defaults, which must be without a fault. */
export async function openTestSource(
  name: string,
  args: Readonly<Record<string, unknown>>,
  dataDir: string,
): Promise<ConfigSource> {
  expect(await checkSource(name, args)).toEqual([]);
  const def = (await findSource(name))!;
  const all = { ...defaultsOf(def.args), ...args } as Args;
  return def.open(all, { log: silentLogger, clock: systemClock, dataDir });
}

/** Fetches what must be news. */
export async function fetchNew(source: ConfigSource, known?: Revision): Promise<Bundle> {
  const result = await source.fetch(known, new AbortController().signal);
  if (result === "unchanged") throw new Error("the source says unchanged");
  return result;
}

/** The names of a bundle's files. */
export function names(bundle: Bundle): readonly string[] {
  return [...bundle.files.keys()];
}

/** The text of a file of a bundle. */
export function textOf(bundle: Bundle, path: string): string | undefined {
  const file = bundle.files.get(path);
  return file && Buffer.from(file).toString();
}
