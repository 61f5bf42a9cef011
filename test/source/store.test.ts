import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkPath, digestFiles, makeBundle, readEntry } from "#src/source/bundle.ts";
import type { Bundle } from "#src/source/define.ts";
import { lockFolder } from "#src/source/lock.ts";
import { openRevisionStore, sourceKey } from "#src/source/store.ts";
import { Secret } from "#src/value/secret.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

function bundle(id: string, files: Record<string, string> = { "a.alloy": id }): Bundle {
  const entries = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  return makeBundle({ id, at: new Date(1e12), note: "why", entry: "", files: new Map(entries) });
}

test("what is saved comes back whole, newest first, and old ones are removed", async () => {
  const slot = openRevisionStore(folder, { keep: 3 }).slot("s");
  expect(await slot.load()).toBeUndefined();
  for (let id = 1; id <= 6; id++) await slot.save(bundle(String(id), { "a.alloy": `${id}`, "lib/b.alloy": "" }));
  const loaded = await openRevisionStore(folder).slot("s").load();
  expect(loaded).toEqual(bundle("6", { "a.alloy": "6", "lib/b.alloy": "" }));
  const names = await readdir(join(folder, "s"));
  expect(names).toHaveLength(3);
  for (const name of names) expect((await stat(join(folder, "s", name))).mode & 0o077).toBe(0);
});

test("saving the newest again writes nothing", async () => {
  const slot = openRevisionStore(folder).slot("s");
  await Promise.all([slot.save(bundle("1")), slot.save(bundle("1"))]);
  expect(await readdir(join(folder, "s"))).toHaveLength(1);
});

test("a file cut or flipped anywhere is never taken for a bundle", async () => {
  const slot = openRevisionStore(folder).slot("s");
  await slot.save(bundle("old"));
  const old = (await readdir(join(folder, "s")))[0]!;
  await slot.save(bundle("new"));
  const newest = (await readdir(join(folder, "s"))).find((name) => name !== old)!;
  const path = join(folder, "s", newest);
  const whole = await readFile(path);
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole);
    flipped[at]! ^= 0x20;
    for (const damaged of [whole.subarray(0, at), flipped]) {
      await writeFile(path, damaged);
      expect((await slot.load())?.revision.id).toBe("old");
    }
  }
  await writeFile(path, whole);
  expect((await slot.load())?.revision.id).toBe("new");
});

test("what an interrupted save left is passed over and removed by the next one", async () => {
  const slot = openRevisionStore(folder).slot("s");
  await slot.save(bundle("1"));
  await writeFile(join(folder, "s", "0000000002-0123456789abcdef.bundle.x.tmp"), "half");
  expect((await slot.load())?.revision.id).toBe("1");
  await slot.save(bundle("2"));
  expect((await readdir(join(folder, "s"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("the key of a source depends on its arguments and on no secret", () => {
  const args = {
    url: "https://u:one@h/r",
    token: new Secret("one"),
    map: new Map([
      ["b", 1],
      ["a", 2],
    ]),
    none: undefined,
  };
  const same = {
    map: new Map([
      ["a", 2],
      ["b", 1],
    ]),
    token: new Secret("two"),
    url: "https://u:two@h/r",
  };
  expect(sourceKey("git", args)).toBe(sourceKey("git", same));
  expect(sourceKey("git", args)).toMatch(/^git-[0-9a-f]{32}$/);
  expect(sourceKey("git", { ...args, url: "https://h/other" })).not.toBe(sourceKey("git", args));
});

test("a second process on a folder is refused with the pid of the first, and may follow it", () => {
  const state = join(folder, "state");
  const lock = lockFolder(state);
  expect(() => lockFolder(state)).toThrow(`in use by process ${process.pid}`);
  const script = `import { lockFolder } from "#src/source/lock.ts";
    try { lockFolder(process.argv[1]); console.log("taken"); } catch (error) { console.log(error.message); }`;
  const other = (): string =>
    execFileSync(process.execPath, ["--input-type=module", "-e", script, state], {
      cwd: join(import.meta.dirname, "..", ".."),
      encoding: "utf8",
    });
  expect(other()).toContain(`in use by process ${process.pid}`);
  lock.release();
  // The other process ends without releasing; its lock falls with it.
  expect(other()).toBe("taken\n");
  lockFolder(state).release();
});

test("paths that are not plain and relative are refused", () => {
  for (const path of ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\\b", "a\0b", ".."]) {
    expect(() => checkPath(path), path).toThrow(/refused/);
  }
  checkPath("a/b.c/..d/…");
  expect(() => checkPath("a/".repeat(100) + "b")).toThrow(/deep/);
});

test("limits hold for count, size of a file and size of all", () => {
  const files = new Map([
    ["a", Buffer.alloc(5)],
    ["b", Buffer.alloc(5)],
  ]);
  const make = (limits: object) =>
    makeBundle(
      { id: "1", at: new Date(0), entry: "", files },
      { files: 2, bytes: 10, fileBytes: 5, depth: 2, ...limits },
    );
  make({});
  for (const limits of [{ files: 1 }, { bytes: 9 }, { fileBytes: 4 }]) {
    expect(() => make(limits)).toThrow(expect.objectContaining({ kind: "limit" }));
  }
});

test("the digest depends on names, bytes and their borders, not on order", () => {
  const digest = (...files: [string, string][]) => digestFiles(new Map(files.map(([p, t]) => [p, Buffer.from(t)])));
  expect(digest(["a", "1"], ["b", "2"])).toBe(digest(["b", "2"], ["a", "1"]));
  expect(digest(["a", "12"])).not.toBe(digest(["a1", "2"]));
  expect(digest(["a", "1"], ["b", ""])).not.toBe(digest(["a", ""], ["b", "1"]));
});

test("an entry is a file, or the .alloy files right in a folder", () => {
  const all = bundle("1", { "a.alloy": "", "d/b.alloy": "", "d/c.txt": "", "d/e/f.alloy": "", "g.river": "" });
  const names = (path?: string) => readEntry(all, path)?.map((file) => file.path);
  expect(names()).toEqual(["a.alloy"]);
  expect(names("d")).toEqual(["d/b.alloy"]);
  expect(names("g.river")).toEqual(["g.river"]);
  expect(names("nothing")).toBeUndefined();
});
