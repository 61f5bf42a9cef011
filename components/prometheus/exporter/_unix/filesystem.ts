import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { findText, lines, NoData, type Collect, type Host } from "./collector.ts";
import type { NameFilter } from "./name-filter.ts";

/** Hung calls keep a thread of the pool each; with this many hanging, mounts that may hang too are not asked. */
const MOST_STUCK = 2;
const MAY_HANG = /^(nfs|cifs|smb|ceph|gluster|fuse|9p|afs|lustre|davfs)/;

interface Mount {
  readonly device: string;
  readonly mountpoint: string;
  readonly fstype: string;
  readonly major: string;
  readonly minor: string;
  readonly readonly: boolean;
}

/** Sizes of mounted file systems. A mount that does not answer in time is reported as failed and left alone until it does. */
export function filesystem(host: Host, mountPoints: NameFilter, types: NameFilter, timeout: number): Collect {
  const stuck = new Set<string>();

  /** Resolves with the error's text when the mount cannot be asked. */
  async function ask(path: string, fstype: string): Promise<StatsFs | string> {
    if (stuck.has(path) || (stuck.size >= MOST_STUCK && MAY_HANG.test(fstype))) return "mountpoint timeout";
    let timer: NodeJS.Timeout | undefined;
    const call = statfs(path).then(
      (stats) => stats,
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve("mountpoint timeout"), timeout);
      timer.unref();
    });
    const answer = await Promise.race([call, late]);
    clearTimeout(timer);
    if (answer === "mountpoint timeout") {
      stuck.add(path);
      void call.then(() => stuck.delete(path));
    }
    return answer;
  }

  return async (page) => {
    const seen = new Set<string>();
    for (const mount of readMounts(host)) {
      if (!mountPoints.keeps(mount.mountpoint) || !types.keeps(mount.fstype)) continue;
      const { device, mountpoint, fstype } = mount;
      const key = `${device}\n${mountpoint}\n${fstype}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const stats = await ask(join(host.rootfs, mountpoint), fstype);
      const failed = typeof stats === "string";
      const labels = { device, mountpoint, fstype, device_error: failed ? stats : "" };
      const add = (name: string, help: string, value: number): void =>
        page.add(`node_filesystem_${name}`, "gauge", help, value, labels);
      add("device_error", "Whether a file system could not be asked.", failed ? 1 : 0);
      add("readonly", "Whether a file system is mounted read-only.", mount.readonly ? 1 : 0);
      if (failed) continue;
      add("size_bytes", "Size of a file system.", stats.blocks * stats.bsize);
      add("free_bytes", "Free bytes of a file system.", stats.bfree * stats.bsize);
      add("avail_bytes", "Free bytes of a file system for users other than root.", stats.bavail * stats.bsize);
      add("files", "File nodes of a file system.", stats.files);
      add("files_free", "Free file nodes of a file system.", stats.ffree);
      page.add("node_filesystem_mount_info", "gauge", "Always 1, with the numbers of a mounted device.", 1, {
        device,
        major: mount.major,
        minor: mount.minor,
        mountpoint,
      });
    }
  };
}

/** The mounts that init sees, or our own where it hides them; paths as seen from the host's root. */
function readMounts(host: Host): Mount[] {
  const text = findText(host.procfs, "1/mountinfo") ?? findText(host.procfs, "self/mountinfo");
  if (text === undefined) throw new NoData("neither 1/mountinfo nor self/mountinfo is readable");
  const mounts: Mount[] = [];
  for (const line of lines(text)) {
    const [left, right] = line.split(" - ");
    const [, , numbers, , path, options] = left!.split(" ");
    const [fstype, device, superOptions] = (right ?? "").split(" ");
    if (numbers === undefined || path === undefined || fstype === undefined || device === undefined) continue;
    const [major, minor] = numbers.split(":");
    const all = `${options},${superOptions ?? ""}`.split(",");
    mounts.push({
      device,
      mountpoint: stripRoot(host.rootfs, path.replaceAll("\\040", " ").replaceAll("\\011", "\t")),
      fstype,
      major: major!,
      minor: minor ?? "",
      readonly: all.includes("ro") || all.includes("emergency_ro"),
    });
  }
  return mounts;
}

function stripRoot(rootfs: string, path: string): string {
  if (rootfs === "/" || !path.startsWith(rootfs)) return path;
  return path.slice(rootfs.length) || "/";
}
