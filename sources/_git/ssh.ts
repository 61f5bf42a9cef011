/**
 * A repository behind ssh, by the programs `git` and `ssh`. They run without the machine's git configuration, hooks and prompts,
 * may speak no other transport, and are killed with all they started when the operation is given up.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SourceError, type SourceErrorKind } from "#src/source/define.ts";
import type { Secret } from "#src/value/secret.ts";
import type { GitBackend, GitLimits, Ref } from "./backend.ts";
import { acquireClone, exists } from "./clone.ts";
import { peel } from "./commit.ts";

export interface SshOptions {
  /** Without a user. */
  readonly url: string;
  readonly display: string;
  readonly username: string | undefined;
  readonly key: SshKey | undefined;
  readonly dataDir: string;
  readonly limits: GitLimits;
}

interface SshKey {
  readonly username: string;
  readonly key: Secret | undefined;
  readonly key_file: string;
  readonly passphrase: Secret | undefined;
  readonly known_hosts_file: string;
}

const MAX_OUTPUT = 16 << 20;
const MAX_COMPLAINT = 2_000;
/** Ends what the programs could ask or wait for; the operation as a whole is bounded by its signal. */
const SSH_OPTIONS = ["ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=2", "ForwardAgent=no"];
const ASKPASS = `#!/bin/sh\nprintf '%s\\n' "$INVAR_SSH_PASSPHRASE"\n`;
const CONFIG = ["protocol.allow=never", "protocol.ssh.allow=always", "core.hooksPath=/dev/null", "gc.auto=0"];

/** Opens the shared clone; `close` lets go of it. */
export function openSsh({ url, display, username, key, dataDir, limits }: SshOptions): GitBackend {
  const clone = acquireClone(dataDir, url);
  const user = key?.username ?? username;
  const remote = user === undefined ? url : url.replace("ssh://", `ssh://${encodeURIComponent(user)}@`);

  const run = (args: readonly string[], signal: AbortSignal): Promise<string> =>
    withKey(key, (env) => runGit(args, env, limits.transfer, display, signal));

  /** Fetches what `refs` names into a fresh or the present repository. */
  const download = (gitdir: string, refs: readonly string[], depth: readonly string[], signal: AbortSignal) => {
    const fetch = ["fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
    return run([`--git-dir=${gitdir}`, ...fetch, ...depth, "--", remote, ...refs], signal);
  };

  const begin = (refs: readonly string[], depth: readonly string[], signal: AbortSignal): Promise<void> =>
    clone.replace(async (gitdir) => {
      await run(["init", "--quiet", "--bare", "--template=", "--", gitdir], signal);
      await download(gitdir, refs, depth, signal);
    });

  const bring = async (refs: readonly string[], signal: AbortSignal): Promise<void> => {
    const present = (await exists(join(clone.gitdir, "HEAD"))) && !(await clone.isWorn());
    if (present) await download(clone.gitdir, refs, ["--depth=1"], signal);
    else await begin(refs, ["--depth=1"], signal);
  };

  const bringAll = (signal: AbortSignal): Promise<void> =>
    begin(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], [], signal);

  const has = async (commit: string): Promise<boolean> => clone.withObjects((objects) => objects.has(commit));

  /** Servers that do not give a commit by its id give it as part of the history. */
  const bringCommit = async (commit: string, signal: AbortSignal): Promise<void> => {
    try {
      await bring([`${commit}:refs/invar/wanted`], signal);
    } catch (error) {
      if (!(error instanceof SourceError) || error.kind !== "not-found") throw error;
      await bringAll(signal);
    }
  };

  return {
    async list(prefixes, signal) {
      const patterns = prefixes.map((prefix) => (prefix.endsWith("/") ? `${prefix}*` : prefix));
      const output = await run(
        ["ls-remote", "--quiet", "--", remote, ...patterns, ...patterns.map((p) => `${p}^{}`)],
        signal,
      );
      return parseRefs(output).filter(({ name }) =>
        prefixes.some((prefix) => (prefix.endsWith("/") ? name.startsWith(prefix) : name === prefix)),
      );
    },
    expand: (prefix, signal) =>
      clone.alone(async () => {
        const look = () =>
          clone.withObjects(async (objects) => {
            const commits: string[] = [];
            for (const oid of await objects.expand(prefix)) if ((await peel(objects, oid)) === oid) commits.push(oid);
            return commits;
          });
        const here = await look();
        if (here.length > 0) return here;
        await bringAll(signal);
        return look();
      }),
    withCommit: ({ ref, commit }, signal, read) =>
      clone.alone(async () => {
        signal.throwIfAborted();
        if (!(await has(commit))) {
          // The commit that was listed is asked for itself, so that a ref that moves meanwhile changes nothing.
          if (ref === undefined) await bringCommit(commit, signal);
          else await bring([`${ref}:refs/invar/wanted`], signal);
        }
        return clone.withObjects(async (objects) => {
          if (!(await objects.has(commit)))
            throw new SourceError("network", `fetching ${display}: the ref moved meanwhile`);
          return read(objects, commit);
        });
      }),
    async close() {
      clone.release();
    },
  };
}

/** Lines of ls-remote; a `^{}` line names the commit behind the tag before it. */
function parseRefs(output: string): Ref[] {
  const refs = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [, oid, name] = /^([0-9a-f]{40})\t(\S+)$/.exec(line) ?? [];
    if (oid !== undefined && name !== undefined) refs.set(name.replace(/\^\{\}$/, ""), oid);
  }
  return [...refs].map(([name, commit]) => ({ name, commit }));
}

/** Puts key and passphrase where ssh can read them for as long as the work lasts: in a folder that only this user can enter. */
async function withKey<T>(key: SshKey | undefined, work: (env: Record<string, string>) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "invar-ssh-"));
  try {
    const options = ["StrictHostKeyChecking=yes", ...SSH_OPTIONS];
    const env: Record<string, string> = { HOME: folder };
    let keyFile = key?.key_file ?? "";
    if (key?.key !== undefined) {
      keyFile = join(folder, "key");
      await writeFile(keyFile, `${key.key.reveal().trimEnd()}\n`, { mode: 0o600 });
    }
    if (keyFile !== "") options.push("IdentitiesOnly=yes", "IdentityAgent=none", `IdentityFile=${sshQuote(keyFile)}`);
    else if (process.env["SSH_AUTH_SOCK"] !== undefined) env["SSH_AUTH_SOCK"] = process.env["SSH_AUTH_SOCK"];
    if (key !== undefined && key.known_hosts_file !== "") {
      options.push(`UserKnownHostsFile=${sshQuote(key.known_hosts_file)}`, "GlobalKnownHostsFile=/dev/null");
    }
    if (key?.passphrase === undefined) options.push("BatchMode=yes");
    else {
      const askpass = join(folder, "askpass");
      await writeFile(askpass, ASKPASS, { mode: 0o700 });
      options.push("PasswordAuthentication=no", "KbdInteractiveAuthentication=no", "NumberOfPasswordPrompts=1");
      Object.assign(env, { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":" });
      env["INVAR_SSH_PASSPHRASE"] = key.passphrase.reveal();
    }
    env["GIT_SSH_COMMAND"] = ["ssh", ...options.flatMap((option) => ["-o", shellQuote(option)])].join(" ");
    return await work(env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One word to a shell. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One path to ssh's configuration, where `%` begins a token and blanks part words. */
function sshQuote(path: string): string {
  if (/"|\p{Cc}/u.test(path))
    throw new SourceError("content", `${JSON.stringify(path)} is not a path that ssh can be given`);
  return `"${path.replaceAll("%", "%%")}"`;
}

/** Runs git and resolves with what it prints. Files that it writes cannot outgrow `maxFile` bytes. */
function runGit(
  args: readonly string[],
  extraEnv: Readonly<Record<string, string>>,
  maxFile: number,
  display: string,
  signal: AbortSignal,
): Promise<string> {
  const env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "ssh",
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_SSH_VARIANT: "ssh",
    ...extraEnv,
  };
  const limited = ["-c", 'ulimit -f "$0" && exec git "$@"', String(Math.ceil(maxFile / 512))];
  const settings = CONFIG.flatMap((setting) => ["-c", setting]);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn("/bin/sh", [...limited, ...settings, ...args], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      cwd: "/",
    });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    let output = "";
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      if (output.length > MAX_OUTPUT) kill();
    });
    child.stderr.on(
      "data",
      (chunk: Buffer) => (complaint = (complaint + chunk.toString("utf8")).slice(-MAX_COMPLAINT)),
    );
    signal.addEventListener("abort", kill, { once: true });
    child.on("error", (cause) => {
      signal.removeEventListener("abort", kill);
      reject(new SourceError("content", `starting git for ${display}: ${cause.message}`, { cause }));
    });
    child.on("close", (code) => {
      signal.removeEventListener("abort", kill);
      if (signal.aborted) reject(signal.reason);
      else if (output.length > MAX_OUTPUT) reject(new SourceError("limit", `${display} has too many refs`));
      else if (code === 0) resolve(output);
      else reject(complaintError(complaint, code, maxFile, display));
    });
  });
}

const COMPLAINTS: readonly (readonly [RegExp, SourceErrorKind, string])[] = [
  [/host key verification failed/i, "verification", "the host key is not known or has changed; see known_hosts_file"],
  [
    /permission denied|too many authentication failures|error in libcrypto|invalid format/i,
    "auth",
    "the key is not accepted",
  ],
  [/git: not found/i, "content", "the program git is not installed, and ssh repositories need it"],
  [/cannot run ssh|ssh: not found/i, "content", "the program ssh is not installed, and ssh repositories need it"],
  [/file size limit exceeded|SIGXFSZ|signal 25/i, "limit", "the download is larger than limits.transfer allows"],
  [/couldn't find remote ref|not our ref|unadvertised object/i, "not-found", "the ref or commit is not there"],
  [
    /does not appear to be a git repository|repository not found|no such repository/i,
    "not-found",
    "no such repository",
  ],
];

function complaintError(complaint: string, code: number | null, maxFile: number, display: string): SourceError {
  const text = complaint
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 400);
  const [, kind, why] = COMPLAINTS.find(([pattern]) => pattern.test(complaint)) ?? [undefined, "network", undefined];
  const reason = why ?? `git ended with ${code === null ? "a signal" : `code ${code}`}`;
  const limit = kind === "limit" ? ` (${maxFile} bytes)` : "";
  return new SourceError(
    kind as SourceErrorKind,
    `fetching ${display}: ${reason}${limit}${text === "" ? "" : `: ${text}`}`,
  );
}
