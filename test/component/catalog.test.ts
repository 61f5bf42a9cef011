import { expect, test } from "vitest";
import { alloyComponents, findAlloyComponent } from "#src/component/alloy.ts";
import { createCatalog } from "#src/component/catalog.ts";
import { component } from "#src/component/define.ts";
import type { BlockField } from "#src/schema/field.ts";

test("a name that nobody knows is answered with the nearest one", async () => {
  const catalog = createCatalog();
  expect(await catalog.find("prometheus.scrap")).toEqual({ found: "unknown", suggestion: "prometheus.scrape" });
  expect(await catalog.find("zzz.zzz")).toEqual({ found: "unknown", suggestion: undefined });
});

test.for(["../main", "prometheus._unix.cpu", "a..b", "A.b", "", "__proto__", "constructor"])(
  "%j is no component, whatever lies on the disk",
  async (name) => {
    expect((await createCatalog().find(name)).found).toBe("unknown");
  },
);

test("a component of Alloy that does not run here keeps its arguments", async () => {
  const lookup = await createCatalog().find("discovery.kubernetes");
  expect(lookup).toMatchObject({ found: "unsupported", stability: "generally-available", community: false });
  expect(lookup.found === "unsupported" && lookup.args?.["role"]).toMatchObject({ required: true });
});

test("definitions given to a catalog exist in it alone", async () => {
  const def = component({
    name: "testing.thing",
    stability: "generally-available",
    doc: "Does nothing.",
    args: {},
    exports: {},
    examples: [],
    create: () => ({}),
  });
  expect(await createCatalog({ extra: [def] }).find("testing.thing")).toEqual({ found: "component", def });
  expect((await createCatalog().find("testing.thing")).found).toBe("unknown");
});

test("blocks that may hold the blocks around them do", () => {
  const match = findAlloyComponent("loki.process")?.args["stage.match"] as BlockField<never, never>;
  expect(Object.keys(match.shape)).toContain("stage.json");
  expect(Object.keys(match.shape)).toContain("selector");
});

test("required fields come in the order in which Alloy reports them", () => {
  const args = findAlloyComponent("loki.source.file")!.args;
  expect(Object.keys(args).slice(0, 2)).toEqual(["targets", "forward_to"]);
});

test("no name is the beginning of another, so a file never clashes with a folder", () => {
  const sorted = [...alloyComponents].sort();
  expect(sorted.filter((name, i) => sorted[i + 1]?.startsWith(`${name}.`))).toEqual([]);
});

test("a component that does not run here yet comes with those of its name space that do", async () => {
  const lookup = await createCatalog().find("local.file_match");
  expect(lookup).toMatchObject({
    found: "unsupported",
    alternatives: expect.arrayContaining(["local.file"]) as string[],
  });
});
