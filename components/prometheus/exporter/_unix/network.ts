/** Collectors of the network: netdev, netstat, sockstat, softnet, arp, conntrack, udp_queues. */
import { networkInterfaces } from "node:os";
import type { Regex } from "#src/regex/regex.ts";
import { fields, findNumber, findText, getText, lines, NoData, type Collect, type Host } from "./collector.ts";
import type { NameFilter } from "./name-filter.ts";

/** Columns of /proc/net/dev, whose names node_exporter has always used. */
const RECEIVE = ["bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"];
const TRANSMIT = ["bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed"];

export function netdev(host: Host, devices: NameFilter, addresses: boolean): Collect {
  return (page) => {
    for (const line of lines(getText(host.procfs, "net/dev")).slice(2)) {
      const colon = line.lastIndexOf(":");
      const device = line.slice(0, colon).trim();
      if (!devices.keeps(device)) continue;
      const values = fields(line.slice(colon + 1));
      [...RECEIVE.map((c) => `receive_${c}`), ...TRANSMIT.map((c) => `transmit_${c}`)].forEach((key, i) => {
        page.add(
          `node_network_${key}_total`,
          "counter",
          `The statistic ${key} of a network device.`,
          Number(values[i]),
          { device },
        );
      });
      const nohandler = findNumber(host.sysfs, `class/net/${device}/statistics/rx_nohandler`);
      if (nohandler !== undefined) {
        page.add(
          "node_network_receive_nohandler_total",
          "counter",
          "The statistic receive_nohandler of a network device.",
          nohandler,
          { device },
        );
      }
    }
    if (!addresses) return;
    for (const [device, list] of Object.entries(networkInterfaces())) {
      if (!devices.keeps(device)) continue;
      for (const entry of list ?? []) {
        page.add("node_network_address_info", "gauge", "Always 1, for each address of a network device.", 1, {
          device,
          address: entry.address,
          netmask: entry.cidr?.split("/")[1] ?? "",
          scope: entry.internal || /^(fe[89ab]|169\.254\.)/i.test(entry.address) ? "link-local" : "global",
        });
      }
    }
  };
}

export function netstat(host: Host, keep: Regex): Collect {
  return (page) => {
    const add = (protocol: string, name: string, value: string): void => {
      const key = `${protocol}_${name}`;
      if (keep.test(key))
        page.add(`node_netstat_${key}`, "untyped", `The statistic ${protocol}${name}.`, Number(value));
    };
    for (const file of ["net/netstat", "net/snmp"]) {
      const table = lines(getText(host.procfs, file));
      for (let i = 0; i + 1 < table.length; i += 2) {
        const [head, ...names] = fields(table[i]!);
        const [, ...values] = fields(table[i + 1]!);
        if (names.length !== values.length)
          throw new Error(`reading ${file}: ${head} has ${names.length} names and ${values.length} values`);
        names.forEach((name, at) => add(head!.replace(/:$/, ""), name, values[at]!));
      }
    }
    for (const line of lines(findText(host.procfs, "net/snmp6") ?? "")) {
      const [key, value] = fields(line);
      const six = key?.indexOf("6") ?? -1;
      if (key !== undefined && value !== undefined && six >= 0) add(key.slice(0, six + 1), key.slice(six + 1), value);
    }
  };
}

export function sockstat(host: Host): Collect {
  const page4k = 4096;
  return (page) => {
    for (const [file, family] of [["net/sockstat", "IPv4"] as const, ["net/sockstat6", "IPv6"] as const]) {
      for (const line of lines(findText(host.procfs, file) ?? "")) {
        const [head, ...pairs] = fields(line);
        const protocol = head!.replace(/:$/, "");
        for (let i = 0; i + 1 < pairs.length; i += 2) {
          const [key, value] = [pairs[i]!, Number(pairs[i + 1])];
          if (protocol === "sockets") {
            if (key === "used") page.add("node_sockstat_sockets_used", "gauge", `${family} sockets in use.`, value);
            continue;
          }
          page.add(`node_sockstat_${protocol}_${key}`, "gauge", `${protocol} sockets in the state ${key}.`, value);
          if (key === "mem")
            page.add(
              `node_sockstat_${protocol}_mem_bytes`,
              "gauge",
              `Bytes held by ${protocol} sockets.`,
              value * page4k,
            );
        }
      }
    }
  };
}

/** Columns of softnet_stat are hexadecimal, one line for each processor. */
export function softnet(host: Host): Collect {
  const columns = [
    [0, "processed_total", "counter", "Packets processed."],
    [1, "dropped_total", "counter", "Packets dropped."],
    [2, "times_squeezed_total", "counter", "Times a processor ran out of quota."],
    [8, "cpu_collision_total", "counter", "Collisions on a device's lock when sending."],
    [9, "received_rps_total", "counter", "Times a processor was woken to receive packets."],
    [10, "flow_limit_count_total", "counter", "Times the flow limit was reached."],
    [11, "backlog_len", "gauge", "Packets in the backlog."],
  ] as const;
  return (page) => {
    lines(getText(host.procfs, "net/softnet_stat")).forEach((line, i) => {
      const values = fields(line).map((hex) => parseInt(hex, 16));
      const cpu = String(values[12] ?? i);
      for (const [at, name, type, help] of columns)
        page.add(`node_softnet_${name}`, type, help, values[at] ?? 0, { cpu });
    });
  };
}

export function arp(host: Host, devices: NameFilter): Collect {
  return (page) => {
    const counts = new Map<string, number>();
    for (const line of lines(getText(host.procfs, "net/arp")).slice(1)) {
      const device = fields(line)[5];
      if (device !== undefined && devices.keeps(device)) counts.set(device, (counts.get(device) ?? 0) + 1);
    }
    for (const [device, count] of counts)
      page.add("node_arp_entries", "gauge", "ARP entries of a network device.", count, { device });
  };
}

export function conntrack(host: Host): Collect {
  const columns = ["found", "invalid", "ignore", "insert", "insert_failed", "drop", "early_drop", "search_restart"];
  return (page) => {
    const entries = findNumber(host.procfs, "sys/net/netfilter/nf_conntrack_count");
    const limit = findNumber(host.procfs, "sys/net/netfilter/nf_conntrack_max");
    if (entries === undefined || limit === undefined) throw new NoData("connection tracking is not loaded");
    page.add("node_nf_conntrack_entries", "gauge", "Connections tracked.", entries);
    page.add("node_nf_conntrack_entries_limit", "gauge", "Connections that can be tracked.", limit);
    const [head, ...rows] = lines(findText(host.procfs, "net/stat/nf_conntrack") ?? "");
    if (head === undefined) return;
    const names = fields(head);
    for (const column of columns) {
      const at = names.indexOf(column);
      const sum = rows.reduce((total, row) => total + (at < 0 ? 0 : parseInt(fields(row)[at] ?? "0", 16)), 0);
      page.add(`node_nf_conntrack_stat_${column}`, "gauge", `The statistic ${column} of connection tracking.`, sum);
    }
  };
}

export function udpQueues(host: Host): Collect {
  return (page) => {
    let found = false;
    for (const [file, ip] of [["net/udp", "v4"] as const, ["net/udp6", "v6"] as const]) {
      const text = findText(host.procfs, file);
      if (text === undefined) continue;
      found = true;
      const sums = { tx: 0, rx: 0 };
      for (const line of lines(text).slice(1)) {
        const [tx, rx] = (fields(line)[4] ?? "").split(":");
        sums.tx += parseInt(tx ?? "0", 16) || 0;
        sums.rx += parseInt(rx ?? "0", 16) || 0;
      }
      for (const queue of ["tx", "rx"] as const)
        page.add("node_udp_queues", "gauge", "Bytes in the queues of UDP sockets.", sums[queue], { queue, ip });
    }
    if (!found) throw new NoData("the kernel shows no UDP sockets");
  };
}
