/** What commits may hold and how revisions are found, on repositories that are read in place. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Bundle } from "#src/source/define.ts";
import { createRepo, treeEntry, writeObject, type TestRepo } from "#test/kit/git-repo.ts";
import { checkSource, fetchNew, names, openTestSource, textOf } from "#test/kit/source.ts";

let folder: string;
let repo: TestRepo;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-git-"));
  repo = await createRepo(join(folder, "repo"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(args: Readonly<Record<string, unknown>> = {}): Promise<Bundle> {
  const all = { repository: repo.path, path: "main.alloy", ...args };
  return fetchNew(await openTestSource("git", all, join(folder, "data")));
}

const versionOf = async (args: Readonly<Record<string, unknown>>) => textOf(await read(args), "main.alloy");

test("a bundle has the entry, all .alloy files beside it, and the commit's id, time and subject", async () => {
  const files = { "app/main.alloy": "m", "app/notes.md": "n", "lib/x/y.alloy": "y", "lib/x/y.txt": "t" };
  const commit = await repo.commit(files, "Say why\n\nand more");
  const bundle = await read({ path: "app" });
  expect(names(bundle)).toEqual(["app/main.alloy", "lib/x/y.alloy"]);
  expect(bundle).toMatchObject({ entry: "app", revision: { id: commit, note: "Say why" } });
  expect((await read({ path: "/app/./notes.md/" })).entry).toBe("app/notes.md");
  expect(names(await read({ path: "app/notes.md" }))).toContain("app/notes.md");
});

test("revisions are tags, branches, commits, their beginnings, and refs written out", async () => {
  const first = await repo.commit({ "main.alloy": "1" });
  await repo.git("tag", "light");
  await repo.git("tag", "-a", "annotated", "-m", "note");
  await repo.git("tag", "-a", "of-a-tag", "-m", "note", "annotated");
  await repo.git("branch", "feature/a");
  await repo.commit({ "main.alloy": "2" });
  await repo.git("branch", "both");
  await repo.git("tag", "both", "HEAD~1");
  for (const revision of [
    "light",
    "annotated",
    "of-a-tag",
    "feature/a",
    "refs/heads/feature/a",
    first,
    first.slice(0, 8),
    "both",
  ]) {
    expect(await versionOf({ revision }), revision).toBe("1");
  }
  for (const revision of ["main", "refs/heads/both", "", undefined]) expect(await versionOf({ revision })).toBe("2");
  expect((await read({ revision: "of-a-tag" })).revision.id).toBe(first);
  await repo.git("gc", "--quiet");
  for (const revision of ["light", "annotated", "of-a-tag", "feature/a", first.slice(0, 8)]) {
    expect(await versionOf({ revision }), `${revision}, packed`).toBe("1");
  }
});

test("a revision that is not there is an error of kind not-found", async () => {
  await repo.commit({ "main.alloy": "1" });
  for (const revision of ["nope", "abcdef0", "a".repeat(40), "^9"]) {
    await expect(read({ revision }), revision).rejects.toMatchObject({ kind: "not-found" });
  }
});

test("without a revision it is main, or the default branch where there is no main", async () => {
  await repo.commit({ "main.alloy": "main" });
  await repo.git("checkout", "--quiet", "-b", "trunk");
  await repo.commit({ "main.alloy": "trunk" });
  expect(await versionOf({})).toBe("main");
  expect(await versionOf({ revision: "" })).toBe("trunk");
  await repo.git("branch", "-D", "main");
  expect(await versionOf({})).toBe("trunk");
  await expect(read({ revision: "main" })).rejects.toMatchObject({ kind: "not-found" });
});

test("a branch that was followed and is deleted is an error, never another ref", async () => {
  await repo.commit({ "main.alloy": "1" });
  await repo.git("checkout", "--quiet", "-b", "other");
  const source = await openTestSource("git", { repository: repo.path, path: "main.alloy" }, folder);
  const { revision } = await fetchNew(source);
  await repo.git("branch", "-D", "main");
  await expect(fetchNew(source, revision)).rejects.toThrow('no branch "main" any more');
});

test("a range takes the highest version among the tags", async () => {
  for (const version of ["v1.0.0", "v1.2.0", "1.10.1", "v2.0.0-rc.1", "v0.3.4", "not-a-version"]) {
    await repo.commit({ "main.alloy": version });
    await repo.git("tag", version);
  }
  const expected = {
    "^1.0": "1.10.1",
    "~1.2": "v1.2.0",
    ">=1 <1.5": "v1.2.0",
    "*": "1.10.1",
    "^2.0.0-0": "v2.0.0-rc.1",
  };
  for (const [revision, version] of Object.entries(expected))
    expect(await versionOf({ revision }), revision).toBe(version);
  const source = await openTestSource("git", { repository: repo.path, path: "main.alloy", revision: "^1" }, folder);
  const { revision } = await fetchNew(source);
  await repo.commit({ "main.alloy": "v1.11.0" });
  expect(await source.fetch(revision, new AbortController().signal)).toBe("unchanged");
  await repo.git("tag", "-a", "v1.11.0", "-m", "release");
  expect(textOf(await fetchNew(source, revision), "main.alloy")).toBe("v1.11.0");
});

test("bare repositories, linked work trees, borrowed objects and packs are read in place", async () => {
  await repo.commit({ "main.alloy": "1" });
  await repo.commit({ "main.alloy": `${"x".repeat(5000)}2` });
  await repo.commit({ "main.alloy": `${"x".repeat(5000)}3` });
  const path = (name: string): string => join(folder, name);
  await repo.git("clone", "--quiet", "--bare", repo.path, path("bare"));
  await repo.git("clone", "--quiet", "--shared", repo.path, path("shared"));
  await repo.git("worktree", "add", "--quiet", "-b", "side", path("tree"), "HEAD~2");
  await repo.git("-C", path("bare"), "repack", "-adfq");
  for (const repository of ["bare", "shared"].map(path)) {
    expect((await versionOf({ repository }))?.slice(-1)).toBe("3");
  }
  expect(await versionOf({ repository: path("tree"), revision: "" })).toBe("1");
  expect((await versionOf({ repository: `file://${path("tree")}`, revision: "main" }))?.slice(-1)).toBe("3");
});

test("links within the repository are followed, through folders and one another", async () => {
  await repo.commit({
    "shared/base.alloy": "base",
    "app/main.alloy": { link: "../shared/base.alloy" },
    "app/lib": { link: "../shared" },
    current: { link: "app" },
    again: { link: "current" },
  });
  const bundle = await read({ path: "again" });
  expect(textOf(bundle, "again/main.alloy")).toBe("base");
  expect(textOf(bundle, "again/lib/base.alloy")).toBe("base");
  expect(textOf(await read({ path: "again/lib/base.alloy" }), "again/lib/base.alloy")).toBe("base");
});

test.each([
  ["to an absolute path", { "main.alloy": { link: "/etc/passwd" } }, "main.alloy", /outside of the repository/],
  ["upwards", { "a/main.alloy": { link: "../../secret" } }, "a/main.alloy", /outside of the repository/],
  ["upwards in a folder", { "a/b.alloy": { link: "../../x" }, "a/c.alloy": "" }, "a", /outside of the repository/],
  ["by way of a folder", { d: { link: "../.." }, "e.alloy": "" }, "d/etc", /outside of the repository/],
  ["to itself", { "main.alloy": { link: "main.alloy" } }, "main.alloy", /circle/],
  ["in a circle", { "a.alloy": { link: "b.alloy" }, "b.alloy": { link: "a.alloy" } }, "a.alloy", /circle/],
  ["to nothing in a folder", { "a/b.alloy": { link: "none" }, "a/c.alloy": "" }, "a", /leads to nothing/],
])("a link that leads %s is refused where it is asked for", async (_, files, path, message) => {
  await repo.commit(files);
  await expect(read({ path })).rejects.toMatchObject({ kind: "content", message });
});

test("a link that leads outside or in a circle elsewhere is left out", async () => {
  await repo.commit({
    "main.alloy": "m",
    "x/out.alloy": { link: "/etc/passwd" },
    "x/up": { link: "../../.." },
    "x/round": { link: "../x" },
    "x/ok.alloy": "ok",
  });
  expect(names(await read())).toEqual(["main.alloy", "x/ok.alloy"]);
});

test("paths that lead out of the repository, or to nothing, are errors", async () => {
  await repo.commit({ "main.alloy": "m", "docs/a.md": "d" });
  await expect(read({ path: "../main.alloy" })).rejects.toMatchObject({ kind: "content" });
  await expect(read({ path: "docs/../../x" })).rejects.toMatchObject({ kind: "content" });
  await expect(read({ path: "none.alloy" })).rejects.toMatchObject({ kind: "not-found" });
  await expect(read({ path: "main.alloy/x" })).rejects.toMatchObject({ kind: "not-found" });
  await expect(read({ path: "docs" })).rejects.toMatchObject({ kind: "content", message: /no \.alloy file/ });
});

test.each(["..", ".", ".git", ".GIT", "git~1", "a/b", ""])(
  "a forged folder with the name %j is refused",
  async (name) => {
    const blob = writeObject(repo, "blob", "x");
    const tree = writeObject(repo, "tree", treeEntry("100644", name, blob));
    const root = writeObject(
      repo,
      "tree",
      Buffer.concat([treeEntry("100644", "main.alloy", blob), treeEntry("40000", "sub", tree)]),
    );
    const author = "A <a@b> 1 +0000";
    const commit = writeObject(repo, "commit", `tree ${root}\nauthor ${author}\ncommitter ${author}\n\nx\n`);
    await repo.git("update-ref", "refs/heads/main", commit);
    await expect(read()).rejects.toMatchObject({ kind: "content", message: /refused/ });
  },
);

test("submodules and pointers to Git LFS are not followed", async () => {
  const commit = await repo.commit({
    "main.alloy": "m",
    "big.alloy": "version https://git-lfs.github.com/spec/v1\noid x\n",
  });
  await expect(read({ path: "big.alloy" })).rejects.toThrow(/Git LFS/);
  await repo.commit({ "big.alloy": null });
  await repo.git("update-index", "--add", "--cacheinfo", `160000,${commit},sub`);
  await repo.git("commit", "--quiet", "-m", "sub");
  expect(names(await read())).toEqual(["main.alloy"]);
  for (const path of ["sub", "sub/main.alloy"]) await expect(read({ path })).rejects.toThrow(/submodule/);
});

test("counts, sizes and depth are bounded", async () => {
  const limits = { transfer: 1 << 20, entries: 100, files: 3, file_size: 1000 };
  const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`f${index}.alloy`, String(index)]));
  await repo.commit({ "main.alloy": "m", "deep/a/b/c.alloy": "c" });
  expect(names(await read({ limits }))).toHaveLength(2);
  await repo.commit(many);
  await expect(read({ limits })).rejects.toMatchObject({ kind: "limit" });
  await expect(read({ limits: { ...limits, files: 100, entries: 5 } })).rejects.toMatchObject({ kind: "limit" });
  await repo.commit({ "main.alloy": "x".repeat(1001) });
  await expect(read({ limits: { ...limits, files: 100 } })).rejects.toMatchObject({
    kind: "limit",
    message: /1001 bytes/,
  });
  await repo.git("gc", "--quiet");
  await expect(read({ limits: { ...limits, files: 100 } })).rejects.toMatchObject({
    kind: "limit",
    message: /1001 bytes/,
  });
  await repo.commit({ "main.alloy": "m", [`${"d/".repeat(70)}x.alloy`]: "x" });
  await expect(read()).rejects.toMatchObject({ kind: "limit", message: /deep/ });
});

test("damage in the object store is an error, not wrong content", async () => {
  await repo.commit({ "main.alloy": "one" });
  const blob = await repo.git("rev-parse", "HEAD:main.alloy");
  const other = writeObject(repo, "blob", "two");
  const path = (oid: string): string => join(repo.path, ".git", "objects", oid.slice(0, 2), oid.slice(2));
  await repo.git("cat-file", "-e", other);
  await rm(path(blob));
  await mkdir(join(path(blob), ".."), { recursive: true });
  const { readFile } = await import("node:fs/promises");
  await writeFile(path(blob), await readFile(path(other)));
  await expect(read()).rejects.toMatchObject({ kind: "content", message: /damaged/ });
});

test("what is no repository, is empty, or of another format, says so", async () => {
  await expect(read()).rejects.toMatchObject({ kind: "not-found", message: /empty/ });
  await mkdir(join(folder, "plain"));
  await expect(read({ repository: join(folder, "plain") })).rejects.toMatchObject({
    kind: "not-found",
    message: /not a git/,
  });
  await repo.git("init", "--quiet", "--object-format=sha256", join(folder, "sha256"));
  await expect(read({ repository: join(folder, "sha256") })).rejects.toMatchObject({
    kind: "content",
    message: /SHA-256/,
  });
});

test.each([
  "ext::sh -c touch% /tmp/x",
  "EXT::sh",
  "fd::17/foo",
  "--upload-pack=touch /tmp/x",
  "-oProxyCommand=x",
  "ssh://-oProxyCommand=x/y",
  "ssh://ann@-oProxyCommand=x/y",
  "ssh://-l@host/y",
  "-x@host:y",
  "ann@-host:y",
  "host:-y",
  "ssh://host/~/-y",
  "ssh://host/a%0ab",
  "ssh://host/a%00b",
  "ssh://ann:pass@host/y",
  "https://host/a\nb",
  "git://host/y",
  "ftp://host/y",
  "file://host/y",
  "https://host/y#main",
  "https://",
  "",
])("repository %j is refused", async (repository) => {
  expect(await checkSource("git", { repository, path: "a" })).toEqual([expect.stringMatching(/^repository: ./)]);
});

test.each([
  "-x",
  "HEAD",
  "FETCH_HEAD",
  "a..b",
  "a b",
  "a\nb",
  "refs/../x",
  "x.lock",
  "a~1",
  "a^",
  "@",
  "^x.y",
  ">= 1 | 2",
])("revision %j is refused", async (revision) => {
  expect(await checkSource("git", { repository: "/r", path: "a", revision })).toEqual([
    expect.stringMatching(/^revision: invalid revision/),
  ]);
});
