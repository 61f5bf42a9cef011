import { execFile, execFileSync } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What the git of tests sees of the machine: nothing. */
export const gitEnv: NodeJS.ProcessEnv = {
  PATH: process.env["PATH"],
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ann",
  GIT_AUTHOR_EMAIL: "ann@example.test",
  GIT_COMMITTER_NAME: "Ann",
  GIT_COMMITTER_EMAIL: "ann@example.test",
};

/** A file's text, `null` to remove it, or where a symbolic link leads. */
export type FileChange = string | Buffer | null | { readonly link: string };

export interface TestRepo {
  readonly path: string;
  git(...args: string[]): Promise<string>;
  /** Changes files and commits them; resolves with the commit's id. */
  commit(files: Readonly<Record<string, FileChange>>, message?: string): Promise<string>;
}

/** A real repository with a work tree, on branch `main`. */
export async function createRepo(path: string): Promise<TestRepo> {
  await mkdir(path, { recursive: true });
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run("git", ["-C", path, ...args], { env: gitEnv });
    return stdout.trim();
  };
  await git("init", "--quiet", "--initial-branch=main");
  return {
    path,
    git,
    async commit(files, message = "Change") {
      for (const [name, change] of Object.entries(files)) {
        const file = join(path, name);
        await rm(file, { recursive: true, force: true });
        if (change === null) continue;
        await mkdir(dirname(file), { recursive: true });
        if (typeof change === "string" || Buffer.isBuffer(change)) await writeFile(file, change);
        else await symlink(change.link, file);
      }
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", message);
      return git("rev-parse", "HEAD");
    },
  };
}

/** Writes any object, also those that git itself refuses to make; returns its id. */
export function writeObject(repo: TestRepo, type: string, data: Buffer | string): string {
  const args = ["-C", repo.path, "hash-object", "-t", type, "-w", "--literally", "--stdin"];
  return execFileSync("git", args, { env: gitEnv, input: data, encoding: "utf8" }).trim();
}

/** The bytes of one entry of a tree object. */
export function treeEntry(mode: string, name: string, oid: string): Buffer {
  return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, "hex")]);
}
