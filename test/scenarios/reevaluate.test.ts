/** What happens when exports change while a generation runs (specification 4.6). */
import { expect, test } from "vitest";
import { component, type ComponentDef } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { string } from "#src/schema/type.ts";
import { testEngine } from "#test/kit/engine.ts";
import { createLedger } from "#test/kit/ledger.ts";

function start(more: readonly ComponentDef<never, never>[] = []) {
  const ledger = createLedger();
  return { ledger, ...testEngine({ components: [...ledger.components, ...more] }) };
}

test("many changes before the next round are one update, with the last value", async () => {
  const t = start();
  await t.run(`test.part "a" { }\ntest.part "b" { value = test.part.a.value }`);
  t.ledger.events.length = 0;
  for (let i = 0; i < 100; i++) t.ledger.handles.get("a")!.export(String(i));
  await t.settle();
  expect(t.ledger.events).toEqual(["update b"]);
  expect(t.exported("test.part.b", "value")).toBe("99");
});

test("an equal value changes nothing", async () => {
  const t = start();
  await t.run(`test.part "a" { value = "x" }\ntest.part "b" { value = test.part.a.value }`);
  t.ledger.events.length = 0;
  t.ledger.handles.get("a")!.export("y");
  t.ledger.handles.get("a")!.export("x");
  await t.settle();
  expect(t.ledger.events).toEqual([]);
});

test("a diamond sees both of its sides in each round", async () => {
  const t = start();
  await t.run(`test.part "top" { value = "1" }
test.part "left" { value = test.part.top.value }
test.part "right" { value = test.part.top.value }
test.part "bottom" { value = test.part.left.value + test.part.right.value }`);
  t.ledger.events.length = 0;
  t.ledger.handles.get("top")!.export("2");
  await t.settle();
  expect(t.ledger.events).toEqual(["update left", "update right", "update bottom"]);
  expect(t.exported("test.part.bottom", "value")).toBe("22");
});

test("a node that cannot be evaluated keeps its last good arguments and says so; the others go on", async () => {
  const t = start();
  await t.run(`test.part "a" { value = "1" }
testcomponents.summation "n" { input = test.part.a.value }
test.part "b" { value = test.part.a.value }`);
  t.ledger.handles.get("a")!.export("no number");
  await t.settle();
  expect(t.health("testcomponents.summation.n")).toBe("unhealthy");
  expect(t.exported("testcomponents.summation.n", "last_added")).toBe(1);
  expect(t.exported("test.part.b", "value")).toBe("no number");
  t.ledger.handles.get("a")!.export("5");
  await t.settle();
  expect(t.health("testcomponents.summation.n")).toBe("healthy");
  expect(t.exported("testcomponents.summation.n", "sum")).toBe(6);
});

test("a component that cannot update is replaced in place, and what it holds is let go", async () => {
  const t = start();
  await t.run(`test.part "a" { value = "1" }
test.part "b" {
  value = test.part.a.value
  fixed = true
}
test.part "c" { value = test.part.b.value }`);
  t.ledger.events.length = 0;
  t.ledger.handles.get("a")!.export("2");
  await t.settle();
  expect(t.ledger.events).toEqual(["create b", "start b", "stop b", "update c"]);
  expect(t.exported("test.part.c", "value")).toBe("2");
  expect(t.ledger.alive.size).toBe(3);
});

test("what is exported while a change is built waits until it is done, and then reaches everybody", async () => {
  let release: (() => void) | undefined;
  const slow = component({
    name: "test.slow",
    stability: "generally-available",
    doc: "Takes its time.",
    args: { value: attr(string, "Anything.") },
    exports: {},
    examples: [],
    async create() {
      await new Promise<void>((resolve) => (release = resolve));
      return {};
    },
  });
  const t = start([slow as unknown as ComponentDef<never, never>]);
  await t.run(`test.part "a" { value = "1" }\ntest.part "b" { value = test.part.a.value }`);
  const loading = t.load(`test.part "a" { value = "1" }
test.part "b" { value = test.part.a.value }
test.part "c" { value = test.part.a.value }
test.slow "s" { value = "" }`);
  await t.settle();
  t.ledger.handles.get("a")!.export("2");
  await t.settle();
  expect(t.exported("test.part.b", "value")).toBe("1");
  release!();
  expect((await loading).ok).toBe(true);
  await t.settle();
  expect(t.exported("test.part.b", "value")).toBe("2");
  expect(t.exported("test.part.c", "value")).toBe("2");
});

test("one value reaches 9,999 dependants, a chain of 2,000 its end, without a queue that grows", async () => {
  const t = start();
  const fan = Array.from({ length: 9_999 }, (_, i) => `test.part "f${i}" { value = test.part.a.value }`);
  const chain = Array.from(
    { length: 2_000 },
    (_, i) => `test.part "c${i}" { value = test.part.${i === 0 ? "a" : `c${i - 1}`}.value }`,
  );
  await t.run([`test.part "a" { value = "1" }`, ...fan, ...chain].join("\n"));
  t.ledger.handles.get("a")!.export("2");
  for (let i = 0; i < 2_100 && t.exported("test.part.c1999", "value") !== "2"; i++) await t.clock.advance(0);
  expect(t.exported("test.part.f9998", "value")).toBe("2");
  expect(t.exported("test.part.c1999", "value")).toBe("2");
});

test("an export of the wrong type ends with a broken node, not with a broken process", async () => {
  const t = start();
  await t.run(`test.part "a" { value = "1" }\ntest.part "b" { value = test.part.a.value }`);
  t.ledger.handles.get("a")!.export(7 as unknown as string);
  await t.settle();
  expect(t.health("test.part.a")).toBe("unhealthy");
  expect(t.exported("test.part.b", "value")).toBe("1");
  t.ledger.handles.get("a")!.export("good");
  await t.settle();
  expect(t.health("test.part.a")).toBe("healthy");
  expect(t.exported("test.part.b", "value")).toBe("good");
});

test("evaluations are measured under Alloy's names", async () => {
  const t = start();
  await t.run(`test.part "a" { value = "1" }\ntest.part "b" { value = test.part.a.value }`);
  t.ledger.handles.get("a")!.export("2");
  await t.settle();
  const rendered = await t.store.render();
  expect(rendered).toContain('alloy_component_evaluation_seconds_count{controller_path="/",controller_id=""} 1');
  expect(rendered).toContain('alloy_component_dependencies_wait_seconds_count{controller_path="/",controller_id=""} 1');
  expect(rendered).toContain('alloy_component_evaluation_queue_size{controller_path="/",controller_id=""} 0');
  expect(rendered).toMatch(/invar_generation_number 1\n/);
  expect(rendered).toContain('invar_plan_steps_total{step="create"} 2');
  await t.refuse(`test.nope "x" { }`);
  expect(await t.store.render()).toContain('invar_generations_refused_total{phase="compile"} 1');
});
