/** What every collector of `prometheus.exporter.unix` is made of: a name, and a function that reads files and adds samples. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "#src/util/log.ts";
import type { Page } from "../_page.ts";

/** Adds its samples. Throws `NoData` where the kernel offers nothing, any other error where reading failed. */
export type Collect = (page: Page, signal: AbortSignal) => void | Promise<void>;

export interface Host {
  readonly procfs: string;
  readonly sysfs: string;
  readonly rootfs: string;
  readonly udev: string;
  readonly log: Logger;
}

/** The kernel or the configuration gives a collector nothing to report: counted as unsuccessful, logged only at debug level. */
export class NoData extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NoData";
  }
}

/** A file below a root, or undefined where it does not exist or may not be read. */
export function findText(root: string, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return undefined;
  }
}

/** A file below a root that must be there. */
export function getText(root: string, path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** A file with one number. */
export function findNumber(root: string, path: string): number | undefined {
  const text = findText(root, path)?.trim();
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** Lines without the empty last one. */
export function lines(text: string): string[] {
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  return all;
}

export function fields(line: string): string[] {
  return line.trim().split(/\s+/);
}
