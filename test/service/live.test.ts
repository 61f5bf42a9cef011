/** Live debugging of a whole engine, over real HTTP. */
import { onTestFinished, expect, test } from "vitest";
import { component, type ComponentDef } from "#src/component/define.ts";
import { samples } from "#src/component/types.ts";
import { attr } from "#src/schema/field.ts";
import { list } from "#src/schema/type.ts";
import { createHttpService } from "#src/service/http.ts";
import { createLiveDebugging } from "#src/service/live.ts";
import { Labels } from "#src/signal/labels.ts";
import { fanOut } from "#src/signal/consumer.ts";
import { copySamples, type SampleBatch, type SampleConsumer } from "#src/signal/samples.ts";
import { silentLogger } from "#src/util/log.ts";
import { testEngine } from "#test/kit/engine.ts";
import { until } from "#test/kit/until.ts";

const batch = (name: string, count: number): SampleBatch => ({
  series: Array.from({ length: count }, (_, i) =>
    Labels.from([
      ["__name__", name],
      ["i", String(i).padStart(4, "0")],
    ]),
  ),
  row: Uint32Array.from({ length: count }, (_, i) => i),
  time: new Float64Array(count).fill(1000),
  value: Float64Array.from({ length: count }, (_, i) => i),
});

/** An engine behind a server, with components that send what a test gives them. */
async function serve(enabled = true) {
  const senders = new Map<string, readonly SampleConsumer[]>();
  const sender = component({
    name: "test.sender",
    stability: "generally-available",
    doc: "Sends.",
    args: { forward_to: attr(list(samples), "Where to.") },
    exports: {},
    examples: [],
    create(args, ctx) {
      senders.set(ctx.globalId, args.forward_to);
      return { update: (next) => () => void senders.set(ctx.globalId, next.forward_to) };
    },
  });
  const t = testEngine({ components: [sender as unknown as ComponentDef<never, never>] });
  const live = createLiveDebugging(() => t.engine, t.clock);
  live.prepare({ enabled })();
  const service = createHttpService({
    listenAddress: "127.0.0.1:0",
    uiPathPrefix: "/",
    engine: t.engine,
    metrics: t.store,
    log: silentLogger,
    clock: t.clock,
    reload: () => Promise.reject(new Error("there is nothing to reload")),
    sources: () => [],
    live,
    nodeName: "host",
  });
  await service.open();
  onTestFinished(() => service.close());
  const url = (path: string): string => `http://${service.address}/api/v0/web/${path}`;
  return {
    ...t,
    live,
    send: (id: string, what: SampleBatch) => fanOut(senders.get(id)!, copySamples).consume(what),
    async get(path: string) {
      return (await fetch(url(path))).text();
    },
    /** Opens an endless answer. `next` lets a second pass and gives the items that came with it. */
    async open(path: string) {
      const gone = new AbortController();
      const response = await fetch(url(path), { signal: gone.signal });
      const reader = response.body!.getReader();
      const next = async (ms = 1000): Promise<string[]> => {
        const read = reader.read();
        await t.clock.advance(ms);
        return Buffer.from((await read).value!)
          .toString()
          .split("|;|")
          .filter((item) => item !== "");
      };
      const edges = async (ms: number): Promise<unknown> => JSON.parse((await next(ms))[0]!);
      return { status: response.status, next, edges, leave: () => gone.abort() };
    },
  };
}

const CHAIN = `
test.sender "a" { forward_to = [prometheus.relabel.r.receiver] }
test.sender "b" { forward_to = [prometheus.relabel.r.receiver, prometheus.echo.e.receiver] }
prometheus.relabel "r" {
  forward_to = [prometheus.echo.e.receiver]
  rule {
    source_labels = ["i"]
    regex         = "0001"
    action        = "drop"
  }
}
prometheus.echo "e" { }
`;

test("what flows into and out of a component is shown, with who sent it to whom", async () => {
  const t = await serve();
  await t.run(CHAIN);
  const stream = await t.open("debug/prometheus.relabel.r");
  expect(stream.status).toBe(200);
  await t.send("test.sender.a", batch("x", 2));
  expect(await stream.next()).toEqual([
    'test.sender.a -> prometheus.relabel.r: 2 samples\nx{i="0000"} 0 1000\nx{i="0001"} 1 1000',
    'prometheus.relabel.r -> prometheus.echo.e: 1 samples\nx{i="0000"} 0 1000',
  ]);
});

test("a component that only sends shows what it sends", async () => {
  const t = await serve();
  await t.run(CHAIN);
  const stream = await t.open("debug/test.sender.b");
  await t.send("test.sender.a", batch("x", 1));
  await t.send("test.sender.b", batch("y", 1));
  const items = await stream.next();
  expect(items.map((item) => item.split("\n")[0])).toEqual([
    "test.sender.b -> prometheus.relabel.r: 1 samples",
    "test.sender.b -> prometheus.echo.e: 1 samples",
  ]);
});

test("a large batch is shown in part, spread over all of it", async () => {
  const t = await serve();
  await t.run(CHAIN);
  const stream = await t.open("debug/prometheus.echo.e");
  await t.send("test.sender.a", batch("x", 1001));
  const [head, ...lines] = (await stream.next())[0]!.split("\n");
  expect(head).toBe("prometheus.relabel.r -> prometheus.echo.e: 1000 samples, 100 of them shown");
  expect(lines).toHaveLength(100);
  expect(lines.at(-1)).toContain('i="0991"');
});

test("a reload does not end what is watched", async () => {
  const t = await serve();
  await t.run(CHAIN);
  const stream = await t.open("debug/test.sender.c");
  expect(stream.status).toBe(500);
  const echo = await t.open("debug/prometheus.echo.e");
  expect(await t.run(`${CHAIN}test.sender "c" { forward_to = [prometheus.echo.e.receiver] }`)).toEqual({
    "test.sender.c": "create",
  });
  await t.send("test.sender.c", batch("z", 1));
  expect(await echo.next()).toEqual(['test.sender.c -> prometheus.echo.e: 1 samples\nz{i="0000"} 0 1000']);
});

test("exported targets are shown at once, and again when they change", async () => {
  const t = await serve();
  const targets = (host: string): string => `discovery.relabel "d" { targets = [{"__address__" = "${host}"}] }`;
  await t.run(targets("one"));
  const stream = await t.open("debug/discovery.relabel.d");
  expect(await stream.next()).toEqual(['discovery.relabel.d.output: 1 targets\n{"__address__" = "one"}']);
  await t.run(targets("two"));
  expect(await stream.next(2000)).toEqual(['discovery.relabel.d.output: 1 targets\n{"__address__" = "two"}']);
});

test("the graph has the rate of each edge, also of those that end at the same component", async () => {
  const t = await serve(false);
  await t.run(CHAIN);
  const stream = await t.open("graph?window=2");
  await t.send("test.sender.a", batch("x", 10));
  await t.send("test.sender.a", batch("x", 10));
  await t.send("test.sender.b", batch("x", 4));
  const edge = (componentID: string, target: string, rate: number) => ({
    componentID,
    targetComponentIDs: [target],
    type: "prometheus_metric",
    rate,
  });
  expect(await stream.edges(2000)).toEqual([
    edge("test.sender.a", "prometheus.relabel.r", 10),
    edge("prometheus.relabel.r", "prometheus.echo.e", (9 + 9 + 3) / 2),
    edge("test.sender.b", "prometheus.relabel.r", 2),
    edge("test.sender.b", "prometheus.echo.e", 2),
  ]);
  expect(await stream.edges(2000)).toEqual([]);
});

test("what lies inside of a node counts as that node, and has a graph of its own", async () => {
  const t = await serve();
  await t.run(`
declare "inner" {
  argument "to" { }
  test.sender "s" { forward_to = [prometheus.relabel.pass.receiver] }
  prometheus.relabel "pass" { forward_to = argument.to.value }
}
inner "i" { to = [prometheus.echo.e.receiver] }
prometheus.echo "e" { }
`);
  const [outside, inside] = [await t.open("graph?window=1"), await t.open("graph/inner.i?window=1")];
  await t.send("inner.i/test.sender.s", batch("x", 3));
  const [all, own] = [outside.edges(1000), inside.edges(0)];
  expect(await all).toMatchObject([{ componentID: "inner.i", targetComponentIDs: ["prometheus.echo.e"], rate: 3 }]);
  expect(await own).toMatchObject([
    { componentID: "inner.i/test.sender.s", targetComponentIDs: ["inner.i/prometheus.relabel.pass"], rate: 3 },
  ]);
});

test("nobody is told of anything once the readers have left or debugging is switched off", async () => {
  const t = await serve();
  await t.run(CHAIN);
  expect(t.engine.taps.notify).toBeUndefined();
  const timers = t.clock.pending;
  const streams = [await t.open("debug/prometheus.echo.e"), await t.open("graph")];
  expect(t.engine.taps.notify).toBeDefined();
  for (const stream of streams) stream.leave();
  await until("the taps to be gone", () => t.engine.taps.notify === undefined && t.clock.pending === timers);
  await t.open("debug/prometheus.echo.e");
  t.live.prepare({ enabled: false })();
  expect(t.engine.taps.notify).toBeUndefined();
  expect(await t.get("debug/prometheus.echo.e")).toContain("the live debugging service is disabled");
});

test("components say whether they can be watched", async () => {
  const t = await serve();
  await t.run(`${CHAIN}local.file "f" { filename = ${JSON.stringify(import.meta.filename)} }`);
  const components = JSON.parse(await t.get("components")) as { localID: string; liveDebuggingEnabled: boolean }[];
  expect(components.filter((one) => !one.liveDebuggingEnabled).map((one) => one.localID)).toEqual(["local.file.f"]);
});
