import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Regex } from "#src/regex/regex.ts";
import { fields, findNumber, findText, getText, lines, type Collect, type Host } from "./collector.ts";

/** USER_HZ: Linux reports ticks of 10 ms on every architecture it still supports. */
const TICKS = 100;
/** An idle counter that falls by more seconds than this is a processor that was taken away and put back. */
const JUMP_BACK = 3;

const MODES = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];
const IDLE = 3;

export interface CpuOptions {
  readonly guest: boolean;
  readonly info: boolean;
  readonly flags: Regex | undefined;
  readonly bugs: Regex | undefined;
}

/** Seconds each processor spent in each mode; counters never fall although the kernel's sometimes do. */
export function cpu(host: Host, options: CpuOptions): Collect {
  const held = new Map<string, Float64Array>();
  return (page) => {
    const online = new Set<string>();
    for (const line of lines(getText(host.procfs, "stat"))) {
      const match = /^cpu(\d+) (.*)/.exec(line);
      if (match === null) continue;
      const name = match[1]!;
      online.add(name);
      const now = Float64Array.from(fields(match[2]!), (ticks) => Number(ticks) / TICKS);
      const before = held.get(name);
      if (before !== undefined && before[IDLE]! - now[IDLE]! < JUMP_BACK) {
        for (let i = 0; i < now.length; i++) now[i] = Math.max(now[i]!, before[i] ?? 0);
      }
      held.set(name, now);
    }
    for (const name of held.keys()) if (!online.has(name)) held.delete(name);
    for (const [name, seconds] of held) {
      for (let i = 0; i < 8; i++) {
        const labels = { cpu: name, mode: MODES[i]! };
        page.add(
          "node_cpu_seconds_total",
          "counter",
          "Seconds a processor spent in each mode.",
          seconds[i] ?? 0,
          labels,
        );
      }
      if (!options.guest) continue;
      for (const [mode, i] of [["user", 8] as const, ["nice", 9] as const]) {
        const help = "Seconds a processor spent in guests, also part of user and nice.";
        page.add("node_cpu_guest_seconds_total", "counter", help, seconds[i] ?? 0, { cpu: name, mode });
      }
    }
    if (options.info || options.flags !== undefined || options.bugs !== undefined) addInfo(host, options, page);
    addIsolated(host, page);
    addTopology(host, page);
  };
}

function addInfo(host: Host, options: CpuOptions, page: Parameters<Collect>[0]): void {
  const processors = getText(host.procfs, "cpuinfo")
    .split("\n\n")
    .map((text) => new Map(lines(text).map((line) => splitOnce(line))))
    .filter((entry) => entry.has("processor"));
  for (const entry of processors) {
    const get = (key: string): string => entry.get(key) ?? "";
    page.add("node_cpu_info", "gauge", "Always 1, with what cpuinfo says of a processor.", 1, {
      package: get("physical id"),
      core: get("core id"),
      cpu: get("processor"),
      vendor: get("vendor_id"),
      family: get("cpu family"),
      model: get("model"),
      model_name: get("model name"),
      microcode: get("microcode"),
      stepping: get("stepping"),
      cachesize: get("cache size"),
    });
  }
  for (const entry of processors) {
    const mhz = Number(entry.get("cpu MHz"));
    if (Number.isNaN(mhz)) continue;
    const labels = {
      package: entry.get("physical id") ?? "",
      core: entry.get("core id") ?? "",
      cpu: entry.get("processor")!,
    };
    page.add("node_cpu_frequency_hertz", "gauge", "Frequency that cpuinfo reports for a processor.", mhz * 1e6, labels);
  }
  const [first] = processors;
  for (const flag of words(first?.get("flags"))) {
    if (options.flags?.test(flag) === true)
      page.add("node_cpu_flag_info", "gauge", "Always 1, for each matching flag of the first processor.", 1, { flag });
  }
  for (const bug of words(first?.get("bugs"))) {
    if (options.bugs?.test(bug) === true)
      page.add("node_cpu_bug_info", "gauge", "Always 1, for each matching bug of the first processor.", 1, { bug });
  }
}

function addIsolated(host: Host, page: Parameters<Collect>[0]): void {
  const text = findText(host.sysfs, "devices/system/cpu/isolated")?.trim();
  for (const range of text === undefined || text === "" ? [] : text.split(",")) {
    const [from, to] = range.split("-").map(Number);
    for (let i = from!; i <= (to ?? from!); i++)
      page.add("node_cpu_isolated", "gauge", "1 for each processor that is isolated.", 1, { cpu: String(i) });
  }
}

/** Throttling, once for each core and package, and which processors are online. */
function addTopology(host: Host, page: Parameters<Collect>[0]): void {
  const folder = "devices/system/cpu";
  let names: string[];
  try {
    names = readdirSync(join(host.sysfs, folder)).filter((name) => /^cpu\d+$/.test(name));
  } catch {
    return;
  }
  names.sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)));
  const seen = new Set<string>();
  for (const name of names) {
    const at = `${folder}/${name}`;
    const pack = findNumber(host.sysfs, `${at}/topology/physical_package_id`);
    const core = findNumber(host.sysfs, `${at}/topology/core_id`);
    if (pack === undefined || core === undefined) continue;
    const cores = findNumber(host.sysfs, `${at}/thermal_throttle/core_throttle_count`);
    if (cores !== undefined && !seen.has(`${pack}/${core}`)) {
      seen.add(`${pack}/${core}`);
      page.add("node_cpu_core_throttles_total", "counter", "Times a core was throttled.", cores, {
        package: String(pack),
        core: String(core),
      });
    }
    const packs = findNumber(host.sysfs, `${at}/thermal_throttle/package_throttle_count`);
    if (packs !== undefined && !seen.has(`${pack}`)) {
      seen.add(`${pack}`);
      page.add("node_cpu_package_throttles_total", "counter", "Times a package was throttled.", packs, {
        package: String(pack),
      });
    }
  }
  if (names[0] === undefined || findNumber(host.sysfs, `${folder}/${names[0]}/online`) === undefined) return;
  for (const name of names) {
    const online = findNumber(host.sysfs, `${folder}/${name}/online`) ?? 0;
    page.add("node_cpu_online", "gauge", "Whether a processor is online and gets work.", online, {
      cpu: name.slice(3),
    });
  }
}

function splitOnce(line: string): [string, string] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line.trim(), ""] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

function words(text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : text.split(" ");
}
