/**
 * One process on one folder. The lock is the operating system's, taken by SQLite on a file in the folder: it falls with its
 * process whatever happens, and holds between containers that share a disk, where a process id alone would tell nothing.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface FolderLock {
  release(): void;
}

/** Takes a folder for this process, creating it, or throws an error that names the process that has it. */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = join(folder, "lock.pid");
  const database = new DatabaseSync(join(folder, "lock"));
  try {
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if (!/locked/.test(String(cause))) throw new Error(`locking folder ${folder}: ${String(cause)}`, { cause });
    throw new Error(
      `folder ${folder} is in use by ${holder(owner)}: stop that process, or choose another folder with --storage.path`,
      { cause },
    );
  }
  writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 });
  let held = true;
  return {
    release() {
      if (!held) return;
      held = false;
      rmSync(owner, { force: true });
      database.close();
    },
  };
}

function holder(file: string): string {
  try {
    const pid = readFileSync(file, "utf8").trim();
    return /^\d+$/.test(pid) ? `process ${pid}` : "another process";
  } catch {
    return "another process";
  }
}
