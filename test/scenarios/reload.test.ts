/** What a reload keeps, updates, replaces, creates and removes, and that no batch is lost by any of it. */
import { expect, test } from "vitest";
import { testEngine } from "#test/kit/engine.ts";
import { createLedger } from "#test/kit/ledger.ts";

const pipeline = (edit: { readonly relay?: number; readonly sink?: number; readonly every?: string } = {}): string => `
test.source "s" {
  every      = "${edit.every ?? "10ms"}"
  forward_to = [test.relay.r.receiver]
}
test.relay "r" {
  forward_to = [test.sink.k.receiver]
  version    = ${edit.relay ?? 0}
}
test.sink "k" { version = ${edit.sink ?? 0} }
`;

function start() {
  const ledger = createLedger();
  return { ledger, ...testEngine({ components: ledger.components }) };
}

test("a first load creates everything, consumers before producers", async () => {
  const t = start();
  expect(await t.run(pipeline())).toEqual({
    "test.source.s": "create",
    "test.relay.r": "create",
    "test.sink.k": "create",
  });
  expect(t.ledger.events.filter((e) => e.startsWith("start"))).toEqual(["start k", "start r", "start s"]);
  expect(t.engine.current?.number).toBe(1);
  expect(t.last()).toMatchObject({ verdict: "healthy", number: 1, cause: "source", loader: "" });
});

test("the same content is no change, whatever its revision is called", async () => {
  const t = start();
  await t.run(pipeline());
  t.ledger.events.length = 0;
  const outcome = await t.load(pipeline());
  expect(outcome).toMatchObject({ ok: true, steps: [] });
  expect(t.engine.current?.number).toBe(1);
  expect(t.ledger.events).toEqual([]);
});

test("moved and reformatted blocks are kept without a call to any component", async () => {
  const t = start();
  await t.run(pipeline());
  t.ledger.events.length = 0;
  expect(await t.run(`// a comment\n${pipeline().replaceAll("\n  ", "\n\t\t")}`)).toEqual({});
  expect(t.ledger.events).toEqual([]);
  expect(t.engine.current?.number).toBe(2);
});

test("one argument that changes updates just its component", async () => {
  const t = start();
  await t.run(pipeline());
  t.ledger.events.length = 0;
  expect(await t.run(pipeline({ every: "20ms" }))).toEqual({ "test.source.s": "update" });
  expect(t.ledger.events).toEqual(["update s"]);
});

test("a component that cannot update is replaced; those who send to it keep their way and notice nothing", async () => {
  const t = start();
  await t.run(pipeline());
  await t.clock.advance(100);
  t.ledger.events.length = 0;
  expect(await t.run(pipeline({ relay: 1 }))).toEqual({ "test.relay.r": "replace" });
  expect(t.ledger.events).toEqual(["create r", "start r", "stop r"]);
  await t.clock.advance(100);
  expect(await t.run(pipeline({ relay: 1, sink: 1 }))).toEqual({ "test.sink.k": "replace" });
  await t.clock.advance(100);
  expect(t.ledger.arrived.map(({ n }) => n)).toEqual(t.ledger.sent);
  expect(t.ledger.sent.length).toBe(30);
  expect(new Set(t.ledger.arrived.map(({ sink }) => sink))).toEqual(new Set(["k", "k@1"]));
});

test("what is gone stops producers first", async () => {
  const t = start();
  await t.run(pipeline());
  await t.clock.advance(50);
  t.ledger.events.length = 0;
  expect(await t.run("")).toEqual({ "test.source.s": "remove", "test.relay.r": "remove", "test.sink.k": "remove" });
  expect(t.ledger.events).toEqual(["stop s", "stop r", "stop k"]);
  expect(t.ledger.alive.size).toBe(0);
  expect(t.ledger.arrived.map(({ n }) => n)).toEqual(t.ledger.sent);
});

test("another definition under the same id replaces the component", async () => {
  const t = start();
  await t.run(`test.part "x" { value = "1" }\ntest.part "y" { value = test.part.x.value }`);
  const custom = `declare "mine" {
  export "value" { value = "2" }
}
mine "x" { }
test.part "y" { value = mine.x.value }`;
  expect(await t.run(custom)).toEqual({ "test.part.x": "remove", "mine.x": "create", "test.part.y": "update" });
  expect(t.exported("test.part.y", "value")).toBe("2");
});

test("a shared resource passes from an instance to its successor without being closed", async () => {
  const t = start();
  const config = (value: string): string => `test.part "x" {
  resource = "wal"
  fixed    = true
  value    = "${value}"
}`;
  await t.run(config("1"));
  await t.run(config("2"));
  expect(t.ledger.events).toEqual(["open wal", "create x", "start x", "create x", "start x", "stop x"]);
  await t.run("");
  expect(t.ledger.events.slice(-2)).toEqual(["stop x", "close wal"]);
});

test("two nodes that claim the same are refused by name before anything starts", async () => {
  const t = start();
  await t.run(`test.part "a" { claim = "port" }`);
  t.ledger.events.length = 0;
  const messages = await t.refuse(`test.part "a" { claim = "port" }\ntest.part "b" { claim = "port" }`);
  expect(messages).toEqual(["test.part.b and test.part.a both need name port"]);
  expect(t.ledger.events).toEqual(["create b", "discard b"]);
  // A claim may move from one node to another in one step.
  expect(await t.run(`test.part "a" { claim = "other" }\ntest.part "b" { claim = "port" }`)).toEqual({
    "test.part.a": "update",
    "test.part.b": "create",
  });
});

test("a crash or a hang while stopping does not hold back the rest", async () => {
  const t = start();
  t.ledger.faults.set("a", "stop");
  await t.run(`test.part "a" { }\ntest.part "b" { value = test.part.a.value }`);
  await t.run("");
  expect(t.ledger.alive.size).toBe(0);
});

test("stopping the engine ends everything, producers first, and later loads are turned away", async () => {
  const t = start();
  await t.run(pipeline());
  t.ledger.events.length = 0;
  await t.engine.stop();
  expect(t.ledger.events).toEqual(["stop s", "stop r", "stop k"]);
  expect(t.clock.pending).toBe(0);
  await expect(t.load("")).rejects.toThrow("the engine has been stopped");
});
