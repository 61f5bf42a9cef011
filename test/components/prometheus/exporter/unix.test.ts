import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import unix from "#components/prometheus/exporter/unix.ts";
import type { Infer } from "#src/schema/field.ts";
import { defaults } from "#test/kit/defaults.ts";
import { fakeContext } from "#test/kit/context.ts";

type Args = Infer<typeof unix.args>;

let folders: string[] = [];
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  folders = [];
});

function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "invar-unix-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

async function scrape(changes: Partial<Args>): Promise<{ page: string; logged: string[] }> {
  const ctx = fakeContext({ id: "prometheus.exporter.unix.test" });
  try {
    await unix.create({ ...defaults(unix.args), ...changes }, ctx);
    const response = await ctx.handler!({ method: "GET", path: "/metrics", headers: {}, signal: ctx.signal });
    return { page: String(response.body), logged: ctx.lines.map((line) => line.message) };
  } finally {
    ctx.dispose();
  }
}

function samples(page: string, prefix: string): string[] {
  return page.split("\n").filter((line) => line.startsWith(prefix));
}

test("reads the kernel's tables of a foreign root", async () => {
  const root = tree({
    "proc/stat":
      "cpu  10 0 10 100 0 0 0 0 0 0\ncpu0 150 20 50 1000 5 1 2 3 4 0\nintr 99 1 2\nctxt 77\nbtime 1700000000\nprocesses 12\nprocs_running 2\nprocs_blocked 1\n",
    "proc/meminfo": "MemTotal:       1000 kB\nActive(anon):    10 kB\nHugePages_Total:   3\n",
    "proc/loadavg": "0.50 1.25 2 1/100 4242\n",
    "proc/vmstat": "nr_free_pages 5\npgfault 6\noom_kill 0\n",
    "proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000\n",
    "proc/net/dev":
      "Inter-|   Receive  |  Transmit\n face |bytes ...\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
    "proc/net/netstat": "TcpExt: ListenDrops Other\nTcpExt: 4 5\n",
    "proc/net/snmp": "Tcp: ActiveOpens Secret\nTcp: 7 8\n",
    "proc/net/snmp6": "Ip6InOctets 9\nUdp6NoPorts 2\n",
    "proc/diskstats": "   8  0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n   7  0 loop0 1 1 1 1 1 1 1 1 1 1 1\n",
    "proc/1/mountinfo": `22 1 8:1 / / ro,relatime - ext4 /dev/sda1 rw\n23 22 0:5 / /proc rw - proc proc rw\n`,
    "root/etc/os-release": 'NAME="Test OS"\nID=test\nVERSION_ID="12.4"\nSUPPORT_END=2028-01-01\n',
    "run/udev/b8:0": "E:ID_SERIAL_SHORT=abc\nE:ID_MODEL=disk\n",
  });
  const { page } = await scrape({
    procfs_path: join(root, "proc"),
    sysfs_path: join(root, "sys"),
    rootfs_path: join(root, "root"),
    udev_data_path: join(root, "run/udev"),
  });
  const expected = `
node_cpu_seconds_total{cpu="0",mode="user"} 1.5
node_cpu_seconds_total{cpu="0",mode="steal"} 0.03
node_intr_total 99
node_context_switches_total 77
node_forks_total 12
node_boot_time_seconds 1700000000
node_procs_running 2
node_procs_blocked 1
node_memory_MemTotal_bytes 1024000
node_memory_Active_anon_bytes 10240
node_memory_HugePages_Total 3
node_load1 0.5
node_load5 1.25
node_load15 2
node_vmstat_pgfault 6
node_vmstat_oom_kill 0
node_pressure_cpu_waiting_seconds_total 2.5
node_network_receive_bytes_total{device="eth0"} 1
node_network_transmit_compressed_total{device="eth0"} 16
node_netstat_TcpExt_ListenDrops 4
node_netstat_Tcp_ActiveOpens 7
node_netstat_Ip6_InOctets 9
node_netstat_Udp6_NoPorts 2
node_disk_read_bytes_total{device="sda"} 1536
node_disk_flush_requests_time_seconds_total{device="sda"} 0.017
node_disk_info{device="sda",major="8",minor="0",path="",wwn="",model="disk",serial="abc",revision="",rotational="0"} 1
node_filesystem_readonly{device="/dev/sda1",mountpoint="/",fstype="ext4",device_error=""} 1
node_os_version{id="test",id_like="",name="Test OS"} 12.4
node_os_support_end_timestamp_seconds 1830297600
node_scrape_collector_success{collector="meminfo"} 1
node_scrape_collector_success{collector="conntrack"} 0`;
  for (const line of expected.trim().split("\n")) expect(page.split("\n")).toContain(line);
  expect(samples(page, "node_vmstat_nr_free_pages")).toEqual([]);
  expect(samples(page, "node_netstat_Tcp_Secret")).toEqual([]);
  expect(page).not.toContain('device="loop0"');
  expect(page).not.toContain('mountpoint="/proc"');
  expect(page).not.toContain("node_cpu_guest_seconds_total");
});

test("a processor's counters never fall, unless it was taken away and put back", async () => {
  const root = tree({ "proc/stat": "cpu0 500 0 0 1000 0 0 0 0 0 0\n" });
  const ctx = fakeContext({ id: "prometheus.exporter.unix.test" });
  await unix.create({ ...defaults(unix.args), procfs_path: join(root, "proc"), set_collectors: ["cpu"] }, ctx);
  const read = async (): Promise<string[]> => {
    const response = await ctx.handler!({ method: "GET", path: "/metrics", headers: {}, signal: ctx.signal });
    return samples(String(response.body), 'node_cpu_seconds_total{cpu="0",mode="user"}').map(
      (line) => line.split(" ")[1]!,
    );
  };
  expect(await read()).toEqual(["5"]);
  writeFileSync(join(root, "proc/stat"), "cpu0 490 0 0 1001 0 0 0 0 0 0\n");
  expect(await read()).toEqual(["5"]);
  writeFileSync(join(root, "proc/stat"), "cpu0 10 0 0 20 0 0 0 0 0 0\n");
  expect(await read()).toEqual(["0.1"]);
  ctx.dispose();
});

test("text files are passed on whole or left out whole", async () => {
  const root = tree({
    "a.prom": '# HELP job_done Jobs.\n# TYPE job_done counter\njob_done{q="a} b"} 4\nplain 1e3\n',
    "b.prom": "job_done 1 1700000000000\n",
    "c.prom": "what is this\n",
    "ignored.txt": "x 1\n",
  });
  const { page, logged } = await scrape({ set_collectors: ["textfile"], textfile: { directory: root } });
  expect(page).toContain('# TYPE job_done counter\njob_done{q="a} b"} 4\n');
  expect(page).toContain(`# HELP plain Metric read from ${join(root, "a.prom")}\n# TYPE plain untyped\nplain 1e3\n`);
  expect(samples(page, "node_textfile_mtime_seconds").length).toBe(1);
  expect(samples(page, "node_textfile_scrape_error")).toEqual(["node_textfile_scrape_error 1"]);
  expect(logged.filter((line) => line === "reading a text file failed").length).toBe(2);
});

test("collectors are chosen by name; unknown and missing ones are refused by name", async () => {
  const { page } = await scrape({
    set_collectors: ["loadavg"],
    enable_collectors: ["uname"],
    disable_collectors: ["loadavg"],
  });
  expect(samples(page, "node_scrape_collector_success")).toEqual([
    'node_scrape_collector_success{collector="uname"} 1',
  ]);
  const problems = unix.check!({
    ...defaults(unix.args),
    enable_collectors: ["systemd", "nonsense"],
    disable_collectors: ["hwmon"],
  });
  expect(problems.map((p) => p.message)).toEqual([
    'the collector "systemd" is not supported yet',
    'there is no collector named "nonsense"',
  ]);
  expect(unix.check!({ ...defaults(unix.args), vmstat: { fields: "(" } }).map((p) => p.path)).toEqual([
    "vmstat.fields",
  ]);
});

/** Series that one page has and the other lacks, of the families that `keep` matches; values are not compared. */
function missing(from: string, to: string, keep: RegExp): string[] {
  const names = (page: string): Set<string> =>
    new Set(
      page
        .split("\n")
        .filter((line) => keep.test(line))
        .map((line) => {
          const at = line.lastIndexOf(" ");
          const [, name, labels] = /^([^{]+)\{?([^]*?)\}?$/.exec(line.slice(0, at))!;
          return `${name}{${[...labels!.matchAll(/(\w+)="/g)]
            .map((m) => m[1])
            .sort((a, b) => a!.localeCompare(b!))
            .join(",")}}`;
        }),
    );
  const have = names(to);
  return [...names(from)].filter((name) => !have.has(name));
}

const installed = spawnSync("prometheus-node-exporter", ["--version"]).status === 0;
if (!installed)
  console.warn("SKIPPED: prometheus-node-exporter is not installed, its names are not compared with ours");

test.skipIf(!installed)("names and labels are those of the real node_exporter on this host", async () => {
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => resolve(free));
    });
  });
  const child = spawn("prometheus-node-exporter", [`--web.listen-address=127.0.0.1:${port}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error("node_exporter ended")));
      child.stderr.on("data", (text: Buffer) => {
        if (text.includes("TLS is disabled") || text.includes("Listening on")) resolve();
      });
    });
    const theirs = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const { page } = await scrape({ cpu: { guest: true, info: false, bugs_include: "", flags_include: "" } });
    const shared =
      /^node_(cpu_(seconds|guest)|disk_|filesystem_(size|free|avail|files)|load|memory_|network_(receive|transmit|up|info|mtu|carrier|flags)|netstat_|os_|pressure_|intr|context|forks|boot|procs_|time_|uname_|vmstat_|sockstat|softnet_(processed|dropped)|schedstat|filefd|entropy|arp|udp)/;
    // Later versions added labels to these.
    const gone = missing(theirs, page, shared).filter(
      (name) => !/^node_(filesystem_|disk_info|network_info)/.test(name),
    );
    expect(gone).toEqual([]);
  } finally {
    child.kill("SIGKILL");
  }
});
