/** Imports: what they bring, when it changes, and that bad content never disturbs what runs (specification 5.4). */
import { expect, test } from "vitest";
import type { Bundle, SourceDef } from "#src/source/define.ts";
import type { Feed } from "#src/source/feed.ts";
import { SourceError } from "#src/source/define.ts";
import { textBundle } from "#test/kit/bundle.ts";
import { feedOpener, testEngine, type TestEngineOptions } from "#test/kit/engine.ts";
import { createLedger } from "#test/kit/ledger.ts";

const GRACE = 10_000;

/** A source of bundles in the hands of the test, behind `import.git`. */
interface Origin {
  push(bundle: Bundle): void;
  fail(message: string): void;
  readonly applied: readonly string[];
  readonly open: number;
  lastGood: Bundle | undefined;
}

function start(options: Partial<TestEngineOptions> = {}) {
  const ledger = createLedger();
  const origins = new Map<string, Origin & { bundle: Bundle; error: Error | undefined }>();
  const listeners = new Map<string, Set<() => void>>();
  const open = new Map<string, number>();
  const applied = new Map<string, string[]>();
  const count = (name: string, by: number): void => void open.set(name, (open.get(name) ?? 0) + by);

  const originOf = (name: string) => {
    let origin = origins.get(name);
    if (origin === undefined) {
      applied.set(name, []);
      origins.set(
        name,
        (origin = {
          bundle: textBundle([]),
          error: undefined,
          lastGood: undefined,
          push(bundle) {
            this.bundle = bundle;
            this.error = undefined;
            for (const tell of listeners.get(name) ?? []) tell();
          },
          fail(message) {
            this.error = new SourceError("network", message);
            for (const tell of listeners.get(name) ?? []) tell();
          },
          applied: applied.get(name)!,
          get open() {
            return open.get(name) ?? 0;
          },
        }),
      );
    }
    return origin;
  };

  const openFeed = async (def: SourceDef, args: unknown, ctx: Parameters<ReturnType<typeof feedOpener>>[2]) => {
    if (def.name !== "git") return feedOpener(t.clock, t.storage)(def, args as never, ctx);
    const name = (args as { readonly repository: string }).repository;
    const origin = originOf(name);
    if (origin.error !== undefined) throw origin.error;
    count(name, 1);
    let told: (() => void) | undefined;
    const feed: Feed = {
      get current() {
        return origin.bundle;
      },
      status: () => ({
        name,
        revision: origin.bundle.revision.id,
        digest: origin.bundle.revision.digest,
        fetchedAt: 0,
        stale: false,
        error: origin.error && { kind: "network", message: origin.error.message, at: t.clock.now() },
        nextAttemptAt: undefined,
      }),
      subscribe(listener) {
        told = () => listener(origin.bundle);
        listeners.set(name, (listeners.get(name) ?? new Set()).add(told));
        return () => void listeners.get(name)?.delete(told!);
      },
      refresh: () => Promise.resolve(),
      applied: async (bundle) => void applied.get(name)!.push(bundle.revision.digest),
      lastGood: async () => origin.lastGood,
      async close() {
        count(name, -1);
        if (told !== undefined) listeners.get(name)?.delete(told);
      },
    };
    return feed;
  };
  const t = testEngine({ components: ledger.components, openFeed: openFeed as never, ...options });
  return { ledger, origin: originOf, ...t };
}

const library = (value: string, more = ""): Bundle =>
  textBundle(
    [
      [
        "lib/m.alloy",
        `declare "m" {
  argument "to" {
    optional = true
    default  = []
  }
  test.part "p" { value = "${value}" }
  test.relay "r" { forward_to = argument.to.value }
  export "receiver" { value = test.relay.r.receiver }
  export "value" { value = test.part.p.value }
}
${more}`,
      ],
    ],
    "lib",
  );

const main = `import.git "lib" {
  repository = "https://git.example.com/lib.git"
  path       = "lib"
}
lib.m "i" { to = [test.sink.k.receiver] }
test.sink "k" { }
test.source "s" { forward_to = [lib.m.i.receiver] }
test.part "q" { value = lib.m.i.value }`;
const REPO = "https://git.example.com/lib.git";

async function running(options?: Partial<TestEngineOptions>) {
  const t = start(options);
  t.origin(REPO).push(library("1"));
  await t.run(main);
  await t.clock.advance(GRACE);
  t.ledger.events.length = 0;
  return t;
}

test("new content updates what uses it, and all that follows, in one step", async () => {
  const t = await running();
  t.origin(REPO).push(library("2"));
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("2");
  expect(t.ledger.events).toEqual(["update p", "update q"]);
  expect(t.last("import.git.lib")).toMatchObject({ number: 1, verdict: "healthy", cause: "source" });
  expect(t.last("import.git.lib").steps.map((step) => `${step.do} ${step.node}`)).toEqual([
    "update import.git.lib",
    "update lib.m.i/test.part.p",
    "update test.part.q",
  ]);
  await t.clock.advance(100);
  expect(t.ledger.arrived.map(({ n }) => n)).toEqual(t.ledger.sent);
});

test.each([
  ["text that does not parse", textBundle([["lib/m.alloy", "declare {"]], "lib")],
  ["a block that modules may not hold", textBundle([["lib/m.alloy", `test.part "x" { }`]], "lib")],
  ["a definition that is gone", textBundle([["lib/m.alloy", `declare "other" { }`]], "lib")],
  ["a folder that is gone", textBundle([["else/m.alloy", ""]], "lib")],
])("%s is refused; what runs goes on, and the next good content is taken", async (_, bad) => {
  const t = await running();
  t.origin(REPO).push(bad);
  await t.settle();
  expect(t.ledger.events).toEqual([]);
  expect(t.exported("test.part.q", "value")).toBe("1");
  expect(t.health("import.git.lib")).toBe("unhealthy");
  expect(t.last("import.git.lib")).toMatchObject({ verdict: "refused" });
  expect(t.last("import.git.lib").diagnostics.length).toBeGreaterThan(0);
  // A reload of the root does not stumble over it either.
  await t.run(`${main}\ntest.part "extra" { }`);
  t.origin(REPO).push(library("3"));
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("3");
  expect(t.health("import.git.lib")).toBe("healthy");
  await t.clock.advance(100);
  expect(t.ledger.arrived.map(({ n }) => n)).toEqual(t.ledger.sent);
});

test("what is wrong with a component that nobody uses is nobody's business", async () => {
  const t = await running();
  t.origin(REPO).push(library("2", `declare "unused" {\n  test.part "x" { value = nope.x }\n}`));
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("2");
});

test("a failure while instances are built leaves them as they are", async () => {
  const t = await running();
  t.ledger.faults.set("q", "update");
  t.origin(REPO).push(library("2"));
  await t.settle();
  expect(t.exported("lib.m.i", "value")).toBe("1");
  expect(t.ledger.events).toEqual(["discard update p"]);
  expect(t.health("import.git.lib")).toBe("unhealthy");
});

test("content that gets worse by its own fault is called back", async () => {
  const t = await running({ grace: GRACE });
  t.origin(REPO).push(library("2"));
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("2");
  t.ledger.handles.get("p")!.health("unhealthy", "it does not work like this");
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("1");
  expect(t.engine.history.filter((r) => r.loader !== "").map((r) => [r.number, r.verdict])).toEqual([
    [1, "rolled-back"],
    [2, "settling"],
  ]);
  expect(t.engine.current?.number).toBe(1);
});

test("content is kept for restarts once it has run for the grace period", async () => {
  const t = start({ grace: GRACE });
  const first = library("1");
  t.origin(REPO).push(first);
  await t.run(main);
  expect(t.origin(REPO).applied).toEqual([]);
  await t.clock.advance(GRACE);
  expect(t.origin(REPO).applied).toEqual([first.revision.digest]);
});

test("a start with bad content goes on with the last that was good", async () => {
  const t = start();
  t.origin(REPO).push(textBundle([["lib/m.alloy", "declare {"]], "lib"));
  t.origin(REPO).lastGood = library("good");
  await t.run(main);
  expect(t.exported("test.part.q", "value")).toBe("good");
  expect(t.health("import.git.lib")).toBe("unhealthy");
});

test("a source that cannot be reached refuses a change, which is tried again by itself", async () => {
  const t = start();
  await t.run("");
  t.origin(REPO).fail("the server is down");
  expect(await t.refuse(main)).toEqual([
    expect.stringContaining("the server is down"),
    expect.stringContaining("custom component config not found in the registry"),
  ]);
  t.origin(REPO).push(library("1"));
  await t.clock.advance(60_000);
  expect(t.exported("test.part.q", "value")).toBe("1");
  expect(t.last()).toMatchObject({ cause: "retry", verdict: "healthy" });
});

test("a source that goes away later shows in the health, as the world's fault", async () => {
  const t = await running();
  t.origin(REPO).fail("the server is down");
  await t.settle();
  expect(t.engine.node("import.git.lib")?.health).toMatchObject({ state: "unhealthy", fault: "world" });
  expect(t.exported("test.part.q", "value")).toBe("1");
});

test("feeds are opened once for each import and closed with it", async () => {
  const t = await running();
  expect(t.origin(REPO).open).toBe(1);
  await t.run(`${main}\ntest.part "extra" { }`);
  expect(t.origin(REPO).open).toBe(1);
  t.origin("https://git.example.com/other.git").push(library("other"));
  await t.run(main.replace("lib.git", "other.git"));
  expect([t.origin(REPO).open, t.origin("https://git.example.com/other.git").open]).toEqual([0, 1]);
  expect(t.exported("test.part.q", "value")).toBe("other");
  await t.refuse(`${main}\ntest.nope "x" { }`);
  await t.run("");
  expect([t.origin(REPO).open, t.origin("https://git.example.com/other.git").open]).toEqual([0, 0]);
});

test("imports within a bundle read files of the same bundle, by name from the root or from their own folder", async () => {
  const t = start();
  const inner = (v: string): string => `declare "x" {\n  export "v" { value = "${v}" }\n}`;
  const files = (v: string): [string, string][] => [
    [
      "lib/m.alloy",
      `import.file "near" { filename = "parts/near.alloy" }
import.file "far" { filename = file.path_join(module_path, "other") }
declare "m" {
  near.x "a" { }
  far.x "b" { }
  export "value" { value = near.x.a.v + " " + far.x.b.v + " " + module_path }
}`,
    ],
    ["lib/parts/near.alloy", inner(`near${v}`)],
    ["other/a.alloy", inner(`far${v}`)],
  ];
  t.origin(REPO).push(textBundle(files("1"), "lib/m.alloy"));
  const config = `import.git "lib" {
  repository = "${REPO}"
  path       = "lib/m.alloy"
}
lib.m "i" { }
test.part "q" { value = lib.m.i.value }`;
  await t.run(config);
  expect(t.exported("test.part.q", "value")).toBe("near1 far1 /");
  t.origin(REPO).push(textBundle(files("2"), "lib/m.alloy"));
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("near2 far2 /");
});

test.each(["../../etc/passwd", "/etc/passwd", "../outside.alloy", "nothing.alloy"])(
  "imports within a bundle never leave it: %s",
  async (filename) => {
    const t = start();
    t.origin(REPO).push(textBundle([["lib/m.alloy", `import.file "x" { filename = "${filename}" }`]], "lib"));
    expect((await t.refuse(main)).join("\n")).toMatch(/is not in the bundle|lies outside of the bundle/);
  },
);

test("a bundle from elsewhere cannot have local repositories read", async () => {
  const t = start();
  for (const repository of ["/srv/secret.git", "./x.git", "file:///srv/secret.git"]) {
    const text = `import.git "x" {\n  repository = "${repository}"\n  path = "a"\n}`;
    t.origin(REPO).push(textBundle([["lib/m.alloy", text]], "lib"));
    expect((await t.refuse(main)).join("\n")).toContain("is local; a module from a remote source cannot import it");
  }
});

test("a file that imports itself comes to an end", async () => {
  const t = start();
  t.origin(REPO).push(textBundle([["lib/m.alloy", `import.file "self" { filename = "m.alloy" }`]], "lib"));
  expect((await t.refuse(main)).join("\n")).toContain("nested more than");
});

test("imports inside of declares are those of each instance, and change like any other", async () => {
  const t = start();
  t.origin(REPO).push(library("1"));
  await t.run(`declare "outer" {
  import.git "lib" {
    repository = "${REPO}"
    path       = "lib"
  }
  lib.m "i" { }
  export "value" { value = lib.m.i.value }
}
outer "a" { }
outer "b" { }
test.part "q" { value = outer.a.value + outer.b.value }`);
  expect(t.exported("test.part.q", "value")).toBe("11");
  expect(t.origin(REPO).open).toBe(2);
  t.origin(REPO).push(library("2"));
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("22");
});

test("the content of import.string follows the component that exports it, and may be bad for a while", async () => {
  const t = start();
  const content = (v: string): string => `declare "m" {\n  export "value" { value = "${v}" }\n}`;
  await t.run(`test.part "text" { value = ${JSON.stringify(content("1"))} }
import.string "lib" { content = test.part.text.value }
lib.m "i" { }
test.part "q" { value = lib.m.i.value }`);
  expect(t.exported("test.part.q", "value")).toBe("1");
  t.ledger.handles.get("text")!.export("declare {");
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("1");
  expect(t.health("import.string.lib")).toBe("unhealthy");
  t.ledger.handles.get("text")!.export(content("2"));
  await t.settle();
  expect(t.exported("test.part.q", "value")).toBe("2");
  expect(t.health("import.string.lib")).toBe("healthy");
});
