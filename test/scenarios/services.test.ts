/** Blocks of the process, handlers of components, and what the engine gives to each of them. */
import { expect, test } from "vitest";
import { component, type ComponentDef, type HandlerRequest } from "#src/component/define.ts";
import type { ServiceHook } from "#src/runtime/host.ts";
import { attr } from "#src/schema/field.ts";
import { string } from "#src/schema/type.ts";
import { testEngine } from "#test/kit/engine.ts";
import { createLedger } from "#test/kit/ledger.ts";

const server = component({
  name: "test.server",
  stability: "generally-available",
  doc: "Answers with its text.",
  args: { text: attr(string, "The answer.") },
  exports: { address: attr(string, "Where.") },
  examples: [],
  create({ text }, ctx) {
    const { address, path } = ctx.serve((request) => ({ status: 200, headers: {}, body: `${text} ${request.path}` }));
    ctx.export({ address: `${address} ${path}` });
    return {};
  },
});

const request = (path: string): HandlerRequest => ({ method: "GET", path, headers: {}, signal: AbortSignal.any([]) });

test("a service is given its block, its defaults where there is none, and is left alone where nothing changed", async () => {
  const applied: unknown[] = [];
  const logging: ServiceHook = {
    prepare(args) {
      if ((args as { level: string }).level === "error") throw new Error("no such level");
      return () => void applied.push((args as { level: string }).level);
    },
  };
  const t = testEngine({ services: new Map([["logging", logging]]) });
  await t.run("");
  expect(applied).toEqual(["info"]);
  await t.run(`logging { level = "debug" }`);
  await t.run(`logging { level = "debug" }\ntestcomponents.summation "s" { input = 1 }`);
  expect(applied).toEqual(["info", "debug"]);
  expect(await t.refuse(`logging { level = "error" }`)).toEqual(["Failed to evaluate service: no such level"]);
  await t.run(`testcomponents.summation "s" { input = 2 }`);
  expect(applied).toEqual(["info", "debug", "info"]);
  expect(await t.refuse("livedebugging { enabled = true }")).toEqual([
    `Failed to evaluate service: block "livedebugging" is not supported here`,
  ]);
});

test("handlers answer under the global id of their component, the newest instance of it", async () => {
  const t = testEngine({ components: [server as unknown as ComponentDef<never, never>] });
  const config = (text: string): string => `declare "m" {
  test.server "s" { text = "inner" }
}
m "i" { }
test.server "s" { text = "${text}" }`;
  await t.run(config("one"));
  expect(t.exported("test.server.s", "address")).toBe("invar.internal:12345 /api/v0/component/test.server.s/");
  const answer = async (path: string): Promise<unknown> => {
    const found = t.engine.handler(path);
    return found && (await found.handler(request(found.rest))).body;
  };
  expect(await answer("test.server.s/metrics?x=1")).toBe("one /metrics?x=1");
  expect(await answer("m.i/test.server.s/a/b")).toBe("inner /a/b");
  expect(await answer("test.server.s")).toBe("one /");
  expect(await answer("test.server.other/metrics")).toBeUndefined();
  await t.run(config("two"));
  expect(await answer("test.server.s/metrics")).toBe("two /metrics");
  await t.run("");
  expect(await answer("test.server.s/metrics")).toBeUndefined();
});

test("a component's timers, signal, folder and metrics are its own and end with it", async () => {
  let seen: { dataDir: string; aborted: () => boolean } | undefined;
  const owner = component({
    name: "test.owner",
    stability: "generally-available",
    doc: "Holds things.",
    args: {},
    exports: {},
    examples: [],
    create(_, ctx) {
      ctx.clock.after(1_000_000, () => undefined);
      ctx.metrics.counter("held_total", "Held.").inc();
      seen = { dataDir: ctx.dataDir, aborted: () => ctx.signal.aborted };
      return {};
    },
  });
  const t = testEngine({ components: [owner as unknown as ComponentDef<never, never>] });
  await t.run(`declare "m" {\n  test.owner "o" { }\n}\nm "i" { }`);
  expect(seen!.dataDir).toBe(`${t.storage}/m.i/test.owner.o`);
  expect(await t.store.render()).toContain('held_total{component_path="/m.i",component_id="test.owner.o"} 1');
  expect(t.clock.pending).toBe(1);
  await t.run("");
  expect(seen!.aborted()).toBe(true);
  expect(t.clock.pending).toBe(0);
  expect(await t.store.render()).not.toContain("held_total{");
});

test("a component that never stops is given up at the deadline", async () => {
  const stuck = component({
    name: "test.stuck",
    stability: "generally-available",
    doc: "Never stops.",
    args: {},
    exports: {},
    examples: [],
    create: () => ({ stop: () => new Promise<void>(() => undefined) }),
  });
  const ledger = createLedger();
  const t = testEngine({ components: [stuck as unknown as ComponentDef<never, never>, ...ledger.components] });
  await t.run(`test.stuck "s" { }\ntest.part "p" { resource = "wal" }`);
  const stopping = t.engine.stop();
  await t.clock.advance(60_000);
  await stopping;
  expect(ledger.events.at(-1)).toBe("close wal");
});
