import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { attr } from "#src/schema/field.ts";
import { duration, oneOf, string } from "#src/schema/type.ts";
import { defaultLimits, digestFiles, fileTooLarge, makeBundle, tooLarge, tooMany } from "#src/source/bundle.ts";
import { source, SourceError } from "#src/source/define.ts";
import type { Clock } from "#src/util/clock.ts";
import { watchPaths } from "./_watch.ts";

export default source({
  name: "file",
  doc: "A configuration file, or a folder whose `.alloy` files together are the configuration.",
  args: {
    filename: attr(
      string,
      "Path of the file or folder. A relative path starts at the working directory of the process.",
    ),
    detector: attr(
      oneOf("fsnotify", "poll"),
      "How changes are noticed: `fsnotify` watches the file, `poll` only reads it.",
      {
        default: "fsnotify",
      },
    ),
    poll_frequency: attr(duration, "How often the file is read, also where it is watched.", { default: 60_000 }),
  },
  examples: [`import.file "math" {\n  filename = "/etc/invar/math.alloy"\n}`],
  check: ({ poll_frequency }) =>
    poll_frequency > 0 ? [] : [{ path: "poll_frequency", message: "poll_frequency must be greater than 0" }],
  interval: ({ poll_frequency }) => poll_frequency,
  open({ filename, detector }, { clock }) {
    return {
      name: filename,
      async fetch(known, signal) {
        const { files, folder, at } = await readSteadily(filename, signal);
        if (files.size === 0) throw new SourceError("content", `folder ${filename} holds no .alloy file`);
        const digest = digestFiles(files);
        if (known?.digest === digest) return "unchanged";
        const entry = folder ? "" : basename(filename);
        return makeBundle({ id: digest.slice("sha256:".length).slice(0, 16), at: new Date(at), entry, files });
      },
      ...(detector === "poll" ? {} : { watch: (hint, signal) => watchFile(filename, hint, signal, clock) }),
    };
  },
});

/** Watches the file or folder, what it holds, and the folder around it, in which links to it are replaced. */
function watchFile(filename: string, hint: () => void, signal: AbortSignal, clock: Clock): Promise<void> {
  const target = resolve(filename);
  const around = dirname(target);
  const ignored = (path: string): boolean =>
    path !== target && path !== around && !(dirname(path) === target && path.endsWith(".alloy"));
  return watchPaths([target, around], hint, signal, { clock, depth: 0, ignored });
}

interface Read {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly folder: boolean;
  /** The newest modification, milliseconds since 1970. */
  readonly at: number;
}

const ATTEMPTS = 3;

/** Reads again when files change underneath, so that what comes back stood on disk at one moment. */
async function readSteadily(path: string, signal: AbortSignal): Promise<Read> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      const before = await look(path);
      const files = new Map<string, Uint8Array>();
      let bytes = 0;
      for (const { name, path: file } of before.files) {
        const content = await readFile(file, { signal });
        bytes += content.byteLength;
        if (bytes > defaultLimits.bytes) throw tooLarge(defaultLimits);
        files.set(name, content);
      }
      const after = await look(path);
      if (before.state === after.state || attempt === ATTEMPTS) return { files, folder: before.folder, at: before.at };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof SourceError) throw cause;
      if (attempt === ATTEMPTS) throw asSourceError(path, cause as NodeJS.ErrnoException);
    }
  }
}

async function look(path: string) {
  const at = await stat(path);
  const names = at.isDirectory() ? (await readdir(path)).filter((name) => name.endsWith(".alloy")).sort() : undefined;
  if (names !== undefined && names.length > defaultLimits.files) throw tooMany(names.length, defaultLimits);
  const files: { name: string; path: string }[] = [];
  let state = "";
  let newest = at.mtimeMs;
  for (const name of names ?? [basename(path)]) {
    const file = names === undefined ? path : join(path, name);
    const info = await stat(file);
    const { ino, size, mtimeMs, ctimeMs } = info;
    if (names !== undefined && !info.isFile()) continue;
    if (!info.isFile()) throw new SourceError("content", `${path} is neither a file nor a folder`);
    if (size > defaultLimits.fileBytes) throw fileTooLarge(file, size, defaultLimits);
    state += `${name}\0${ino} ${size} ${mtimeMs} ${ctimeMs}\n`;
    newest = Math.max(newest, mtimeMs);
    files.push({ name, path: file });
  }
  return { files, folder: names !== undefined, state, at: newest };
}

function asSourceError(path: string, cause: NodeJS.ErrnoException): SourceError {
  const reading = `reading ${path}`;
  switch (cause.code) {
    case "ENOENT":
    case "ENOTDIR":
      return new SourceError("not-found", `${reading}: no such file or folder`, { cause });
    case "EACCES":
    case "EPERM":
      return new SourceError("auth", `${reading}: this process may not read it`, { cause });
    default:
      return new SourceError("content", `${reading}: ${cause.message}`, { cause });
  }
}
