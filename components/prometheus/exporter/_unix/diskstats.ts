import type { Page } from "../_page.ts";
import { fields, findNumber, findText, getText, lines, type Collect, type Host } from "./collector.ts";
import type { NameFilter } from "./name-filter.ts";

const SECTOR = 512;
const MS = 0.001;

/** Columns of /proc/diskstats after the device name (kernel documentation, iostats). */
const COLUMNS: readonly (readonly [name: string, type: "counter" | "gauge", help: string, factor: number])[] = [
  ["reads_completed_total", "counter", "Reads that completed.", 1],
  ["reads_merged_total", "counter", "Reads that were merged.", 1],
  ["read_bytes_total", "counter", "Bytes read.", SECTOR],
  ["read_time_seconds_total", "counter", "Seconds spent by all reads.", MS],
  ["writes_completed_total", "counter", "Writes that completed.", 1],
  ["writes_merged_total", "counter", "Writes that were merged.", 1],
  ["written_bytes_total", "counter", "Bytes written.", SECTOR],
  ["write_time_seconds_total", "counter", "Seconds spent by all writes.", MS],
  ["io_now", "gauge", "Requests in progress.", 1],
  ["io_time_seconds_total", "counter", "Seconds with requests in progress.", MS],
  ["io_time_weighted_seconds_total", "counter", "Seconds with requests in progress, weighted by their number.", MS],
  ["discards_completed_total", "counter", "Discards that completed.", 1],
  ["discards_merged_total", "counter", "Discards that were merged.", 1],
  ["discarded_sectors_total", "counter", "Sectors discarded.", 1],
  ["discard_time_seconds_total", "counter", "Seconds spent by all discards.", MS],
  ["flush_requests_total", "counter", "Flushes that completed.", 1],
  ["flush_requests_time_seconds_total", "counter", "Seconds spent by all flushes.", MS],
];

/** Block devices: activity from /proc/diskstats, identity from udev's data where it is readable. */
export function diskstats(host: Host, devices: NameFilter): Collect {
  return (page) => {
    for (const line of lines(getText(host.procfs, "diskstats"))) {
      const [major, minor, device, ...values] = fields(line);
      if (device === undefined || !devices.keeps(device)) continue;
      addIdentity(host, page, major!, minor!, device);
      COLUMNS.slice(0, values.length).forEach(([name, type, help, factor], i) => {
        page.add(`node_disk_${name}`, type, help, Number(values[i]) * factor, { device });
      });
    }
  };
}

function addIdentity(host: Host, page: Page, major: string, minor: string, device: string): void {
  const udev = readUdev(host, major, minor);
  const get = (key: string): string => udev.get(key) ?? "";
  const rotational = findNumber(host.sysfs, `block/${device}/queue/rotational`) === 1 ? "1" : "0";
  page.add("node_disk_info", "gauge", "Always 1, with what is known of a block device.", 1, {
    device,
    major,
    minor,
    path: get("ID_PATH"),
    wwn: get("ID_WWN"),
    model: get("ID_MODEL"),
    serial: get("SCSI_IDENT_SERIAL") || get("ID_SERIAL_SHORT") || get("ID_SERIAL"),
    revision: get("ID_REVISION"),
    rotational,
  });
  if (get("ID_FS_TYPE") !== "") {
    page.add("node_disk_filesystem_info", "gauge", "Always 1, with the file system on a block device.", 1, {
      device,
      type: get("ID_FS_TYPE"),
      usage: get("ID_FS_USAGE"),
      uuid: get("ID_FS_UUID"),
      version: get("ID_FS_VERSION"),
    });
  }
  if (get("DM_NAME") !== "") {
    page.add("node_disk_device_mapper_info", "gauge", "Always 1, with the device mapper's names.", 1, {
      device,
      name: get("DM_NAME"),
      uuid: get("DM_UUID"),
      vg_name: get("DM_VG_NAME"),
      lv_name: get("DM_LV_NAME"),
      lv_layer: get("DM_LV_LAYER"),
    });
  }
  if (get("ID_ATA") === "") return;
  const ata = [
    ["ID_ATA_WRITE_CACHE", "node_disk_ata_write_cache", "Whether an ATA disk has a write cache."],
    [
      "ID_ATA_WRITE_CACHE_ENABLED",
      "node_disk_ata_write_cache_enabled",
      "Whether the write cache of an ATA disk is enabled.",
    ],
    [
      "ID_ATA_ROTATION_RATE_RPM",
      "node_disk_ata_rotation_rate_rpm",
      "Rotations a minute of an ATA disk, 0 for solid state.",
    ],
  ] as const;
  for (const [key, name, help] of ata) {
    const value = Number(get(key));
    if (get(key) !== "" && !Number.isNaN(value)) page.add(name, "gauge", help, value, { device });
  }
}

function readUdev(host: Host, major: string, minor: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of lines(findText(host.udev, `b${major}:${minor}`) ?? "")) {
    const equals = line.indexOf("=");
    if (line.startsWith("E:") && equals > 0) properties.set(line.slice(2, equals), line.slice(equals + 1));
  }
  return properties;
}
