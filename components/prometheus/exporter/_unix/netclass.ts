import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findNumber, findText, type Collect, type Host } from "./collector.ts";
import type { NameFilter } from "./name-filter.ts";

/** Files of /sys/class/net/<device> that are one number each. */
const NUMBERS = [
  ["addr_assign_type", "address_assign_type", "gauge", "How the address was assigned."],
  ["carrier", "carrier", "gauge", "Whether there is a carrier."],
  ["carrier_changes", "carrier_changes_total", "counter", "Changes of the carrier."],
  ["carrier_up_count", "carrier_up_changes_total", "counter", "Times the carrier came up."],
  ["carrier_down_count", "carrier_down_changes_total", "counter", "Times the carrier went down."],
  ["dev_id", "device_id", "gauge", "Distinguishes devices that share a port."],
  ["dormant", "dormant", "gauge", "Whether the device is dormant."],
  ["flags", "flags", "gauge", "Flags of the device."],
  ["ifindex", "iface_id", "gauge", "Index of the device."],
  ["iflink", "iface_link", "gauge", "Index of the device it is linked to."],
  ["link_mode", "iface_link_mode", "gauge", "Link mode of the device."],
  ["mtu", "mtu_bytes", "gauge", "Largest packet of the device."],
  ["name_assign_type", "name_assign_type", "gauge", "How the name was assigned."],
  ["netdev_group", "net_dev_group", "gauge", "Group of the device."],
  ["tx_queue_len", "transmit_queue_length", "gauge", "Length of the queue for sending."],
  ["type", "protocol_type", "gauge", "Protocol of the device."],
] as const;

/** What sysfs says of network devices. */
export function netclass(host: Host, devices: NameFilter, ignoreInvalidSpeed: boolean): Collect {
  return (page) => {
    for (const device of readdirSync(join(host.sysfs, "class/net")).sort()) {
      const at = `class/net/${device}`;
      if (!devices.keeps(device) || findNumber(host.sysfs, `${at}/ifindex`) === undefined) continue;
      const text = (file: string): string => findText(host.sysfs, `${at}/${file}`)?.trim() ?? "";
      const operstate = text("operstate");
      const flags = findNumber(host.sysfs, `${at}/flags`);
      page.add("node_network_up", "gauge", "Whether a network device is up.", operstate === "up" ? 1 : 0, { device });
      page.add("node_network_info", "gauge", "Always 1, with what sysfs says of a network device.", 1, {
        device,
        address: text("address"),
        adminstate: flags === undefined ? "unknown" : flags & 1 ? "up" : "down",
        broadcast: text("broadcast"),
        duplex: text("duplex"),
        ifalias: text("ifalias"),
        operstate,
      });
      for (const [file, name, type, help] of NUMBERS) {
        const value = findNumber(host.sysfs, `${at}/${file}`);
        if (value !== undefined) page.add(`node_network_${name}`, type, help, value, { device });
      }
      const megabits = findNumber(host.sysfs, `${at}/speed`);
      if (megabits !== undefined && (megabits >= 0 || !ignoreInvalidSpeed)) {
        page.add(
          "node_network_speed_bytes",
          "gauge",
          "Speed of a network device in bytes a second.",
          (megabits * 1e6) / 8,
          { device },
        );
      }
    }
  };
}
