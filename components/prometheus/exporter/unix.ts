import type { Problem } from "#src/component/define.ts";
import { attr, block, type Infer } from "#src/schema/field.ts";
import { bool, duration, int, list, string } from "#src/schema/type.ts";
import { compileRegex } from "#src/regex/regex.ts";
import type { Logger } from "#src/util/log.ts";
import { metricsExporter } from "./_family.ts";
import { Page } from "./_page.ts";
import { NoData, type Collect, type Host } from "./_unix/collector.ts";
import { cpu } from "./_unix/cpu.ts";
import { diskstats } from "./_unix/diskstats.ts";
import { filesystem } from "./_unix/filesystem.ts";
import { entropy, filefd, loadavg, meminfo, pressure, vmstat } from "./_unix/memory.ts";
import { nameFilter, optionalRegex } from "./_unix/name-filter.ts";
import { netclass } from "./_unix/netclass.ts";
import { arp, conntrack, netdev, netstat, sockstat, softnet, udpQueues } from "./_unix/network.ts";
import { os, schedstat, stat, time, uname } from "./_unix/system.ts";
import { textfile } from "./_unix/textfile.ts";

const exclude = (what: string, value = "") =>
  attr(string, `Regular expression of the ${what} to leave out.`, { default: value });
const include = (what: string) =>
  attr(string, `Regular expression of the ${what} to report; empty for all.`, { default: "" });
const later = { unsupported: true } as const;

/** The collectors there are; each runs unless configured otherwise. */
const AVAILABLE = [
  "arp",
  "conntrack",
  "cpu",
  "diskstats",
  "entropy",
  "filefd",
  "filesystem",
  "loadavg",
  "meminfo",
  "netclass",
  "netdev",
  "netstat",
  "os",
  "pressure",
  "schedstat",
  "sockstat",
  "softnet",
  "stat",
  "textfile",
  "time",
  "udp_queues",
  "uname",
  "vmstat",
] as const;

const args = {
  include_exporter_metrics: attr(bool, "Adds the metrics of the exporter's own process.", { default: false }),
  procfs_path: attr(string, "Where procfs is mounted.", { default: "/proc" }),
  sysfs_path: attr(string, "Where sysfs is mounted.", { default: "/sys" }),
  rootfs_path: attr(string, "Where the root file system is mounted.", { default: "/" }),
  udev_data_path: attr(string, "Where udev keeps its data.", { default: "/run/udev/data" }),
  enable_collectors: attr(
    list(string),
    `Collectors to run besides the default ones. There are: ${AVAILABLE.join(", ")}.`,
    { default: [] },
  ),
  disable_collectors: attr(list(string), "Collectors not to run.", { default: [] }),
  set_collectors: attr(list(string), "Runs just these collectors instead of the default ones.", { default: [] }),
  arp: block(
    {
      device_exclude: exclude("devices"),
      device_include: include("devices"),
      netlink: attr(bool, "Reads the entries over netlink.", { default: false, ...later }),
    },
    "Options of the arp collector.",
    { absent: "defaults" },
  ),
  bcache: block(
    { priority_stats: attr(bool, "Reports expensive priority statistics.", { default: false }) },
    "Options of the bcache collector.",
    later,
  ),
  cpu: block(
    {
      bugs_include: attr(string, "Regular expression of the processor bugs to report; sets `info`.", { default: "" }),
      flags_include: attr(string, "Regular expression of the processor flags to report; sets `info`.", { default: "" }),
      guest: attr(bool, "Reports the time spent in guests.", { default: false }),
      info: attr(bool, "Reports what cpuinfo says.", { default: false }),
    },
    "Options of the cpu collector.",
    { absent: "defaults" },
  ),
  disk: block(
    {
      device_exclude: exclude("devices", "^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$"),
      device_include: include("devices"),
    },
    "Options of the diskstats collector.",
    { absent: "defaults" },
  ),
  ethtool: block(
    {
      device_exclude: exclude("devices"),
      device_include: include("devices"),
      metrics_include: attr(string, "Regular expression of the metrics to report.", { default: ".*" }),
    },
    "Options of the ethtool collector.",
    later,
  ),
  filesystem: block(
    {
      fs_types_exclude: exclude(
        "file system types",
        "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tracefs)$",
      ),
      mount_points_exclude: exclude("mount points", "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+)($|/)"),
      mount_timeout: attr(duration, "How long a mount may take to answer before it is reported as failed.", {
        default: 5000,
      }),
    },
    "Options of the filesystem collector.",
    { absent: "defaults" },
  ),
  hwmon: block(
    { chip_exclude: exclude("chips"), chip_include: include("chips") },
    "Options of the hwmon collector.",
    later,
  ),
  ipvs: block(
    {
      backend_labels: attr(list(string), "Labels of the statistics of back ends.", {
        default: ["local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark"],
      }),
    },
    "Options of the ipvs collector.",
    later,
  ),
  ntp: block(
    {
      ip_ttl: attr(int, "Time to live of the queries.", { default: 1 }),
      local_offset_tolerance: attr(duration, "Offset from the local clock that is tolerated.", { default: 1 }),
      max_distance: attr(duration, "Largest distance to the root.", { default: 3466.08 }),
      protocol_version: attr(int, "Version of the protocol.", { default: 4 }),
      server: attr(string, "The server to ask.", { default: "127.0.0.1" }),
      server_is_local: attr(bool, "The server runs on this host.", { default: false }),
    },
    "Options of the ntp collector.",
    later,
  ),
  netclass: block(
    {
      ignore_invalid_speed_device: attr(bool, "Leaves out the speed of devices that report a negative one.", {
        default: false,
      }),
      ignored_devices: attr(string, "Regular expression of the devices to leave out.", { default: "^$" }),
    },
    "Options of the netclass collector.",
    { absent: "defaults" },
  ),
  netdev: block(
    {
      address_info: attr(bool, "Reports the addresses of devices.", { default: false }),
      device_exclude: exclude("devices"),
      device_include: include("devices"),
    },
    "Options of the netdev collector.",
    { absent: "defaults" },
  ),
  netstat: block(
    {
      fields: attr(string, "Regular expression of the fields to report.", {
        default:
          "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
      }),
    },
    "Options of the netstat collector.",
    { absent: "defaults" },
  ),
  perf: block(
    {
      cache_profilers: attr(list(string), "Cache profilers to run.", { default: [] }),
      cpus: attr(string, "Processors to profile.", { default: "" }),
      disable_cache_profilers: attr(bool, "Runs no cache profilers.", { default: false }),
      disable_hardware_profilers: attr(bool, "Runs no hardware profilers.", { default: false }),
      disable_software_profilers: attr(bool, "Runs no software profilers.", { default: false }),
      hardware_profilers: attr(list(string), "Hardware profilers to run.", { default: [] }),
      software_profilers: attr(list(string), "Software profilers to run.", { default: [] }),
      tracepoint: attr(list(string), "Trace points to count.", { default: [] }),
    },
    "Options of the perf collector.",
    later,
  ),
  powersupply: block(
    { ignored_supplies: attr(string, "Regular expression of the supplies to leave out.", { default: "^$" }) },
    "Options of the powersupplyclass collector.",
    later,
  ),
  runit: block(
    { service_dir: attr(string, "Where the services are.", { default: "/etc/service" }) },
    "Options of the runit collector.",
    later,
  ),
  supervisord: block(
    { url: attr(string, "Where supervisord answers XML-RPC.", { default: "http://localhost:9001/RPC2" }) },
    "Options of the supervisord collector.",
    later,
  ),
  sysctl: block(
    {
      include: attr(list(string), "Numeric values to report.", { default: [] }),
      include_info: attr(list(string), "Text values to report.", { default: [] }),
    },
    "Options of the sysctl collector.",
    later,
  ),
  systemd: block(
    {
      enable_restarts: attr(bool, "Reports restarts of services.", { default: false }),
      start_time: attr(bool, "Reports when units started.", { default: false }),
      task_metrics: attr(bool, "Reports the tasks of units.", { default: false }),
      unit_exclude: exclude("units", ".+\\.(automount|device|mount|scope|slice)"),
      unit_include: attr(string, "Regular expression of the units to report.", { default: ".+" }),
    },
    "Options of the systemd collector.",
    later,
  ),
  tapestats: block(
    { ignored_devices: attr(string, "Regular expression of the devices to leave out.", { default: "^$" }) },
    "Options of the tapestats collector.",
    later,
  ),
  textfile: block(
    { directory: attr(string, "The folder of the `*.prom` files.", { default: "" }) },
    "Options of the textfile collector.",
    {
      absent: "defaults",
    },
  ),
  vmstat: block(
    {
      fields: attr(string, "Regular expression of the fields to report.", {
        default: "^(oom_kill|pgpg|pswp|pg.*fault).*",
      }),
    },
    "Options of the vmstat collector.",
    { absent: "defaults" },
  ),
};
type Args = Infer<typeof args>;

/** How each is made. */
const COLLECTORS: Readonly<Record<(typeof AVAILABLE)[number], (host: Host, args: Args) => Collect>> = {
  arp: (host, { arp: a }) => arp(host, nameFilter(a.device_exclude, a.device_include)),
  conntrack,
  cpu: (host, { cpu: a }) =>
    cpu(host, {
      guest: a.guest,
      info: a.info,
      flags: optionalRegex(a.flags_include),
      bugs: optionalRegex(a.bugs_include),
    }),
  diskstats: (host, { disk: a }) =>
    diskstats(host, nameFilter(a.device_include === "" ? a.device_exclude : "", a.device_include)),
  entropy,
  filefd,
  filesystem: (host, { filesystem: a }) =>
    filesystem(host, nameFilter(a.mount_points_exclude, ""), nameFilter(a.fs_types_exclude, ""), a.mount_timeout),
  loadavg,
  meminfo,
  netclass: (host, { netclass: a }) => netclass(host, nameFilter(a.ignored_devices, ""), a.ignore_invalid_speed_device),
  netdev: (host, { netdev: a }) => netdev(host, nameFilter(a.device_exclude, a.device_include), a.address_info),
  netstat: (host, { netstat: a }) => netstat(host, compileRegex(a.fields, { anchored: false })),
  os,
  pressure,
  schedstat,
  sockstat,
  softnet,
  stat,
  textfile: (host, { textfile: a }) => textfile(host, a.directory),
  time,
  udp_queues: udpQueues,
  uname,
  vmstat: (host, { vmstat: a }) => vmstat(host, compileRegex(a.fields, { anchored: false })),
};

/** Collectors of Alloy that are not here yet: naming one to run is an error, naming one not to run is fine. */
const NOT_YET = new Set(
  `bcache bonding boottime btrfs buddyinfo cgroups cpufreq devstat dmi drbd drm edac ethtool exec fibrechannel hwmon infiniband
  interrupts ipvs ksmd lnstat logind mdadm meminfo_numa mountstats netisr network_route nfs nfsd ntp nvme perf powersupplyclass processes
  qdisc rapl runit selinux slabinfo softirqs supervisord sysctl systemd tapestats tcpstat thermal thermal_zone timex wifi xfs zfs zoneinfo`.split(
    /\s+/,
  ),
);

function isAvailable(name: string): name is (typeof AVAILABLE)[number] {
  return Object.hasOwn(COLLECTORS, name);
}

function check(a: Args): Problem[] {
  const problems: Problem[] = [];
  for (const path of ["enable_collectors", "set_collectors", "disable_collectors"] as const) {
    for (const name of a[path]) {
      if (isAvailable(name)) continue;
      if (!NOT_YET.has(name)) problems.push({ path, message: `there is no collector named ${JSON.stringify(name)}` });
      else if (path !== "disable_collectors") {
        const hint = `Run node_exporter beside Invar for it. Here there are: ${AVAILABLE.join(", ")}.`;
        problems.push({ path, message: `the collector ${JSON.stringify(name)} is not supported yet`, hint });
      }
    }
  }
  const regexes: readonly (readonly [string, string])[] = [
    ["arp.device_exclude", a.arp.device_exclude],
    ["arp.device_include", a.arp.device_include],
    ["cpu.bugs_include", a.cpu.bugs_include],
    ["cpu.flags_include", a.cpu.flags_include],
    ["disk.device_exclude", a.disk.device_exclude],
    ["disk.device_include", a.disk.device_include],
    ["filesystem.fs_types_exclude", a.filesystem.fs_types_exclude],
    ["filesystem.mount_points_exclude", a.filesystem.mount_points_exclude],
    ["netclass.ignored_devices", a.netclass.ignored_devices],
    ["netdev.device_exclude", a.netdev.device_exclude],
    ["netdev.device_include", a.netdev.device_include],
    ["netstat.fields", a.netstat.fields],
    ["vmstat.fields", a.vmstat.fields],
  ];
  for (const [path, text] of regexes) {
    try {
      compileRegex(text, { anchored: false });
    } catch (error) {
      problems.push({ path, message: error instanceof Error ? error.message : String(error) });
    }
  }
  for (const path of ["arp", "netdev"] as const) {
    if (a[path].device_exclude !== "" && a[path].device_include !== "") {
      problems.push({ path, message: "device_exclude and device_include exclude each other" });
    }
  }
  return problems;
}

function openCollectors(a: Args, log: Logger): Map<string, Collect> {
  const host: Host = { procfs: a.procfs_path, sysfs: a.sysfs_path, rootfs: a.rootfs_path, udev: a.udev_data_path, log };
  const names = new Set<string>(a.set_collectors.length > 0 ? a.set_collectors : AVAILABLE);
  for (const name of a.enable_collectors) names.add(name);
  for (const name of a.disable_collectors) names.delete(name);
  const collectors = new Map<string, Collect>();
  for (const name of [...names].sort()) if (isAvailable(name)) collectors.set(name, COLLECTORS[name](host, a));
  return collectors;
}

/** Runs one collector into a page of its own, so that one that fails half-way leaves nothing behind. */
async function run(name: string, collect: Collect, page: Page, log: Logger, signal: AbortSignal): Promise<void> {
  const own = new Page();
  const begin = performance.now();
  let success = 1;
  try {
    await collect(own, signal);
    page.append(own);
  } catch (error) {
    success = 0;
    const fields = { collector: name, err: error };
    if (error instanceof NoData) log.debug("collector returned no data", fields);
    else log.error("collector failed", fields);
  }
  const seconds = (performance.now() - begin) / 1000;
  page.add("node_scrape_collector_duration_seconds", "gauge", "Seconds a collector took.", seconds, {
    collector: name,
  });
  page.add("node_scrape_collector_success", "gauge", "Whether a collector succeeded.", success, { collector: name });
}

export default metricsExporter({
  name: "prometheus.exporter.unix",
  stability: "generally-available",
  doc: "Exposes metrics of the Linux host under the names that node_exporter uses.",
  args,
  examples: [
    `prometheus.exporter.unix "default" { }`,
    `prometheus.exporter.unix "container" {
  procfs_path        = "/host/proc"
  sysfs_path         = "/host/sys"
  rootfs_path        = "/host/root"
  disable_collectors = ["arp"]

  textfile {
    directory = "/var/lib/node_exporter"
  }
}`,
  ],
  check,
  open(first, ctx) {
    let current = first;
    let collectors = openCollectors(first, ctx.log);
    return {
      async collect(signal) {
        const page = new Page();
        for (const [name, collect] of collectors) await run(name, collect, page, ctx.log, signal);
        return current.include_exporter_metrics ? page.toString() + (await ctx.selfMetrics()) : page.toString();
      },
      update(next) {
        const prepared = openCollectors(next, ctx.log);
        return () => {
          current = next;
          collectors = prepared;
        };
      },
    };
  },
});
