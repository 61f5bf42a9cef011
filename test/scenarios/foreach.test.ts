/** `foreach`: children keyed by what their items are, each changed for itself (specification 5.9). */
import { expect, test } from "vitest";
import { testEngine } from "#test/kit/engine.ts";
import { createLedger } from "#test/kit/ledger.ts";

function start() {
  const ledger = createLedger();
  return { ledger, ...testEngine({ components: ledger.components }) };
}

const each = (
  collection: string,
  more = "",
  body = `test.part "p" { value = encoding.to_json({"v" = item}) }`,
): string => `
foreach "f" {
  collection = ${collection}
  var        = "item"
  ${more}
  template {
    ${body}
  }
}`;

const children = (t: ReturnType<typeof start>): readonly string[] =>
  t.engine
    .nodes("")!
    .find((node) => node.kind === "foreach")!
    .createdModuleIds.map((id) => id.replace("foreach.f/", ""));

test.each([
  [`["a-b", "a_b", "a_b"]`, "", ["foreach_a_b_1", "foreach_a_b_2", "foreach_a_b_3"]],
  [`[1, 1, 2]`, "", ["foreach_1_1", "foreach_1_2", "foreach_2_1"]],
  [`[-5, 5]`, "", ["foreach__5_1", "foreach_5_1"]],
  [`[true]`, "", ["foreach_true_1"]],
  [`[3.14, -0.5]`, "", ["foreach_3_140000_1", "foreach__0_500000_1"]],
  [`["ü1"]`, "", ["foreach_ü1_1"]],
  [`["x"]`, "hash_string_id = true", ["foreach_2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881_1"]],
  [
    `[{n = "prod"}, {n = "dev"}, {m = 1}]`,
    `id = "n"`,
    ["foreach_prod_1", "foreach_dev_1", expect.stringMatching(/^foreach_[0-9a-f]{64}_1$/)],
  ],
])("children of %s %s", async (collection, more, expected) => {
  const t = start();
  await t.run(each(collection, more));
  expect(children(t)).toEqual(expected);
});

test("equal items keep their children; others come and go", async () => {
  const t = start();
  await t.run(each(`["a", "b", "c"]`));
  t.ledger.events.length = 0;
  expect(await t.run(each(`["c", "a", "d"]`))).toEqual({
    "foreach.f": "update",
    "foreach.f/foreach_d_1/test.part.p": "create",
    "foreach.f/foreach_b_1/test.part.p": "remove",
  });
  expect(t.ledger.events.toSorted()).toEqual(["create p", "start p", "stop p"]);
  expect(t.engine.node("foreach.f/foreach_b_1/test.part.p")).toBeUndefined();
  expect(t.engine.nodes("foreach.f/foreach_b_1")).toBeUndefined();
});

test("an item that changes behind its id updates its child", async () => {
  const t = start();
  const config = (port: number): string => each(`[{n = "x", port = ${port}}, {n = "y", port = 2}]`, `id = "n"`);
  await t.run(config(1));
  t.ledger.events.length = 0;
  expect(await t.run(config(7))).toEqual({ "foreach.f": "update", "foreach.f/foreach_x_1/test.part.p": "update" });
  expect(t.exported("foreach.f/foreach_x_1/test.part.p", "value")).toBe('{"v":{"n":"x","port":7}}');
});

test("targets are told apart by a label of theirs", async () => {
  const t = start();
  await t.run(`testcomponents.targets "t" { targets = [{__address__ = "h:1", job = "a"}, {__address__ = "h:2", job = "b"}] }
${each("testcomponents.targets.t.output", `id = "job"`, `test.part "p" { value = item["__address__"] }`)}`);
  expect(children(t)).toEqual(["foreach_a_1", "foreach_b_1"]);
  expect(t.exported("foreach.f/foreach_b_1/test.part.p", "value")).toBe("h:2");
});

test("a collection that changes while it runs is a small change of its own", async () => {
  const t = start();
  await t.run(`test.part "list" { value = "a,b" }
${each(`string.split(test.part.list.value, ",")`, "", `test.part "p" { value = item }`)}`);
  t.ledger.events.length = 0;
  t.ledger.handles.get("list")!.export("b,c");
  await t.settle();
  expect(children(t)).toEqual(["foreach_b_1", "foreach_c_1"]);
  expect(t.ledger.events.toSorted()).toEqual(["create p", "start p", "stop p"]);
});

test("templates see everything around them, and follow it", async () => {
  const t = start();
  await t.run(`test.part "outer" { value = "1" }
declare "m" {
  argument "suffix" { }
  test.part "own" { value = "own" }
  foreach "f" {
    collection = ["a"]
    var        = "x"
    template {
      foreach "g" {
        collection = ["b"]
        var        = "y"
        template {
          test.part "deep" { value = x + y + argument.suffix.value + test.part.own.value }
        }
      }
    }
  }
}
m "i" { suffix = test.part.outer.value }`);
  const deep = "m.i/foreach.f/foreach_a_1/foreach.g/foreach_b_1/test.part.deep";
  expect(t.exported(deep, "value")).toBe("ab1own");
  t.ledger.handles.get("outer")!.export("2");
  await t.settle();
  expect(t.exported(deep, "value")).toBe("ab2own");
  t.ledger.handles.get("own")!.export("changed");
  await t.settle();
  expect(t.exported(deep, "value")).toBe("ab2changed");
});

test("a reload reaches declares that only templates use", async () => {
  const t = start();
  const config = (v: number): string => `declare "m" {
  test.part "p" { value = "${v}" }
}
${each(`["a"]`, "", `m "i" { }`)}`;
  await t.run(config(1));
  expect(await t.run(config(2))).toEqual({ "foreach.f/foreach_a_1/m.i/test.part.p": "update" });
  expect(t.exported("foreach.f/foreach_a_1/m.i/test.part.p", "value")).toBe("2");
});

test("a child that fails while it runs leaves all children as they are", async () => {
  const t = start();
  const body = `testcomponents.summation "s" { input = encoding.from_json(item) }`;
  await t.run(`test.part "list" { value = "1,2" }
${each(`string.split(test.part.list.value, ",")`, "", body)}`);
  t.ledger.handles.get("list")!.export("3,x");
  await t.settle();
  expect(children(t)).toEqual(["foreach_1_1", "foreach_2_1"]);
  expect(t.health("foreach.f")).toBe("unhealthy");
  t.ledger.handles.get("list")!.export("3,4");
  await t.settle();
  expect(children(t)).toEqual(["foreach_3_1", "foreach_4_1"]);
  expect(t.health("foreach.f")).toBe("healthy");
});

test("switching metrics makes all children anew, under the same names", async () => {
  const t = start();
  await t.run(each(`["a"]`));
  const running = async (): Promise<boolean> =>
    (await t.store.render()).includes('controller_path="/foreach.f",controller_id="foreach_a_1"');
  expect(await running()).toBe(false);
  await t.run(each(`["a"]`, "enable_metrics = true"));
  expect(await running()).toBe(true);
  expect(t.engine.nodes("foreach.f/foreach_a_1")?.length).toBe(1);
  await t.run(each(`["a"]`));
  expect(await running()).toBe(false);
  expect(t.ledger.alive.size).toBe(1);
});

test("an empty collection, and a thousand children", async () => {
  const t = start();
  await t.run(each("[]"));
  expect(children(t)).toEqual([]);
  await t.run(each(`[${Array.from({ length: 1_000 }, (_, i) => i).join(", ")}]`));
  expect(children(t).length).toBe(1_000);
  await t.run("");
  expect(t.ledger.alive.size).toBe(0);
});
