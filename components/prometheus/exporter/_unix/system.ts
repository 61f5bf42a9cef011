/** Collectors of the system as a whole: stat, time, uname, os, schedstat. */
import { readdirSync } from "node:fs";
import { hostname, machine, release, type as sysname, version } from "node:os";
import { join } from "node:path";
import { fields, findText, getText, lines, NoData, type Collect, type Host } from "./collector.ts";

export function stat(host: Host): Collect {
  const series = [
    ["intr", "node_intr_total", "counter", "Interrupts serviced."],
    ["ctxt", "node_context_switches_total", "counter", "Context switches."],
    ["processes", "node_forks_total", "counter", "Processes and threads created."],
    ["btime", "node_boot_time_seconds", "gauge", "When the system was booted, in seconds since 1970."],
    ["procs_running", "node_procs_running", "gauge", "Processes that run or are ready to."],
    ["procs_blocked", "node_procs_blocked", "gauge", "Processes that wait for input or output."],
  ] as const;
  return (page) => {
    const table = new Map(lines(getText(host.procfs, "stat")).map((line) => [line.split(" ", 1)[0]!, line] as const));
    for (const [key, name, type, help] of series) {
      const line = table.get(key);
      if (line !== undefined) page.add(name, type, help, Number(fields(line)[1]));
    }
  };
}

export function time(host: Host): Collect {
  return (page) => {
    page.add("node_time_seconds", "gauge", "The system's time in seconds since 1970.", Date.now() / 1000);
    const offset = -new Date().getTimezoneOffset() * 60;
    page.add("node_time_zone_offset_seconds", "gauge", "Offset of the time zone from UTC in seconds.", offset, {
      time_zone: zoneName(offset),
    });
    const folder = "devices/system/clocksource";
    let names: string[];
    try {
      names = readdirSync(join(host.sysfs, folder)).filter((name) => name.startsWith("clocksource"));
    } catch {
      return;
    }
    for (const name of names.sort()) {
      const device = name.slice("clocksource".length);
      for (const clocksource of fields(findText(host.sysfs, `${folder}/${name}/available_clocksource`) ?? "")) {
        if (clocksource !== "")
          page.add("node_time_clocksource_available_info", "gauge", "Always 1, for each clock source there is.", 1, {
            device,
            clocksource,
          });
      }
      const current = findText(host.sysfs, `${folder}/${name}/current_clocksource`)?.trim();
      if (current !== undefined)
        page.add("node_time_clocksource_current_info", "gauge", "Always 1, for the clock source in use.", 1, {
          device,
          clocksource: current,
        });
    }
  };
}

/** The zone's abbreviation; each locale knows only those of its region. */
function zoneName(offset: number): string {
  for (const locale of ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"]) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts();
    const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  if (offset === 0) return "UTC";
  const minutes = Math.abs(offset) / 60;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(minutes / 60)}${minutes % 60 === 0 ? "" : two(minutes % 60)}`;
}

export function uname(host: Host): Collect {
  return (page) => {
    page.add("node_uname_info", "gauge", "Always 1, with what the system says of itself.", 1, {
      sysname: sysname(),
      release: release(),
      version: version(),
      machine: machine(),
      nodename: hostname(),
      domainname: findText(host.procfs, "sys/kernel/domainname")?.trim() ?? "(none)",
    });
  };
}

export function os(host: Host): Collect {
  return (page) => {
    const text = findText(host.rootfs, "etc/os-release") ?? findText(host.rootfs, "usr/lib/os-release");
    if (text === undefined) throw new NoData("there is no os-release file");
    const table = new Map<string, string>();
    for (const line of lines(text)) {
      const match = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim());
      if (match !== null) table.set(match[1]!, match[2]!.replace(/^(["'])(.*)\1$/, "$2").replace(/\\(.)/g, "$1"));
    }
    const get = (key: string): string => table.get(key) ?? "";
    const [id, id_like, name] = [get("ID"), get("ID_LIKE"), get("NAME")];
    page.add("node_os_info", "gauge", "Always 1, with the fields of os-release.", 1, {
      build_id: get("BUILD_ID"),
      id,
      id_like,
      image_id: get("IMAGE_ID"),
      image_version: get("IMAGE_VERSION"),
      name,
      pretty_name: get("PRETTY_NAME"),
      variant: get("VARIANT"),
      variant_id: get("VARIANT_ID"),
      version: get("VERSION"),
      version_codename: get("VERSION_CODENAME"),
      version_id: get("VERSION_ID"),
    });
    const major = /^[0-9]+\.?[0-9]*/.exec(get("VERSION_ID"));
    if (major !== null && Number(major[0]) > 0)
      page.add("node_os_version", "gauge", "Major and minor version of the system.", Number(major[0]), {
        id,
        id_like,
        name,
      });
    const end = Date.parse(`${get("SUPPORT_END")}T00:00:00Z`);
    if (!Number.isNaN(end))
      page.add(
        "node_os_support_end_timestamp_seconds",
        "gauge",
        "When support of the system ends, in seconds since 1970.",
        end / 1000,
      );
  };
}

/** Scheduler statistics (kernel documentation, sched-stats): nanoseconds in the last three columns but one. */
export function schedstat(host: Host): Collect {
  return (page) => {
    const text = findText(host.procfs, "schedstat");
    if (text === undefined) throw new NoData("the kernel offers no scheduler statistics");
    for (const line of lines(text)) {
      const match = /^cpu(\d+) (.*)/.exec(line);
      if (match === null) continue;
      const values = fields(match[2]!).map(Number);
      const labels = { cpu: match[1]! };
      page.add(
        "node_schedstat_running_seconds_total",
        "counter",
        "Seconds a processor ran processes.",
        values[6]! / 1e9,
        labels,
      );
      page.add(
        "node_schedstat_waiting_seconds_total",
        "counter",
        "Seconds processes waited for a processor.",
        values[7]! / 1e9,
        labels,
      );
      page.add("node_schedstat_timeslices_total", "counter", "Time slices a processor gave.", values[8]!, labels);
    }
  };
}
