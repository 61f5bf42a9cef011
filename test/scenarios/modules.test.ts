/** Custom components: what they see, what they take and give, and how they change (specification 5.3). */
import { expect, test } from "vitest";
import { testEngine } from "#test/kit/engine.ts";
import { createLedger } from "#test/kit/ledger.ts";

function start() {
  const ledger = createLedger();
  return { ledger, ...testEngine({ components: ledger.components }) };
}

const adder = `declare "add" {
  argument "a" { }
  argument "b" {
    optional = true
    default  = 10
  }
  export "sum" { value = argument.a.value + argument.b.value }
}
`;

test("arguments, defaults and exports", async () => {
  const t = start();
  await t.run(`${adder}add "x" { a = 2 }
add "y" {
  a = add.x.sum
  b = 1
}
testcomponents.summation "s" { input = add.y.sum }`);
  expect(t.exported("testcomponents.summation.s", "sum")).toBe(13);
});

const called = (call: string): string => `import.string "lib" {
  content = \`${adder}\`
}
${call}`;

test.each([
  ["", `missing required argument "a" to module`],
  ["a = 1\n  c = 2", `Provided argument "c" is not defined in the module`],
  ["a = 1\n  a = 2", `attribute "a" may only be provided once`],
  ["a = 1\n  block { }", "nested blocks not supported here"],
])("a wrong call of an imported component: %s", async (args, message) => {
  const t = start();
  const messages = await t.refuse(called(`lib.add "x" {\n  ${args}\n}`));
  expect(messages.join("\n")).toContain(message);
});

test("an argument that is null counts as provided", async () => {
  const t = start();
  await t.run(`declare "d" {
  argument "a" { }
  export "is_null" { value = argument.a.value == null }
}
d "x" { a = null }
test.part "p" { value = encoding.to_json({"n" = d.x.is_null}) }`);
  expect(t.exported("test.part.p", "value")).toBe('{"n":true}');
});

test("a body sees its own components and arguments, not those around it", async () => {
  const t = start();
  const messages = await t.refuse(`test.part "outside" { value = "x" }
declare "d" {
  test.part "p" { value = test.part.outside.value }
}
d "x" { }`);
  expect(messages.join()).toContain('component "test.part.outside.value" does not exist or is out of scope');
});

test("definitions resolve outwards, inner ones first", async () => {
  const t = start();
  await t.run(`declare "name" {
  export "is" { value = "outer" }
}
declare "inner" {
  declare "name" {
    export "is" { value = "inner" }
  }
  name "n" { }
  export "is" { value = name.n.is }
}
declare "plain" {
  name "n" { }
  export "is" { value = name.n.is }
}
inner "i" { }
plain "p" { }
test.part "a" { value = inner.i.is + " " + plain.p.is }`);
  expect(t.exported("test.part.a", "value")).toBe("inner outer");
});

test("instances are nodes with modules of their own, named after them", async () => {
  const t = start();
  await t.run(`declare "wrap" {
  argument "v" { }
  test.part "p" { value = argument.v.value }
  export "value" { value = test.part.p.value }
}
declare "twice" {
  argument "v" { }
  wrap "w" { v = argument.v.value }
  export "value" { value = wrap.w.value }
}
twice "t" { v = "deep" }`);
  expect(t.engine.nodes("")?.find((node) => node.kind === "custom")).toMatchObject({
    globalId: "twice.t",
    moduleId: "",
    createdModuleIds: ["twice.t"],
  });
  expect(t.engine.nodes("twice.t/wrap.w")?.map((node) => node.globalId)).toContain("twice.t/wrap.w/test.part.p");
  expect(t.exported("twice.t/wrap.w/test.part.p", "value")).toBe("deep");
  expect(t.exported("twice.t", "value")).toBe("deep");
  expect(t.engine.nodes("nope")).toBeUndefined();
});

test("a changed body changes what differs inside each instance, and keeps the rest", async () => {
  const t = start();
  const config = (version: number, arg = "x"): string => `declare "m" {
  argument "to" { }
  argument "v" { }
  test.relay "r" {
    forward_to = [argument.to.value]
    version    = ${version}
  }
  test.part "p" { value = argument.v.value }
  export "receiver" { value = test.relay.r.receiver }
  export "value" { value = test.part.p.value }
}
test.source "s" { forward_to = [m.one.receiver, m.two.receiver] }
m "one" {
  to = test.sink.k.receiver
  v  = "${arg}"
}
m "two" {
  to = test.sink.k.receiver
  v  = "two"
}
test.sink "k" { }`;
  await t.run(config(1));
  await t.clock.advance(50);
  t.ledger.events.length = 0;
  expect(await t.run(config(2))).toEqual({
    "m.one/test.relay.r": "replace",
    "m.two/test.relay.r": "replace",
  });
  expect(t.ledger.events.filter((e) => /[sk]$| p$/.test(e))).toEqual([]);
  await t.clock.advance(50);
  expect(await t.run(config(2, "y"))).toEqual({ "m.one": "update", "m.one/test.part.p": "update" });
  expect(t.exported("m.one", "value")).toBe("y");
  expect(t.exported("m.two", "value")).toBe("two");
  await t.clock.advance(50);
  expect(t.ledger.arrived.length).toBe(2 * t.ledger.sent.length);
});

test("a failure inside an instance refuses the whole change, with the place inside", async () => {
  const t = start();
  const config = (value: string): string => `declare "m" {
  test.part "a" { value = "${value}" }
  test.part "b" { value = test.part.a.value }
}
m "i" { }
test.part "c" { value = "${value}" }`;
  await t.run(config("1"));
  t.ledger.faults.set("b", "update");
  const outcome = await t.load(config("2"));
  expect(outcome.ok).toBe(false);
  if (!outcome.ok) expect(outcome.diagnostics[0]!.start?.line).toBe(3);
  expect(t.exported("m.i/test.part.a", "value")).toBe("1");
  expect(t.exported("test.part.c", "value")).toBe("1");
});

test("a parent shows what is wrong inside it", async () => {
  const t = start();
  await t.run(`declare "m" {
  test.part "p" { }
}
declare "outer" {
  m "i" { }
}
outer "o" { }`);
  expect(t.health("outer.o")).toBe("healthy");
  t.ledger.handles.get("p")!.health("unhealthy", "disk full", "world");
  expect(t.engine.node("outer.o")?.health).toMatchObject({
    state: "unhealthy",
    message: "m.i: test.part.p: disk full",
    fault: "world",
  });
  t.ledger.handles.get("p")!.health("healthy", "fine again");
  expect(t.health("outer.o")).toBe("healthy");
});

test("endless nesting is refused with its name", async () => {
  const t = start();
  const messages = await t.refuse(`declare "m" {
  m "again" { }
}
m "i" { }`);
  expect(messages.join()).toMatch(/cycle|contain itself|reference self/);
});

test("data flows, references and details are shown", async () => {
  const t = start();
  await t.run(`test.source "s" { forward_to = [test.relay.r.receiver] }
test.relay "r" { forward_to = [test.sink.k.receiver] }
test.sink "k" { }
test.part "a" { value = "v" }
test.part "b" { value = test.part.a.value }`);
  const nodes = new Map(t.engine.nodes("")!.map((node) => [node.localId, node]));
  expect(nodes.get("test.source.s")).toMatchObject({
    references: ["test.relay.r"],
    referencedBy: [],
    dataFlowTo: ["test.relay.r"],
    health: { state: "healthy", message: "started component" },
  });
  expect(nodes.get("test.sink.k")).toMatchObject({ references: [], referencedBy: ["test.relay.r"], dataFlowTo: [] });
  expect(nodes.get("test.part.a")).toMatchObject({ dataFlowTo: ["test.part.b"], referencedBy: ["test.part.b"] });
  expect(t.engine.node("test.part.a")).toMatchObject({
    arguments: [{ name: "value", type: "attr", value: { type: "string", value: "v" } }],
    exports: [{ name: "value", type: "attr", value: { type: "string", value: "v" } }],
    dataFlowTo: ["test.part.b"],
  });
  const rendered = await t.store.render();
  expect(rendered).toContain(
    'alloy_component_graph_connection{from="test.source.s",to="test.relay.r",controller_path="/",controller_id=""} 1',
  );
});
