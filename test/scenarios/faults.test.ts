/** A failure in every phase of a change: what ran before runs on as if nothing had been tried, and no batch is lost. */
import { expect, test } from "vitest";
import { testEngine } from "#test/kit/engine.ts";
import { createLedger } from "#test/kit/ledger.ts";

const GRACE = 10_000;

function start(options: Parameters<typeof testEngine>[0] = {}) {
  const ledger = createLedger();
  return { ledger, ...testEngine({ components: ledger.components, ...options }) };
}

/** Five nodes in a row beside a pipeline; the third is where things go wrong. */
const config = (value: string, more = ""): string => `
test.source "s" { forward_to = [test.relay.r.receiver] }
test.relay "r" { forward_to = [test.sink.k.receiver] }
test.sink "k" { }
test.part "one" { value = "${value}" }
test.part "two" { value = test.part.one.value }
test.part "three" { value = test.part.two.value }
test.part "four" { value = test.part.three.value }
test.part "five" { value = test.part.four.value }
${more}`;

type Scenario = ReturnType<typeof start>;

async function running(options?: Parameters<typeof testEngine>[0]): Promise<Scenario> {
  const t = start(options);
  await t.run(config("a"));
  await t.clock.advance(GRACE);
  t.ledger.events.length = 0;
  return t;
}

/** The generation that ran before is untouched: its values, its instances, its data and its exports. */
async function expectUntouched(t: Scenario, generation = 1): Promise<void> {
  expect(t.engine.current?.number).toBe(generation);
  expect(t.exported("test.part.five", "value")).toBe("a");
  expect(t.ledger.events.filter((e) => !/^(create|discard|discard update) /.test(e))).toEqual([]);
  await t.clock.advance(100);
  expect(t.ledger.arrived.map(({ n }) => n)).toEqual(t.ledger.sent);
  t.ledger.faults.clear();
  t.ledger.handles.get("one")!.export("fresh");
  await t.settle();
  expect(t.exported("test.part.five", "value")).toBe("fresh");
}

test("parse: all errors of all files, with places", async () => {
  const t = await running();
  const outcome = await t.loadFiles({ "a.alloy": "x {", "b.alloy": "y = = 1" });
  expect(outcome).toMatchObject({ ok: false, phase: "parse" });
  const files = outcome.ok ? [] : outcome.diagnostics.map((d) => d.start?.file.split("/").at(-1));
  expect(new Set(files)).toEqual(new Set(["a.alloy", "b.alloy"]));
  await expectUntouched(t);
});

test("compile: an unknown component, a missing reference, a cycle", async () => {
  const t = await running();
  const messages = await t.refuse(
    config(
      "b",
      `test.nothing "x" { }
test.part "y" { value = test.part.missing.value }
test.part "p" { value = test.part.q.value }
test.part "q" { value = test.part.p.value }`,
    ),
  );
  expect(messages.join("\n")).toContain('cannot find the definition of component name "test.nothing"');
  expect(messages.join("\n")).toContain('component "test.part.missing.value" does not exist or is out of scope');
  expect(messages.join("\n")).toContain("cycle");
  await expectUntouched(t);
});

test("evaluate: every node that fails is reported, those that only follow from it are not", async () => {
  const t = await running();
  const wrong = config("b", `test.part "other" { value = test.part.one.value / 2 }`).replace(
    'three" { value = test.part.two.value',
    'three" { value = test.part.two.value["a"]',
  );
  expect((await t.refuse(wrong)).toSorted()).toEqual([
    "test.part.one.value should be one of [number] for binop /, got string",
    "test.part.two.value expected object or array, got string",
  ]);
  await expectUntouched(t);
});

test.each(["create", "export"])("%s of the third of five new nodes", async (fault) => {
  const t = await running();
  t.ledger.faults.set("three2", fault);
  const more = ["one", "two", "three", "four", "five"]
    .map((name, i, all) => `test.part "${name}2" { value = ${i === 0 ? '"x"' : `test.part.${all[i - 1]}2.value`} }`)
    .join("\n");
  const alive = t.ledger.alive.size;
  const messages = await t.refuse(config("b", more));
  expect(messages).toEqual([expect.stringMatching(/^Failed to build component: /)]);
  expect(t.ledger.alive.size).toBe(alive);
  expect(t.last()).toMatchObject({ verdict: "refused", number: 2 });
  await expectUntouched(t);
});

test("update of the third of five: those prepared before are discarded", async () => {
  const t = await running();
  t.ledger.faults.set("three", "update");
  expect(await t.refuse(config("b"))).toEqual([
    "Failed to build component: updating component: update was told to fail",
  ]);
  expect(t.ledger.events.toSorted()).toEqual(["discard update one", "discard update two"]);
  await expectUntouched(t);
});

test("a change that is refused can be tried again, and works once its cause is gone", async () => {
  const t = await running();
  t.ledger.faults.set("three", "update");
  await t.refuse(config("b"));
  t.ledger.faults.clear();
  await t.run(config("b"));
  expect(t.engine.current?.number).toBe(3);
  expect(t.exported("test.part.five", "value")).toBe("b");
});

test.each(["start", "start-late", "apply"])(
  "%s: the generation is called back and its digest refused",
  async (fault) => {
    const t = await running({ grace: GRACE });
    const culprit = fault === "apply" ? "three" : "new";
    t.ledger.faults.set(culprit, fault);
    const bad = config("b", `test.part "new" { }`);
    const outcome = await t.load(bad);
    expect(outcome.ok).toBe(true);
    await t.settle();
    expect(t.engine.history.map(({ number, verdict, cause }) => [number, verdict, cause])).toEqual([
      [1, "healthy", "source"],
      [2, "rolled-back", "source"],
      [3, "settling", "rollback"],
    ]);
    expect(t.engine.history[1]!.diagnostics[0]!.message).toContain(`test.part.${culprit} turned exited`);
    t.ledger.faults.clear();
    expect(await t.load(bad)).toMatchObject({ ok: false, phase: "settle" });
    await t.clock.advance(GRACE);
    expect(t.last()).toMatchObject({ number: 3, verdict: "healthy" });
    t.ledger.events.length = 0;
    await expectUntouched(t, 3);
    // The source moves on, and may then come back.
    await t.run(config("c"));
    expect((await t.load(bad)).ok).toBe(true);
  },
);

test("health: own fault within the grace period rolls back, the world's does not, and neither does it later", async () => {
  const t = await running({ grace: GRACE });
  await t.run(config("b"));
  t.ledger.handles.get("four")!.health("unhealthy", "the server is down", "world");
  await t.settle();
  expect(t.last()).toMatchObject({ number: 2, verdict: "settling" });
  await t.clock.advance(GRACE - 1);
  t.ledger.handles.get("four")!.health("unhealthy", "my mistake");
  await t.settle();
  expect(t.last()).toMatchObject({ number: 3, cause: "rollback" });
  expect(t.exported("test.part.five", "value")).toBe("a");
  await t.clock.advance(GRACE);
  await t.run(config("c"));
  await t.clock.advance(GRACE);
  t.ledger.handles.get("four")!.health("unhealthy", "much later");
  await t.settle();
  expect(t.last()).toMatchObject({ verdict: "healthy", number: 4 });
});

test("health: who was broken before cannot call a generation back", async () => {
  const t = await running({ grace: GRACE });
  t.ledger.handles.get("four")!.health("unhealthy", "always so");
  await t.run(config("b"));
  t.ledger.handles.get("four")!.health("unhealthy", "still so");
  await t.clock.advance(GRACE);
  expect(t.last()).toMatchObject({ number: 2, verdict: "healthy" });
});

test("a new load while another settles supersedes it", async () => {
  const t = await running({ grace: GRACE });
  await t.run(config("b"));
  await t.run(config("c"));
  expect(t.engine.history.map(({ verdict }) => verdict)).toEqual(["healthy", "superseded", "settling"]);
  t.ledger.handles.get("one")!.health("unhealthy", "mine");
  await t.settle();
  // Back to the last that was healthy, not to the one that never had the time.
  expect(t.exported("test.part.five", "value")).toBe("a");
});

test("a first generation that turns bad stays, for there is nothing to go back to", async () => {
  const t = start({ grace: GRACE });
  t.ledger.faults.set("three", "start");
  await t.run(config("a"));
  expect(t.last()).toMatchObject({ number: 1, verdict: "unhealthy" });
  expect(t.health("test.part.three")).toBe("exited");
  t.ledger.faults.clear();
  await t.clock.advance(60_000);
  expect(t.health("test.part.three")).toBe("healthy");
});

test("a component that ends by itself is built again, ever less often, and its consumers keep their way", async () => {
  const t = await running();
  const starts = (): number => t.ledger.events.filter((e) => e === "start three").length;
  t.ledger.handles.get("three")!.crash();
  await t.clock.advance(0);
  expect(t.health("test.part.three")).toBe("exited");
  t.ledger.faults.set("three", "start");
  await t.clock.advance(60_000);
  const often = starts();
  expect(often).toBeGreaterThan(2);
  await t.clock.advance(600_000);
  expect(starts() - often).toBeLessThanOrEqual(60);
  t.ledger.faults.clear();
  await t.clock.advance(60_000);
  expect(t.health("test.part.three")).toBe("healthy");
  expect(t.ledger.arrived.map(({ n }) => n)).toEqual(t.ledger.sent);
  expect(t.ledger.alive.size).toBe(8);
});

test("going back by hand: the last healthy one, or any that is kept", async () => {
  const t = await running();
  await t.run(config("b"));
  await t.run(config("c"));
  expect(await t.engine.rollback()).toMatchObject({ ok: true });
  expect(t.exported("test.part.five", "value")).toBe("b");
  expect(await t.engine.rollback(1)).toMatchObject({ ok: true });
  expect(t.exported("test.part.five", "value")).toBe("a");
  expect(await t.engine.rollback(77)).toMatchObject({ ok: false });
  expect(t.engine.current?.number).toBe(5);
  expect(t.last()).toMatchObject({ cause: "rollback", number: 5 });
});

test("the alloy policy lets the good half of a reload run, and the rest keep its last good arguments", async () => {
  const t = await running({ policy: "alloy" });
  t.ledger.faults.set("three", "update");
  t.ledger.faults.set("new", "create");
  const outcome = await t.load(config("b", `test.part "new" { value = test.part.one.value }`));
  expect(outcome).toMatchObject({ ok: false, phase: "build" });
  expect(t.engine.current?.number).toBe(2);
  expect(t.exported("test.part.two", "value")).toBe("b");
  expect(t.exported("test.part.five", "value")).toBe("a");
  expect(t.health("test.part.three")).toBe("unhealthy");
  expect(t.health("test.part.new")).toBe("unhealthy");
  // Fresh values of its inputs are another chance for each of them.
  t.ledger.faults.clear();
  t.ledger.handles.get("one")!.export("fresh");
  await t.settle();
  expect(t.exported("test.part.five", "value")).toBe("fresh");
  expect(t.exported("test.part.new", "value")).toBe("fresh");
  expect(t.health("test.part.new")).toBe("healthy");
  expect(t.ledger.events).toContain("start new");
  // The same text once more is no "no change": it had not been applied as a whole.
  expect(await t.load(config("b", `test.part "new" { value = test.part.one.value }`))).toMatchObject({ ok: true });
  expect(t.engine.current?.number).toBe(3);
});

test("a first load under the alloy policy runs nothing when a node fails", async () => {
  const t = start({ policy: "alloy" });
  t.ledger.faults.set("three", "create");
  expect(await t.load(config("a"))).toMatchObject({ ok: false, phase: "build" });
  expect(t.engine.current).toBeUndefined();
  expect(t.ledger.alive.size).toBe(0);
});

test("a thousand reloads leave nothing behind", async () => {
  const t = start({ grace: GRACE });
  const text = (i: number): string =>
    config(
      String(i % 7),
      `test.part "shared" {
  resource = "wal"
  fixed    = true
  value    = "${i % 3}"
}
declare "d" {
  argument "x" { }
  test.part "inner" { value = argument.x.value }
  export "y" { value = test.part.inner.value }
}
d "i" { x = "${i}" }
${i % 2 === 0 ? `test.part "even" { claim = "name" }` : ""}`,
    );
  const series = async (): Promise<number> => (await t.store.render()).split("\n").length;
  let first: { readonly timers: number; readonly series: number } | undefined;
  for (let i = 0; i < 1_000; i++) {
    await t.load(text(i));
    if (i % 5 === 0) await t.clock.advance(10);
    if (i === 102) {
      await t.settle();
      first = { timers: t.clock.pending, series: await series() };
    }
  }
  await t.settle();
  await t.load(text(1_002));
  await t.settle();
  expect(t.ledger.alive.size).toBe(11);
  expect(t.ledger.events.filter((e) => e.endsWith("wal"))).toEqual(["open wal"]);
  expect({ timers: t.clock.pending, series: await series() }).toEqual(first);
  expect(t.engine.history.length).toBe(50);
  expect(t.ledger.arrived.map(({ n }) => n)).toEqual(t.ledger.sent);
  await t.engine.stop();
  expect(t.clock.pending).toBe(0);
  expect(t.ledger.alive.size).toBe(0);
  expect(t.ledger.events.filter((e) => e.endsWith("wal"))).toEqual(["open wal", "close wal"]);
});
