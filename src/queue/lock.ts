import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { errorCode } from "./fs.ts";

const held = new Set<string>();

/** Takes a folder's lock file; throws with the holder's process id when a living process has it. Gives the release. */
export function lockFolder(path: string): () => void {
  const file = resolve(path);
  if (held.has(file)) throw new Error(`${file} is held by this process (${process.pid}) already`);
  for (let tries = 0; ; tries += 1) {
    try {
      const fd = openSync(file, "wx", 0o640);
      writeSync(fd, `${process.pid} ${startOf(process.pid) ?? ""}\n`);
      closeSync(fd);
      break;
    } catch (error) {
      if (errorCode(error) !== "EEXIST" || tries === 3) throw error;
      const holder = livingHolder(file);
      if (holder !== undefined)
        throw new Error(`${file} is held by process ${holder}; two processes cannot share one state folder`, {
          cause: error,
        });
      rmSync(file, { force: true });
    }
  }
  held.add(file);
  return () => {
    held.delete(file);
    rmSync(file, { force: true });
  };
}

/** A lock outlives a killed process, and its number may belong to another by now: the time of its start tells. */
function livingHolder(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const [pid, started] = text.trim().split(" ");
  const id = Number(pid);
  if (!Number.isInteger(id) || id <= 0 || id === process.pid) return undefined;
  try {
    process.kill(id, 0);
  } catch (error) {
    if (errorCode(error) !== "EPERM") return undefined;
  }
  const now = startOf(id);
  return now !== undefined && started !== undefined && now !== started ? undefined : id;
}

/** When a process began, in the system's own count; undefined where the system does not say. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
