/**
 * The log: how fast it takes records and confirms them beside `dd conv=fdatasync` on the same disk, how fast it is read
 * again, and what a sample of remote write costs on disk. Goals: append at 0.7 of dd's rate, replay of 10M samples a second,
 * 8 bytes a sample.
 *
 *     node bench/wal.ts [rounds]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordWriter, SAMPLES, SampleColumns } from "../components/prometheus/_remote_write/record.ts";
import { FRAME_HEADER } from "../src/queue/frame.ts";
import { SegmentLog } from "../src/queue/segment-log.ts";
import { Labels } from "../src/signal/labels.ts";
import { systemClock } from "../src/util/clock.ts";
import { silentLogger } from "../src/util/log.ts";
import { interleave, median, print, random } from "./_measure.ts";

const RECORD = 27_400;
const RECORDS = 5000;
const SERIES = 100_000;
const TABLES = 10;
const SCRAPES = 75;

const folder = mkdtempSync(join(tmpdir(), "invar-bench-wal-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const rounds = Number(process.argv[2] ?? 5);
let count = 0;
const open = (): SegmentLog =>
  SegmentLog.open({ folder: join(folder, String((count += 1))), clock: systemClock, log: silentLogger });
const clear = (log: SegmentLog): void => rmSync(log.folder, { recursive: true });

/** Bytes a second from the first append to the disk's word for the last. */
async function append(): Promise<number> {
  const log = open();
  const bytes = Buffer.alloc(FRAME_HEADER + RECORD);
  const next = random(1);
  for (let i = FRAME_HEADER; i < bytes.length; i += 1) bytes[i] = next() * 256;
  const began = performance.now();
  for (let i = 0; i < RECORDS; i += 1) {
    log.append([{ kind: 9, items: 1, bytes }]);
    // Commits run beside the appends, as they do in a collector.
    if (i % 100 === 99) await new Promise(setImmediate);
  }
  await log.commit();
  const seconds = (performance.now() - began) / 1000;
  await log.close();
  clear(log);
  return (RECORDS * RECORD) / seconds;
}

function dd(): Promise<number> {
  const out = join(folder, "dd");
  const began = performance.now();
  execFileSync("dd", ["if=/dev/zero", `of=${out}`, `bs=${RECORD}`, `count=${RECORDS}`, "conv=fdatasync"], {
    stdio: "ignore",
  });
  const seconds = (performance.now() - began) / 1000;
  rmSync(out);
  return Promise.resolve((RECORDS * RECORD) / seconds);
}

/** Scrapes of 100k series: a third counts up, a third stands still, a third is noise. */
async function samples() {
  const log = open();
  const writer = new RecordWriter(log);
  const next = random(2);
  const size = SERIES / TABLES;
  const tables = Array.from({ length: TABLES }, (_, t) => ({
    row: Uint32Array.from({ length: size }, (_x, i) => i),
    value: new Float64Array(size),
    series: Array.from({ length: size }, (_x, i) =>
      Labels.from([
        ["__name__", `node_network_receive_packets_total_${i % 100}`],
        ["instance", `host-${t}.example.com:9100`],
        ["job", "integrations/node_exporter"],
        ["device", `eth${i}`],
      ]),
    ),
  }));
  for (let scrape = 0; scrape < SCRAPES; scrape += 1)
    for (const { row, value, series } of tables) {
      for (let i = 0; i < size; i += 1) value[i]! += i % 3 === 0 ? 1 : i % 3 === 1 ? 0 : next();
      const time = new Float64Array(size).fill(1.7e12 + scrape * 15_000);
      writer.write({ series, row, time, value });
      await new Promise(setImmediate);
    }
  await log.commit();
  const total = log.stats.items;
  const began = performance.now();
  const columns = new SampleColumns();
  const reader = log.reader({ segment: 1, offset: 0, index: 0, items: 0 });
  let read = 0;
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    if (frame.kind !== SAMPLES) continue;
    columns.read(frame.payload, frame.items);
    read += columns.count;
  }
  const seconds = (performance.now() - began) / 1000;
  reader.close();
  if (read !== total) throw new Error(`read ${read} of ${total} samples`);
  const bytes = log.stats.bytes;
  await log.close();
  clear(log);
  return { samples: total, replayPerSecond: total / seconds, bytesPerSample: bytes / total };
}

const { ours, peer } = await interleave(rounds, append, dd);
print({
  bench: "wal",
  appendMBps: median(ours) / 1e6,
  ddMBps: median(peer) / 1e6,
  ratio: median(ours) / median(peer),
  goal: 0.7,
  ...(await samples()),
});
