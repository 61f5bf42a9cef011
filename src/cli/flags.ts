/** Flags that several commands share, written as Alloy has them (specification 7.2). */
import { InvalidArgumentError, Option } from "commander";
import type { CompileOptions } from "#src/compile/types.ts";
import { findComponent } from "#src/component/catalog.ts";
import type { Stability } from "#src/schema/field.ts";
import { findBlock } from "#src/service/blocks.ts";
import { findSource } from "#src/source/catalog.ts";
import { parseDuration } from "#src/value/duration.ts";

/** A flag that Alloy's users write alone or with `=true` or `=false`. */
export function switchFlag(name: string, description: string, initial = false): Option {
  return new Option(`${name} [enabled]`, description).argParser(parseSwitch).preset("true").default(initial);
}

export function durationFlag(name: string, description: string, initial: string): Option {
  return new Option(`${name} <duration>`, description)
    .argParser(parseMilliseconds)
    .default(parseMilliseconds(initial), initial);
}

export function stabilityFlag(): Option {
  return new Option("--stability.level <level>", "The least stable level of features that may be used.")
    .choices(["experimental", "public-preview", "generally-available"])
    .default("generally-available");
}

export function communityFlag(): Option {
  return switchFlag("--feature.community-components.enabled", "Allow community components.");
}

/** What decides how configurations compile in this program: its components, sources and blocks. */
export function compileOptions(stability: Stability, community: boolean): CompileOptions {
  return { stability, community, component: findComponent, source: findSource, block: findBlock };
}

/** Makes `--a.b` of switches into `--a.b=true`, so that a SOURCE after one is not taken for its value. */
export function spellSwitches(argv: readonly string[], switches: readonly string[]): string[] {
  return argv.map((word) => (switches.includes(word) ? `${word}=true` : word));
}

function parseSwitch(text: string): boolean {
  if (/^(true|1|t)$/i.test(text)) return true;
  if (/^(false|0|f)$/i.test(text)) return false;
  throw new InvalidArgumentError("It is true or false.");
}

function parseMilliseconds(text: string): number {
  try {
    const ms = parseDuration(text);
    if (ms >= 0) return ms;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError("It is a duration such as 10s or 1m30s.");
}
