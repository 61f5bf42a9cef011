/** The pure parts of the engine, each by itself. */
import { describe, expect, test } from "vitest";
import type { Health } from "#src/component/define.ts";
import { leastHealthy } from "#src/runtime/health.ts";
import { cutBundle, originOf } from "#src/runtime/import-origin.ts";
import { createResources } from "#src/runtime/resources.ts";
import { createRestarts } from "#src/runtime/restart.ts";
import { ModuleScope, ScopeConflict } from "#src/runtime/scope.ts";
import { createSerial } from "#src/runtime/serial.ts";
import type { SourceDef } from "#src/source/define.ts";
import { textBundle } from "#test/kit/bundle.ts";

const health = (state: Health["state"], at: number): Health => ({ state, at, message: `${state} ${at}`, fault: "own" });

test("the least healthy wins, and among equals the most recent", () => {
  const all = [health("healthy", 9), health("unknown", 8), health("unhealthy", 1), health("unhealthy", 2)] as const;
  expect(leastHealthy(...all).message).toBe("unhealthy 2");
  expect(leastHealthy(...all, undefined, health("exited", 0)).message).toBe("exited 0");
  expect(leastHealthy(health("healthy", 1), health("healthy", 1)).at).toBe(1);
});

describe("shared resources", () => {
  const counted = () => {
    const events: string[] = [];
    return { events, open: () => (events.push("open"), { close: () => void events.push("close") }) };
  };

  test("are opened by the first and closed by the last, and a release counts once", async () => {
    const resources = createResources();
    const { events, open } = counted();
    const first = await resources.acquire("k", open);
    const second = await resources.acquire("k", open);
    expect(second.resource).toBe(first.resource);
    await first.release();
    await first.release();
    expect(resources.held).toEqual(new Map([["k", 1]]));
    await second.release();
    expect(events).toEqual(["open", "close"]);
    expect(resources.held.size).toBe(0);
  });

  test("are opened again only when they have been closed", async () => {
    const resources = createResources();
    const events: string[] = [];
    let finish: (() => void) | undefined;
    const slow = () => (events.push("open"), { close: () => new Promise<void>((done) => (finish = done)) });
    const first = await resources.acquire("k", slow);
    const released = first.release().then(() => events.push("closed"));
    await Promise.resolve();
    const second = resources.acquire("k", slow);
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual(["open"]);
    finish!();
    await Promise.all([released, second]);
    expect(events.filter((e) => e === "open").length).toBe(2);
  });

  test("that cannot be opened leave nothing behind", async () => {
    const resources = createResources();
    const fail = (): never => {
      throw new Error("in use");
    };
    await expect(resources.acquire("k", fail)).rejects.toThrow("in use");
    expect(resources.held.size).toBe(0);
    const { open } = counted();
    await (await resources.acquire("k", open)).release();
  });
});

describe("scopes", () => {
  test("nest ids, prefer their own, and take over what was staged", () => {
    const outer = new ModuleScope(undefined, new Map([["item", 1n]]));
    const scope = new ModuleScope(outer, new Map([["module_path", "/x"]]));
    scope.set("a.b.c", new Map([["v", "old"]]));
    scope.set("a.b.d", new Map());
    expect([...(scope.lookup("a") as Map<string, Map<string, unknown>>).get("b")!.keys()]).toEqual(["c", "d"]);
    expect([scope.lookup("module_path"), scope.lookup("item"), scope.lookup("none")]).toEqual(["/x", 1n, undefined]);
    const staged = new ModuleScope(undefined, new Map([["module_path", "/y"]]));
    staged.set("z", new Map());
    scope.adopt(staged);
    expect([scope.lookup("a"), scope.lookup("module_path"), scope.lookup("item")]).toEqual([undefined, "/y", 1n]);
  });

  test("refuse an id that runs through another one's exports, whichever came first", () => {
    const scope = new ModuleScope(undefined, new Map());
    scope.set("a.b", new Map());
    expect(() => scope.set("a.b.c", new Map())).toThrow(ScopeConflict);
    const other = new ModuleScope(undefined, new Map());
    other.set("a.b.c", new Map());
    expect(() => other.set("a.b", new Map())).toThrow(ScopeConflict);
  });
});

test("tasks run one after the other, whatever becomes of them", async () => {
  const serial = createSerial();
  const events: string[] = [];
  const failing = serial.run(async () => {
    await Promise.resolve();
    events.push("first");
    throw new Error("failed");
  });
  const second = serial.run(async () => void events.push("second"));
  await expect(failing).rejects.toThrow("failed");
  await second;
  expect(events).toEqual(["first", "second"]);
});

test("restarts come ever later, and soon again for who ran long", () => {
  const restarts = createRestarts();
  const delays = Array.from({ length: 20 }, () => restarts.next(0));
  expect(delays[0]).toBe(1_000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(60_000);
  expect(restarts.next(300_000)).toBe(1_000);
});

describe("where imported text lies", () => {
  const local = { modulePath: "/etc/invar", bundle: undefined, folder: "" };
  const def = (name: string) => ({ name }) as SourceDef;
  const file = textBundle([["m.alloy", ""]], "m.alloy");
  const folder = textBundle([["m.alloy", ""]], "");
  const deep = textBundle([["a/b/m.alloy", ""]], "a/b/m.alloy");

  test("module_path is the folder of a file, the folder itself, the root of a repository, what is around a text", () => {
    expect(originOf(def("file"), { filename: "/x/m.alloy" }, file, local)).toMatchObject({
      modulePath: "/x",
      bundle: undefined,
    });
    expect(originOf(def("file"), { filename: "/x" }, folder, local)).toMatchObject({ modulePath: "/x" });
    expect(originOf(def("git"), {}, deep, local)).toEqual({ modulePath: "/", bundle: deep, folder: "a/b" });
    expect(originOf(def("http"), { url: "https://h/a/m.alloy" }, file, local)).toMatchObject({
      modulePath: "https://h/a/",
    });
    expect(originOf(def("string"), {}, file, local)).toBe(local);
  });

  test("names in a bundle are cut out of it, and never lead outside", () => {
    const around = originOf(def("git"), {}, deep, local);
    const cut = (name: string): string => cutBundle(deep, around, name).entry;
    expect(cut("m.alloy")).toBe("a/b/m.alloy");
    expect(cut("../b/")).toBe("a/b");
    expect(cut("/a")).toBe("a");
    expect(cut("/")).toBe("");
    expect(() => cut("../../../m.alloy")).toThrow("outside of the bundle");
    expect(() => cut("x.alloy")).toThrow("is not in the bundle");
    expect(() => cut("/../../etc/passwd")).toThrow("is not in the bundle");
  });
});
