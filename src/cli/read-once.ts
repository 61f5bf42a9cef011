/** Sources read once, for commands that look at a configuration and run nothing of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Origin } from "#src/compile/definitions.ts";
import type { ImportedBundle, ImportRequest, ResolveImport } from "#src/compile/imported.ts";
import { checkRemoteImport, cutBundle, originOf, stringArgument } from "#src/runtime/import-origin.ts";
import type { Bundle, SourceDef } from "#src/source/define.ts";
import { locate } from "#src/source/locate.ts";
import { systemClock } from "#src/util/clock.ts";
import { silentLogger } from "#src/util/log.ts";
import type { ReadSource } from "./validate.ts";

const here: Origin = { modulePath: "", bundle: undefined, folder: "" };

/** Reads sources into a folder of its own, which `close` removes. */
export class OnceReader {
  readonly #signal: AbortSignal;
  #folder: Promise<string> | undefined;
  /** How diagnostics name the files of a bundle, by its set of files. */
  readonly #prefixes = new WeakMap<Bundle["files"], string>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Reads a start-up SOURCE. */
  async read(text: string): Promise<ReadSource> {
    const { def, args, modulePath } = await locate(text);
    const { bundle, name } = await this.#fetch(def, args);
    const local = def.name === "file";
    const prefix = local ? folderPrefix(modulePath) : `${name}//`;
    this.#prefixes.set(bundle.files, prefix);
    const { folder } = originOf(def, args, bundle, here);
    return { bundle, prefix, origin: { modulePath, bundle: local ? undefined : bundle, folder } };
  }

  /** Reads what import blocks ask for; `offline` leaves out what other machines hold. */
  resolveImport(offline: boolean): ResolveImport {
    return async (request) => {
      const { def, args, from } = request;
      checkRemoteImport(def, args, from);
      if (def.name === "file" && from.bundle !== undefined) {
        const bundle = cutBundle(from.bundle, from, stringArgument(args, "filename"));
        return { bundle, origin: originOf(def, args, bundle, from), prefix: this.#prefixes.get(bundle.files) ?? "" };
      }
      if (offline && isRemote(def, args)) return "it lies on another machine";
      return this.#fetchImport(request);
    };
  }

  async close(): Promise<void> {
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  async #fetchImport({ block, def, args, from }: ImportRequest): Promise<ImportedBundle> {
    const { bundle, name } = await this.#fetch(def, args);
    const origin = originOf(def, args, bundle, from);
    const prefix =
      def.name === "file" ? folderPrefix(origin.modulePath) : `${def.name === "string" ? block.label : name}//`;
    this.#prefixes.set(bundle.files, prefix);
    return { bundle, origin, prefix };
  }

  async #fetch(def: SourceDef, args: unknown): Promise<{ readonly bundle: Bundle; readonly name: string }> {
    const problems = def.check?.(args as Parameters<SourceDef["open"]>[0]) ?? [];
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("; "));
    const dataDir = await (this.#folder ??= mkdtemp(join(tmpdir(), "invar-")));
    const context = { log: silentLogger, clock: systemClock, dataDir };
    const source = await def.open(args as Parameters<SourceDef["open"]>[0], context);
    try {
      const bundle = await source.fetch(undefined, this.#signal);
      if (bundle === "unchanged") throw new Error(`${source.name} gave nothing on its first fetch`);
      return { bundle, name: source.name };
    } finally {
      await source.close?.();
    }
  }
}

function folderPrefix(folder: string): string {
  return folder === "." || folder === "" ? "" : join(folder, "/");
}

function isRemote(def: SourceDef, args: unknown): boolean {
  if (def.name !== "git") return def.name !== "file" && def.name !== "string";
  const repository = stringArgument(args, "repository");
  return !/^file:/i.test(repository) && /^(?:[a-z][a-z0-9+.-]*:\/\/|[^/\\]+@?[^/\\]*:)/i.test(repository);
}
