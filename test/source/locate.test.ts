import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findSource } from "#src/source/catalog.ts";
import { locate } from "#src/source/locate.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/invar-locate-`);
});
afterAll(() => rm(folder, { recursive: true }));

test("a path is a file source, whose module path is its folder", async () => {
  expect(await locate("conf/main.alloy")).toMatchObject({
    name: "conf/main.alloy",
    modulePath: "conf",
    args: { filename: "conf/main.alloy" },
  });
  expect(await locate("main.alloy")).toMatchObject({ modulePath: "." });
  expect(await locate(folder)).toMatchObject({ name: folder, modulePath: folder });
  expect(await locate("file:///etc/a%20b.alloy")).toMatchObject({ args: { filename: "/etc/a b.alloy" } });
});

test.each([
  ["git+https://host/r.git//a/b.alloy?ref=v1", "https://host/r.git", "a/b.alloy", "v1"],
  ["git+https://host/r.git", "https://host/r.git", "", ""],
  ["git+http://host:80/r//a%20b", "http://host:80/r", "a b", ""],
  ["git+file:///srv/r//x", "file:///srv/r", "x", ""],
  ["git+file:///srv/r?ref=feature%2Fx", "file:///srv/r", "", "feature/x"],
  ["git+ssh://git@host:22/r.git//d?ref=^1.2", "ssh://git@host:22/r.git", "d", "^1.2"],
  ["git+https://host/r//x?ref=1.0.0+b", "https://host/r", "x", "1.0.0+b"],
])("%s", async (text, repository, path, revision) => {
  const located = await locate(text);
  expect(located.def.name).toBe("git");
  expect(located.args).toMatchObject({ repository, path, revision });
  expect(located.modulePath).toBe("");
});

test("credentials become secrets and are never shown", async () => {
  const located = await locate("git+https://ann:p%40ss@host/r.git//x?ref=main");
  expect(located.name).toBe("git+https://host/r.git//x?ref=main");
  expect(JSON.stringify(located.args)).not.toContain("p@ss");
  const { basic_auth } = located.args as { basic_auth: { username: string; password: { reveal(): string } } };
  expect([basic_auth.username, basic_auth.password.reveal()]).toEqual(["ann", "p@ss"]);
});

test("a file behind https has the URL of its folder as module path, and credentials that are never shown", async () => {
  const located = await locate("https://ann:p%40ss@host/a/main.alloy?key=k3y");
  expect(located).toMatchObject({ name: "https://host/a/main.alloy?…", modulePath: "https://host/a/" });
  expect(located.def.name).toBe("http");
  expect(JSON.stringify(located.args)).not.toContain("p@ss");
  const { url, client } = located.args as {
    url: string;
    client: { follow_redirects: boolean; basic_auth: { username: string; password: { reveal(): string } } };
  };
  expect(url).toBe("https://host/a/main.alloy?key=k3y");
  expect([client.basic_auth.username, client.basic_auth.password.reveal()]).toEqual(["ann", "p@ss"]);
  expect(client.follow_redirects).toBe(true);
});

test.each([
  ["", /empty/],
  ["s3://bucket/key", /not supported yet/],
  ["https://host/r.git?ref=x", /git\+https:/],
  ["https://", /absolute URL/],
  ["http://h:99999/x.alloy", /absolute URL/],
  ["oci://host/x", /not supported yet/],
  ["git://host/x", /git\+https:/],
  ["ssh://host/x", /git\+ssh:/],
  ["git+ext://sh", /not a kind of source/],
  ["ftp://host/x", /not a kind of source/],
  ["git@host:r.git", /git\+ssh:/],
  ["git+https://host/r?branch=x", /"branch"/],
  ["git+https://host/r?ref=", /empty "ref"/],
  ["git+https://host/r?ref=a..b", /invalid revision/],
  ["git+https://host/r//%zz", /percent/],
  ["git+file://host/r", /cannot have a host/],
])("%j is refused with what to do", async (text, message) => {
  await expect(locate(text)).rejects.toThrow(message);
});

test("sources are found by name, and nothing else is loaded", async () => {
  for (const name of ["file", "string", "git", "http"]) expect((await findSource(name))?.name).toBe(name);
  for (const name of ["nope", "_watch", "_git/http", "../src/main", "git.ts", "FILE", ""]) {
    expect(await findSource(name)).toBeUndefined();
  }
});
