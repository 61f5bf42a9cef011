/** Collectors over kernel files that are one table of numbers: meminfo, vmstat, loadavg, pressure, filefd, entropy. */
import type { Regex } from "#src/regex/regex.ts";
import { fields, findNumber, findText, getText, lines, NoData, type Collect, type Host } from "./collector.ts";

export function meminfo(host: Host): Collect {
  return (page) => {
    for (const line of lines(getText(host.procfs, "meminfo"))) {
      const [key, value, unit] = fields(line);
      if (key === undefined || value === undefined) continue;
      const name = key.replace(/:$/, "").replace(/[()]/g, (c) => (c === "(" ? "_" : ""));
      const bytes = unit === "kB";
      page.add(
        `node_memory_${name}${bytes ? "_bytes" : ""}`,
        "gauge",
        `The field ${name} of meminfo.`,
        Number(value) * (bytes ? 1024 : 1),
      );
    }
  };
}

export function vmstat(host: Host, keep: Regex): Collect {
  return (page) => {
    for (const line of lines(getText(host.procfs, "vmstat"))) {
      const [name, value] = fields(line);
      if (name === undefined || value === undefined || !keep.test(name)) continue;
      page.add(`node_vmstat_${name}`, "untyped", `The field ${name} of vmstat.`, Number(value));
    }
  };
}

export function loadavg(host: Host): Collect {
  return (page) => {
    const parts = fields(getText(host.procfs, "loadavg"));
    [1, 5, 15].forEach((minutes, i) => {
      page.add(`node_load${minutes}`, "gauge", `Load average over ${minutes} min.`, Number(parts[i]));
    });
  };
}

/** Pressure stall information (kernel documentation, psi): totals in microseconds. */
export function pressure(host: Host): Collect {
  const series = [
    ["cpu", "some", "cpu_waiting", "some process waited for a processor"],
    ["io", "some", "io_waiting", "some process waited for input or output"],
    ["io", "full", "io_stalled", "all processes waited for input or output"],
    ["memory", "some", "memory_waiting", "some process waited for memory"],
    ["memory", "full", "memory_stalled", "all processes waited for memory"],
    ["irq", "full", "irq_stalled", "all processes waited for interrupts"],
  ] as const;
  return (page) => {
    let found = false;
    for (const [resource, kind, name, what] of series) {
      const total = new RegExp(`^${kind} .*total=(\\d+)`, "m").exec(
        findText(host.procfs, `pressure/${resource}`) ?? "",
      );
      if (total === null) continue;
      found = true;
      page.add(`node_pressure_${name}_seconds_total`, "counter", `Seconds in which ${what}.`, Number(total[1]) / 1e6);
    }
    if (!found) throw new NoData("the kernel offers no pressure stall information");
  };
}

export function filefd(host: Host): Collect {
  return (page) => {
    const parts = fields(getText(host.procfs, "sys/fs/file-nr"));
    page.add("node_filefd_allocated", "gauge", "File descriptors in use.", Number(parts[0]));
    page.add("node_filefd_maximum", "gauge", "File descriptors the kernel allows.", Number(parts[2]));
  };
}

export function entropy(host: Host): Collect {
  return (page) => {
    const available = findNumber(host.procfs, "sys/kernel/random/entropy_avail");
    const size = findNumber(host.procfs, "sys/kernel/random/poolsize");
    if (available === undefined || size === undefined) throw new NoData("the kernel does not tell its entropy");
    page.add("node_entropy_available_bits", "gauge", "Bits of entropy available.", available);
    page.add("node_entropy_pool_size_bits", "gauge", "Bits the entropy pool holds.", size);
  };
}
