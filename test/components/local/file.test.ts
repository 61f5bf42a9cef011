import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import file from "#components/local/file.ts";
import type { Infer } from "#src/schema/field.ts";
import { systemClock } from "#src/util/clock.ts";
import { OptionalSecret } from "#src/value/secret.ts";
import { fakeContext } from "#test/kit/context.ts";
import { defaults } from "#test/kit/defaults.ts";

type Args = Infer<typeof file.args>;
type Exports = Infer<typeof file.exports>;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "invar-local-file-"))));
afterEach(() => rmSync(folder, { recursive: true }));

// Files change in real time.
const realTime = { ...systemClock, advance: () => Promise.resolve(), pending: 0 };
const context = () => fakeContext<Exports>({ id: "local.file.x", clock: realTime });
const args = (changes: Partial<Args>): Args => ({ ...defaults(file.args), ...changes });
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return path;
};

test("exports the content, follows changes, and says so when the file is gone", async () => {
  const filename = write("a", "one\n");
  const ctx = context();
  const instance = await file.create(args({ filename }), ctx);
  await instance.start?.();
  expect(ctx.exported.content?.asString()).toBe("one\n");
  write("a", "two");
  await vi.waitFor(() => expect(ctx.exported.content?.asString()).toBe("two"), 10_000);
  rmSync(filename);
  await vi.waitFor(() => expect(ctx.healths.at(-1)).toMatchObject({ state: "unhealthy", fault: "world" }), 10_000);
  expect(ctx.exported.content?.asString()).toBe("two");
  write("a", "three");
  await vi.waitFor(() => expect(ctx.exported.content?.asString()).toBe("three"), 10_000);
  expect(ctx.healths.at(-1)?.state).toBe("healthy");
  await instance.stop?.();
  ctx.dispose();
});

test("a secret file's content is never seen", async () => {
  const filename = write("token", "canary");
  const ctx = context();
  const instance = await file.create(args({ filename, is_secret: true }), ctx);
  const { content } = ctx.exported;
  expect(content).toBeInstanceOf(OptionalSecret);
  expect(content?.reveal()).toBe("canary");
  expect(JSON.stringify([content, ctx.lines, ctx.healths, instance.debug?.()])).not.toContain("canary");
  await instance.stop?.();
  ctx.dispose();
});

test("a file that cannot be read refuses the instance or the update, and changes nothing", async () => {
  const ctx = context();
  await expect(file.create(args({ filename: join(folder, "none") }), ctx)).rejects.toThrow(/no such file/);
  await expect(file.create(args({ filename: folder }), ctx)).rejects.toThrow(/folder/);
  const instance = await file.create(args({ filename: write("a", "kept") }), ctx);
  await expect(instance.update!(args({ filename: join(folder, "none") }))).rejects.toThrow(/no such file/);
  expect(ctx.exported.content?.asString()).toBe("kept");
  const prepared = await instance.update!(args({ filename: write("b", "next") }));
  expect(ctx.exported.content?.asString()).toBe("kept");
  if (typeof prepared === "function") throw new Error("exports follow from the arguments");
  expect(prepared.exports?.content?.asString()).toBe("next");
  prepared.apply();
  write("b", "later");
  await vi.waitFor(() => expect(ctx.exported.content?.asString()).toBe("later"), 10_000);
  await instance.stop?.();
  ctx.dispose();
});
