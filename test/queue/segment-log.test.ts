import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FRAME_HEADER, SEGMENT_HEADER, type Frame } from "#src/queue/frame.ts";
import { LogFullError, SegmentLog, type LogOptions } from "#src/queue/segment-log.ts";
import { silentLogger } from "#src/util/log.ts";
import { fakeClock, type FakeClock } from "#test/kit/clock.ts";
import { faultyFs, type Fault } from "#test/kit/faulty-fs.ts";

let folder: string;
let clock: FakeClock;
const open: SegmentLog[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "invar-log-"));
  clock = fakeClock();
});
afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
  rmSync(folder, { recursive: true });
});

function openLog(options: Partial<LogOptions> = {}): SegmentLog {
  const log = SegmentLog.open({ folder, clock, log: silentLogger, ...options });
  open.push(log);
  return log;
}
async function closeLog(log: SegmentLog): Promise<void> {
  open.splice(open.indexOf(log), 1);
  await log.close();
}
/** A frame whose payload says its number. */
function frame(number: number, length = 20): Frame {
  const bytes = Buffer.alloc(FRAME_HEADER + length, number & 0xff);
  bytes.writeUInt32LE(number, FRAME_HEADER);
  return { kind: 2, items: 1, bytes };
}
function readAll(log: SegmentLog, segment = 0): number[] {
  const reader = log.reader({ segment, offset: 0, index: 0, items: 0 });
  const numbers: number[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) numbers.push(next.payload.readUInt32LE(0));
  reader.close();
  return numbers;
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const segments = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".seg"))
    .sort();

describe("a log", () => {
  test("gives back what it took, across segments and restarts, and follows what is appended", async () => {
    let log = openLog({ segmentBytes: 200 });
    const reader = log.reader(log.end);
    for (const n of upTo(20)) log.append([frame(n)]);
    expect(segments().length).toBeGreaterThan(3);
    for (const n of upTo(20)) expect(reader.next()).toMatchObject({ first: n, items: 1, kind: 2 });
    expect(reader.next()).toBeUndefined();
    log.append([frame(20), frame(21)]);
    expect(reader.next()).toMatchObject({ first: 20 });
    reader.close();
    await closeLog(log);
    log = openLog();
    expect(readAll(log)).toEqual(upTo(22));
    expect(log.stats.items).toBe(22);
    log.append([frame(22)]);
    expect(readAll(log)).toEqual(upTo(23));
  });

  test("is there after SIGKILL right after append, without any commit", async () => {
    const script = `
      const { SegmentLog } = await import("#src/queue/segment-log.ts");
      const log = SegmentLog.open({ folder: process.argv[1], clock: { now: Date.now, after: () => () => {} }, log: console });
      for (let n = 0; n < 1000; n += 1) {
        const bytes = Buffer.alloc(44);
        bytes.writeUInt32LE(n, 24);
        log.append([{ kind: 2, items: 1, bytes }]);
      }
      console.log("done");
      setInterval(() => {}, 1000);`;
    const root = join(import.meta.dirname, "..", "..");
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, folder], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(() => openLog()).toThrow(`held by process ${child.pid}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(readAll(openLog())).toEqual(upTo(1000));
  });

  test("is refused to a second user", () => {
    openLog();
    expect(() => openLog()).toThrow("held by this process");
  });

  test("cut anywhere in its tail, it opens and gives all whole frames before the cut", async () => {
    const log = openLog();
    for (const n of upTo(12)) log.append([frame(n, 20 + n)]);
    await closeLog(log);
    const [name] = segments();
    const whole = readFileSync(join(folder, name!));
    const ends: number[] = [];
    for (let at = SEGMENT_HEADER, n = 0; n < 12; n += 1) ends.push((at += FRAME_HEADER + 20 + n));
    for (let cut = 0; cut < whole.length; cut += 1) {
      writeFileSync(join(folder, name!), whole.subarray(0, cut));
      const again = openLog();
      const expected = ends.filter((end) => end <= cut).length;
      expect(readAll(again)).toEqual(upTo(expected));
      expect(again.stats.items).toBe(expected);
      again.append([frame(99)]);
      expect(readAll(again)).toEqual([...upTo(expected), 99]);
      await closeLog(again);
      for (const left of segments()) unlinkSync(join(folder, left));
    }
  });

  test("loses to damage only the frames that are hit, and knows how many", async () => {
    const log = openLog({ segmentBytes: 4000 });
    for (const n of upTo(200)) log.append([frame(n, 40)]);
    await closeLog(log);
    const names = segments();
    const files = names.map((name) => readFileSync(join(folder, name)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom("flip", "zero", "noise")), {
          minLength: 1,
          maxLength: 5,
        }),
        async (hits) => {
          const copies = files.map((file) => Buffer.from(file));
          for (const [which, where, how] of hits) {
            const file = copies[which % copies.length]!;
            const at = SEGMENT_HEADER + (where % (file.length - SEGMENT_HEADER));
            const length = how === "flip" ? 1 : Math.min(150, file.length - at);
            if (how === "flip") file[at]! ^= 1 << (where % 8);
            else file.fill(how === "zero" ? 0 : Buffer.from([0xe7, 0x49, 0x4c, 0x91, 1, 2]), at, at + length);
          }
          const lost = new Set<number>();
          copies.forEach((file, i) => {
            writeFileSync(join(folder, names[i]!), file);
            for (let at = 0; at < file.length; at += 1)
              if (file[at] !== files[i]![at]) lost.add(Math.floor((at - SEGMENT_HEADER) / 64) + 1000 * i);
          });
          const damaged = openLog();
          const got = readAll(damaged);
          const perFile = Math.floor((files[0]!.length - SEGMENT_HEADER) / 64);
          const expected = upTo(200).filter((n) => !lost.has((n % perFile) + 1000 * Math.floor(n / perFile)));
          expect(got).toEqual(expected);
          expect(damaged.stats.damaged > 0).toBe(lost.size > 0);
          await closeLog(damaged);
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });

  test("finds its segments by what they carry inside, and goes on when one is gone", async () => {
    const log = openLog({ segmentBytes: 200 });
    for (const n of upTo(12)) log.append([frame(n)]);
    await closeLog(log);
    const names = segments().map((name) => join(folder, name));
    const before = join(folder, "copy");
    cpSync(names[1]!, before);
    renameSync(names[2]!, names[1]!);
    renameSync(before, names[2]!);
    const swapped = openLog();
    expect(readAll(swapped)).toEqual(upTo(12));
    await closeLog(swapped);
    unlinkSync(names[2]!);
    const holed = openLog();
    const reader = holed.reader({ segment: 1, offset: 0, index: 0, items: 0 });
    const firsts: number[] = [];
    for (let next = reader.next(); next !== undefined; next = reader.next()) firsts.push(next.first);
    reader.close();
    expect(firsts).toEqual([0, 1, 2, 3, 8, 9, 10, 11]);
  });

  test("deletes what all have read and what is too old, never what is in use", async () => {
    const log = openLog({ segmentBytes: 200 });
    const slow = log.cursor("slow");
    for (const n of upTo(12)) log.append([frame(n)]);
    log.truncate({ minAge: 0, maxAge: Infinity });
    expect(readAll(log)).toEqual(upTo(12));
    slow.advance({ segment: 3, offset: SEGMENT_HEADER, index: 0, items: 8 });
    log.truncate({ minAge: 1000, maxAge: Infinity });
    expect(segments()).toHaveLength(3);
    await clock.advance(1000);
    await log.commit();
    log.truncate({ minAge: 1000, maxAge: Infinity });
    expect(readAll(log)).toEqual([8, 9, 10, 11]);
    log.seal();
    log.truncate({ minAge: 0, maxAge: 1000 });
    expect(segments()).toHaveLength(0);
    log.append([frame(12)]);
    expect(readAll(log)).toEqual([12]);
  });

  test("stops at its size limit and goes on when there is room", () => {
    const log = openLog({ segmentBytes: 200, maxBytes: 500 });
    const cursor = log.cursor("c");
    const fill = (): number => {
      for (let n = 0; ; n += 1)
        try {
          log.append([frame(n)]);
        } catch (error) {
          expect(error).toBeInstanceOf(LogFullError);
          return n;
        }
    };
    const took = fill();
    expect(took).toBeGreaterThan(5);
    expect(readAll(log)).toEqual(upTo(took));
    cursor.advance(log.end);
    log.seal();
    log.truncate({ minAge: 0, maxAge: Infinity });
    expect(fill()).toBe(took);
  });
});

describe("a cursor", () => {
  test("is where it was after a restart; a new one starts at the end or beside another", async () => {
    let log = openLog();
    log.append([frame(0)]);
    const cursor = log.cursor("a");
    expect(cursor.position).toEqual(log.end);
    const place = { segment: 1, offset: 76, index: 3, items: 4 };
    cursor.advance(place);
    await closeLog(log);
    log = openLog();
    expect(log.cursorNames()).toEqual(["a"]);
    expect(log.cursor("a").position).toEqual(place);
    expect(log.cursor("b", place).position).toEqual(place);
    log.removeCursor("a");
    expect(log.cursorNames()).toEqual(["b"]);
  });

  test("torn at any byte, it falls back to a place before: nothing is passed over", async () => {
    let log = openLog();
    log.append([frame(0), frame(1), frame(2)]);
    const cursor = log.cursor("a");
    for (const items of [1, 2, 3]) cursor.advance({ segment: 1, offset: 44 * items, index: 0, items });
    await closeLog(log);
    const path = join(folder, "a.cursor");
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 1) {
      const torn = Buffer.from(whole);
      torn[at]! ^= 0x55;
      writeFileSync(path, torn);
      log = openLog();
      expect([2, 3]).toContain(log.cursor("a").position.items);
      await closeLog(log);
    }
    for (let cut = 0; cut < whole.length; cut += 1) {
      writeFileSync(path, whole.subarray(0, cut));
      log = openLog();
      const { position } = log.cursor("a");
      expect([0, 2, 3]).toContain(position.items);
      if (position.items === 0) {
        const reader = log.reader(position);
        expect(reader.next()).toMatchObject({ first: 0 });
        reader.close();
      }
      await closeLog(log);
    }
  });

  test("outlives its log: numbers never run backwards", async () => {
    let log = openLog();
    const cursor = log.cursor("a");
    for (const n of upTo(5)) log.append([frame(n)]);
    cursor.advance(log.end);
    await closeLog(log);
    for (const name of segments()) unlinkSync(join(folder, name));
    log = openLog();
    expect(log.cursor("a").position.items).toBe(5);
    log.append([frame(5)]);
    const reader = log.reader(log.cursor("a").position);
    expect(reader.next()).toMatchObject({ first: 5 });
    reader.close();
  });
});

describe("a disk that fails", () => {
  const faults: readonly Fault[] = ["EIO", "ENOSPC", "EINTR", "short"];

  test.each(faults)(
    "with %s at any operation loses nothing that was taken, and nothing after it heals",
    async (fault) => {
      for (let at = 1; at <= 60; at += 1) {
        const io = faultyFs();
        let log = openLog({ io, segmentBytes: 300 });
        const cursor = log.cursor("c");
        io.fail(io.calls + at, fault, 1 + (at % 3));
        const taken: number[] = [];
        for (const n of upTo(25)) {
          try {
            log.append([frame(n)]);
            taken.push(n);
            cursor.advance({ segment: 1, offset: SEGMENT_HEADER, index: 0, items: n });
          } catch (error) {
            expect(error).toBeInstanceOf(LogFullError);
          }
          if (n % 5 === 4) await clock.advance(250);
        }
        io.heal();
        log.append([frame(100)]);
        await log.commit();
        expect(readAll(log)).toEqual([...taken, 100]);
        await closeLog(log);
        log = openLog();
        expect(readAll(log)).toEqual([...taken, 100]);
        expect(log.cursor("c").position.items).toBe(taken.at(-1));
        await closeLog(log);
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
      }
    },
  );

  test("that did not confirm is not asked again: the bytes are written anew, under readers' eyes", async () => {
    const io = faultyFs();
    const log = openLog({ io });
    for (const n of upTo(3)) log.append([frame(n)]);
    await log.commit();
    const reader = log.reader({ segment: 1, offset: 0, index: 0, items: 0 });
    expect(reader.next()).toMatchObject({ first: 0 });
    log.append([frame(3)]);
    const before = statSync(join(folder, segments()[0]!)).ino;
    io.fail(0, "EIO", 1, ["syncLater"]);
    await log.commit();
    expect(log.stats.syncErrors).toBe(1);
    await clock.advance(250);
    await log.commit();
    expect(statSync(join(folder, segments()[0]!)).ino).not.toBe(before);
    log.append([frame(4)]);
    for (const n of [1, 2, 3, 4]) expect(reader.next()?.payload.readUInt32LE(0)).toBe(n);
    reader.close();
    expect(readAll(log)).toEqual(upTo(5));
  });

  test("commits come within the interval, and only when there is something to commit", async () => {
    const io = faultyFs();
    const log = openLog({ io, commitMs: 250 });
    log.append([frame(0)]);
    const before = io.calls;
    await clock.advance(249);
    expect(io.calls).toBe(before);
    await clock.advance(1);
    await log.commit();
    expect(io.calls).toBeGreaterThan(before);
    expect(clock.pending).toBe(0);
  });
});
