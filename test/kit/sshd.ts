import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createConnection, createServer, type AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const SSHD = "/usr/sbin/sshd";

/** Whether a real sshd can run here. Without one the tests that need it are skipped, and fail in CI. */
export const canServeSsh: boolean = existsSync(SSHD) && spawnSync("ssh", ["-V"]).status === 0;

export interface SshServer {
  readonly port: number;
  readonly user: string;
  /** Text and file of a private key that is let in. */
  readonly key: string;
  readonly keyFile: string;
  /** The same key under the passphrase `open sesame`. */
  readonly lockedKey: string;
  /** A key that nobody knows. */
  readonly strangeKey: string;
  readonly knownHosts: string;
  close(): Promise<void>;
}

/** A real sshd on loopback that lets the present user in by key. */
export async function serveSsh(folder: string): Promise<SshServer> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The folder that sshd wants for its privileges to be dropped in; only root needs it, and only root may make it.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true });
  const path = (name: string): string => join(folder, name);
  const keygen = (...args: string[]): void => void execFileSync("ssh-keygen", ["-q", ...args]);
  for (const name of ["host", "id", "strange"]) keygen("-t", "ed25519", "-N", "", "-f", path(name));
  await copyFile(path("id"), path("locked"));
  keygen("-p", "-P", "", "-N", "open sesame", "-f", path("locked"));
  await copyFile(path("id.pub"), path("authorized"));
  const port = await freePort();
  const [type, hostKey] = (await readFile(path("host.pub"), "utf8")).split(" ");
  await writeFile(path("known_hosts"), `[127.0.0.1]:${port} ${type} ${hostKey}\n`);
  const config = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${path("host")}`,
    "PidFile none",
    `AuthorizedKeysFile ${path("authorized")}`,
    "PasswordAuthentication no",
    "StrictModes no",
    "UsePAM no",
  ];
  await writeFile(path("sshd_config"), `${config.join("\n")}\n`);
  const child = spawn(SSHD, ["-D", "-f", path("sshd_config"), "-E", path("log")], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await reachable(port);
  return {
    port,
    user: userInfo().username,
    key: await readFile(path("id"), "utf8"),
    keyFile: path("id"),
    lockedKey: await readFile(path("locked"), "utf8"),
    strangeKey: await readFile(path("strange"), "utf8"),
    knownHosts: path("known_hosts"),
    async close() {
      child.kill();
      await ended;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("close", () => resolve(false)).once("connect", () => socket.destroy());
    });
    if (open) return;
    await setTimeout(25);
  }
  throw new Error(`sshd does not answer on port ${port}`);
}
