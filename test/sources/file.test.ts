import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findSource } from "#src/source/catalog.ts";
import type { Feed } from "#src/source/feed.ts";
import { openSource } from "#src/source/open.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import { systemClock } from "#src/util/clock.ts";
import { silentLogger } from "#src/util/log.ts";
import { OptionalSecret } from "#src/value/secret.ts";
import { checkSource, fetchNew, names, openTestSource, textOf } from "#test/kit/source.ts";

let folder: string;
let feed: Feed | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-file-"));
});
afterEach(async () => {
  await feed?.close();
  feed = undefined;
  await rm(folder, { recursive: true });
});

async function open(filename: string, over: object = {}): Promise<string[]> {
  const def = (await findSource("file"))!;
  const args = { ...defaultsOf(def.args), filename, ...over };
  feed = await openSource(def, args, { clock: systemClock, log: silentLogger, dataDir: folder, store: undefined });
  const seen: string[] = [];
  feed.subscribe(
    (bundle) => bundle && seen.push([...bundle.files].map(([p, c]) => `${p}=${String(Buffer.from(c))}`).join()),
  );
  await vi.waitFor(() => expect(feed!.status().nextAttemptAt).toBeDefined());
  return seen;
}

test.each(["file", "folder"])("a swap as Kubernetes mounts do it is one change of a %s", async (kind) => {
  const publish = async (version: string): Promise<void> => {
    await mkdir(join(folder, `..${version}`));
    await writeFile(join(folder, `..${version}`, "main.alloy"), version);
    await symlink(`..${version}`, join(folder, "..data_tmp"));
    await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  await publish("one");
  await symlink("..data/main.alloy", join(folder, "main.alloy"));
  const seen = await open(kind === "file" ? join(folder, "main.alloy") : folder);
  let last = "one";
  for (const version of ["two", "three", "four"]) {
    await publish(version);
    await rm(join(folder, `..${last}`), { recursive: true });
    await vi.waitFor(() => expect(seen.at(-1)).toBe(`main.alloy=${version}`), { timeout: 10_000 });
    last = version;
  }
  expect(seen).toEqual(["two", "three", "four"].map((version) => `main.alloy=${version}`));
});

test("a link to a folder that is led elsewhere is a change", async () => {
  for (const version of ["one", "two"]) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, "main.alloy"), version);
  }
  await symlink("one", join(folder, "current"));
  const seen = await open(join(folder, "current"));
  await symlink("two", join(folder, "next"));
  await rename(join(folder, "next"), join(folder, "current"));
  await vi.waitFor(() => expect(seen).toEqual(["main.alloy=two"]), { timeout: 10_000 });
});

test("a file that an editor replaces is seen, time and again, and a write without a change is none", async () => {
  const path = join(folder, "main.alloy");
  await writeFile(path, "one");
  const seen = await open(path);
  for (const text of ["two", "three"]) {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    await vi.waitFor(() => expect(seen.at(-1)).toBe(`main.alloy=${text}`), { timeout: 10_000 });
  }
  await writeFile(path, "three");
  await feed!.refresh();
  expect(seen).toEqual(["main.alloy=two", "main.alloy=three"]);
});

test("files that come to a folder, and leave it, are seen", async () => {
  await writeFile(join(folder, "a.alloy"), "a");
  await writeFile(join(folder, "notes.txt"), "no");
  await mkdir(join(folder, "sub.alloy"));
  const seen = await open(folder);
  await writeFile(join(folder, "b.alloy"), "b");
  await vi.waitFor(() => expect(seen.at(-1)).toBe("a.alloy=a,b.alloy=b"), { timeout: 10_000 });
  await rm(join(folder, "a.alloy"));
  await vi.waitFor(() => expect(seen.at(-1)).toBe("b.alloy=b"), { timeout: 10_000 });
});

test("a file that is gone is an error, what ran goes on, and it is seen when it comes back", async () => {
  const path = join(folder, "main.alloy");
  await writeFile(path, "one");
  const seen = await open(path, { poll_frequency: 50, detector: "poll" });
  await rm(path);
  await vi.waitFor(() => expect(feed!.status().error?.kind).toBe("not-found"), { timeout: 10_000 });
  expect(textOf(feed!.current, "main.alloy")).toBe("one");
  await writeFile(path, "two");
  await vi.waitFor(() => expect(seen).toEqual(["main.alloy=two"]), { timeout: 10_000 });
});

test("a folder without configuration, a device and a missing path are errors", async () => {
  const open = (filename: string) => openTestSource("file", { filename }, folder);
  await mkdir(join(folder, "empty"));
  await expect(fetchNew(await open(join(folder, "empty")))).rejects.toMatchObject({ kind: "content" });
  await expect(fetchNew(await open("/dev/zero"))).rejects.toMatchObject({ kind: "content" });
  await expect(fetchNew(await open(join(folder, "none")))).rejects.toMatchObject({ kind: "not-found" });
});

test("a poll frequency that would not let go is refused", async () => {
  expect(await checkSource("file", { filename: "a", poll_frequency: 0 })).toEqual([
    "poll_frequency: poll_frequency must be greater than 0",
  ]);
});

test("a string is a bundle of one file, and is never kept on disk", async () => {
  const source = await openTestSource("string", { content: new OptionalSecret("declare", true) }, folder);
  const bundle = await fetchNew(source);
  expect(names(bundle)).toEqual([bundle.entry]);
  expect(textOf(bundle, bundle.entry)).toBe("declare");
  expect(await source.fetch(bundle.revision, new AbortController().signal)).toBe("unchanged");
  expect((await findSource("string"))!.transient).toBe(true);
});
