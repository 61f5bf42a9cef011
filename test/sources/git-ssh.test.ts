import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ConfigSource } from "#src/source/define.ts";
import { Secret } from "#src/value/secret.ts";
import { createRepo, type TestRepo } from "#test/kit/git-repo.ts";
import { checkSource, fetchNew, openTestSource, textOf } from "#test/kit/source.ts";
import { canServeSsh, serveSsh, type SshServer } from "#test/kit/sshd.ts";

describe.skipIf(!canServeSsh && process.env["CI"] !== "true")("repositories behind a real sshd", () => {
  let root: string;
  let folder: string;
  let ssh: SshServer;
  let repo: TestRepo;
  let opened: ConfigSource[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "invar-sshd-"));
    ssh = await serveSsh(root);
  });
  afterAll(async () => {
    await ssh.close();
    await rm(root, { recursive: true });
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "invar git'ssh %h-"));
    repo = await createRepo(join(folder, "a b'c.git"));
    await repo.commit({ "main.alloy": "1" });
  });
  afterEach(async () => {
    await Promise.all(opened.map(async (source) => source.close?.()));
    opened = [];
    await rm(folder, { recursive: true });
  });

  async function text(key: Readonly<Record<string, unknown>> = {}, args: Readonly<Record<string, unknown>> = {}) {
    const ssh_key = {
      username: ssh.user,
      key: "key_file" in key ? undefined : new Secret(ssh.key),
      key_file: "",
      passphrase: undefined,
      known_hosts_file: ssh.knownHosts,
      ...key,
    };
    const repository = `ssh://127.0.0.1:${ssh.port}${encodeURI(repo.path).replaceAll("'", "%27")}`;
    const source = await openTestSource(
      "git",
      { repository, path: "main.alloy", ssh_key, ...args },
      join(folder, "data"),
    );
    opened.push(source);
    return textOf(await fetchNew(source), "main.alloy");
  }

  test("a key as text, in a file, and under a passphrase is let in", async () => {
    expect(await text()).toBe("1");
    const keyFile = join(folder, "my key's %d");
    await writeFile(keyFile, ssh.key, { mode: 0o600 });
    expect(await text({ key_file: keyFile })).toBe("1");
    expect(await text({ key: new Secret(ssh.lockedKey), passphrase: new Secret("open sesame") })).toBe("1");
  });

  test("a wrong key and a wrong passphrase are errors of kind auth that do not show them", async () => {
    await expect(text({ key: new Secret(ssh.strangeKey) })).rejects.toMatchObject({ kind: "auth" });
    const wrong = text({ key: new Secret(ssh.lockedKey), passphrase: new Secret("hunter2") });
    await expect(wrong).rejects.toMatchObject({
      kind: "auth",
      message: expect.not.stringContaining("hunter2") as string,
    });
    await expect(text({ key: new Secret(ssh.lockedKey) })).rejects.toMatchObject({ kind: "auth" });
  });

  test("a host whose key is unknown or has changed is refused", async () => {
    const empty = join(folder, "known");
    await writeFile(empty, "");
    await expect(text({ known_hosts_file: empty })).rejects.toMatchObject({ kind: "verification" });
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJY8Kd4tCdZ6SgfZPvVwsPQ8UXlDUOTKZvyMBmcKxEQb";
    await writeFile(empty, `[127.0.0.1]:${ssh.port} ${key}\n`);
    await expect(text({ known_hosts_file: empty })).rejects.toMatchObject({ kind: "verification" });
  });

  test("tags, ranges and commits are found, and a rewritten branch is followed", async () => {
    const first = await repo.git("rev-parse", "HEAD");
    await repo.git("tag", "-a", "v1.0.0", "-m", "note");
    await repo.commit({ "main.alloy": "2" });
    expect(await text({}, { revision: "^1" })).toBe("1");
    expect(await text({}, { revision: first })).toBe("1");
    expect(await text({}, { revision: first.slice(0, 10) })).toBe("1");
    expect(await text({}, { revision: "" })).toBe("2");
    await repo.git("checkout", "--quiet", "--orphan", "fresh");
    await repo.commit({ "main.alloy": "rewritten" });
    await repo.git("branch", "-M", "main");
    expect(await text({}, { revision: "main" })).toBe("rewritten");
    await expect(text({}, { revision: "nope" })).rejects.toMatchObject({ kind: "not-found" });
  });

  test("a download that is too large is cut off", async () => {
    const { randomBytes } = await import("node:crypto");
    await repo.commit({ "big.bin": randomBytes(300_000) });
    const limits = { transfer: 100_000, entries: 1000, files: 1000, file_size: 1 << 20 };
    await expect(text({}, { limits })).rejects.toMatchObject({ kind: "limit" });
  });

  test("a server that is not there is an error of kind network", async () => {
    await expect(text({}, { repository: "ssh://127.0.0.1:1/x.git" })).rejects.toMatchObject({ kind: "network" });
  });

  test("contradictory arguments are refused", async () => {
    const ssh_key = {
      username: "git",
      key: new Secret("k"),
      key_file: "f",
      passphrase: undefined,
      known_hosts_file: "",
    };
    expect(await checkSource("git", { repository: "ann@host:r", path: "a", ssh_key })).toEqual([
      expect.stringMatching(/^ssh_key: only one/),
      expect.stringMatching(/^ssh_key.username: .*"ann"/),
    ]);
  });
});
