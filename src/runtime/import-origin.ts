/** What names in imported text mean: `module_path`, and files of the bundle around it (specification 5.4). */
import { posix, sep, dirname } from "node:path";
import type { Bundle, SourceDef } from "#src/source/define.ts";
import type { Origin } from "#src/compile/definitions.ts";

/** Where the content of an import lies. Only a plain file leaves its imports free to name files of this machine. */
export function originOf(def: SourceDef, args: unknown, bundle: Bundle, around: Origin): Origin {
  const folder = folderOf(bundle);
  if (def.name === "string") return around;
  if (def.name === "file" && around.bundle === undefined) {
    const filename = stringArgument(args, "filename");
    return { modulePath: bundle.entry === "" ? filename : dirname(filename), bundle: undefined, folder: "" };
  }
  if (def.name === "file") return { modulePath: `/${folder}`, bundle, folder };
  if (def.name === "http") {
    const url = stringArgument(args, "url");
    return { modulePath: url.slice(0, url.lastIndexOf("/") + 1), bundle, folder };
  }
  return { modulePath: "/", bundle, folder };
}

/**
 * The part of the surrounding bundle that `import.file` names: `/a/b` from its root, `a/b` from the importing file's
 * folder. Nothing outside of the bundle can be named.
 */
export function cutBundle(around: Bundle, origin: Origin, filename: string): Bundle {
  const slashed = filename.split(sep).join("/");
  const path = posix.normalize(slashed.startsWith("/") ? slashed : posix.join("/", origin.folder, slashed)).slice(1);
  const entry = path.replace(/\/$/, "");
  const climbs = !slashed.startsWith("/") && posix.join(origin.folder, slashed).split("/")[0] === "..";
  if (climbs) {
    throw new Error(`${JSON.stringify(filename)} lies outside of the bundle that this module came with`);
  }
  const exists = around.files.has(entry) || [...around.files.keys()].some((name) => name.startsWith(`${entry}/`));
  if (entry !== "" && !exists) {
    throw new Error(
      `${JSON.stringify(filename)} is not in the bundle that this module came with; a module from a remote source can only import files of the same source`,
    );
  }
  return { ...around, entry };
}

/** Refuses imports by which remote text would read local repositories. */
export function checkRemoteImport(def: SourceDef, args: unknown, around: Origin): void {
  if (around.bundle === undefined || def.name !== "git") return;
  const repository = stringArgument(args, "repository");
  if (/^file:/i.test(repository) || !/^(?:[a-z][a-z0-9+.-]*:\/\/|[^/\\]+@?[^/\\]*:)/i.test(repository)) {
    throw new Error(
      `repository ${JSON.stringify(repository)} is local; a module from a remote source cannot import it`,
    );
  }
}

/** Folder of the entry within its bundle. */
function folderOf(bundle: Bundle): string {
  if (!bundle.files.has(bundle.entry)) return bundle.entry;
  const slash = bundle.entry.lastIndexOf("/");
  return slash < 0 ? "" : bundle.entry.slice(0, slash);
}

export function stringArgument(args: unknown, name: string): string {
  const value = (args as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : "";
}
