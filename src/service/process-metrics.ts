import { arch, platform } from "node:os";
import { readFileSync } from "node:fs";
import type { Metrics } from "#src/util/metrics.ts";
import { version } from "#src/util/version.ts";

/** Metrics of the process itself (specification 9), under Alloy's names. */
export function addProcessMetrics(metrics: Metrics): void {
  const build = {
    version,
    revision: "",
    branch: "",
    goversion: "",
    goos: platform(),
    goarch: arch() === "x64" ? "amd64" : arch(),
    tags: "",
  };
  metrics.gauge("alloy_build_info", "Always 1, with the version of the program.", build).set(1);
  const started = metrics.gauge(
    "alloy_resources_process_start_time_seconds",
    "When the process started, in seconds since 1970.",
  );
  const cpu = metrics.counter("alloy_resources_process_cpu_seconds_total", "Seconds of processor time used.");
  const resident = metrics.gauge("alloy_resources_process_resident_memory_bytes", "Memory resident in RAM.");
  const virtual = metrics.gauge("alloy_resources_process_virtual_memory_bytes", "Address space in use.");
  const received = metrics.counter(
    "alloy_resources_machine_rx_bytes_total",
    "Bytes all network devices of the host received.",
  );
  const sent = metrics.counter("alloy_resources_machine_tx_bytes_total", "Bytes all network devices of the host sent.");
  const heap = metrics.gauge("invar_heap_used_bytes", "Memory that JavaScript objects use.");
  started.set((Date.now() - process.uptime() * 1000) / 1000);
  let before = { cpu: 0, rx: 0, tx: 0 };
  metrics.beforeCollect(() => {
    const { user, system } = process.cpuUsage();
    const now = { cpu: (user + system) / 1e6, ...machineBytes() };
    cpu.inc(now.cpu - before.cpu);
    received.inc(Math.max(0, now.rx - before.rx));
    sent.inc(Math.max(0, now.tx - before.tx));
    before = now;
    resident.set(process.memoryUsage.rss());
    virtual.set(virtualBytes());
    heap.set(process.memoryUsage().heapUsed);
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function virtualBytes(): number {
  return Number(readText("/proc/self/statm").split(" ")[0]) * 4096;
}

function machineBytes(): { rx: number; tx: number } {
  let [rx, tx] = [0, 0];
  for (const line of readText("/proc/net/dev").split("\n").slice(2)) {
    const values = line
      .slice(line.indexOf(":") + 1)
      .trim()
      .split(/\s+/);
    rx += Number(values[0]) || 0;
    tx += Number(values[8]) || 0;
  }
  return { rx, tx };
}
