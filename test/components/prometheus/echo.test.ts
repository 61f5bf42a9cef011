import { expect, test } from "vitest";
import echo from "#components/prometheus/echo.ts";
import { Labels } from "#src/signal/labels.ts";
import { setStale, words, type SampleBatch } from "#src/signal/samples.ts";
import { fakeContext } from "#test/kit/context.ts";

function sampleBatch(): SampleBatch {
  const batch: SampleBatch = {
    series: [
      Labels.from([
        ["__name__", "b"],
        ["x", 'a"\\\n'],
      ]),
      Labels.from([
        ["__name__", "a"],
        ["z", "1"],
        ["odd.name", "2"],
      ]),
      Labels.from([["__name__", "c.d"]]),
      Labels.from([
        ["__name__", "a"],
        ["z", "0"],
      ]),
    ],
    row: Uint32Array.from([0, 1, 2, 3]),
    time: Float64Array.from([1000, 1500, 2000, 1]),
    value: Float64Array.from([1, 1e6, 0, NaN]),
    exemplars: [{ row: 0, labels: Labels.from([["id", "1"]]), value: 2, time: 500 }],
    metadata: [{ family: "b", type: "gauge", help: 'He"lp\n', unit: "" }],
  };
  setStale(words(batch.value), 2);
  return batch;
}

test("prints a page, families and series in order", () => {
  const context = fakeContext<{ readonly receiver: { consume(batch: SampleBatch): void | Promise<void> } }>();
  void echo.create({ format: "text" }, context);
  void context.exported.receiver!.consume(sampleBatch());
  expect(context.lines.map(({ level, message }) => [level, message])).toEqual([["info", "received metrics"]]);
  expect(context.lines[0]!.fields["metrics"]).toBe(
    [
      "# TYPE a untyped",
      'a{"odd.name"="2",z="1"} 1e+06 1500',
      'a{z="0"} NaN 1',
      '# HELP b He"lp\\n',
      "# TYPE b untyped",
      'b{x="a\\"\\\\\\n"} 1 1000',
      '# TYPE "c.d" untyped',
      '{"c.d"} NaN 2000',
      "",
    ].join("\n"),
  );
  context.dispose();
});

test("prints OpenMetrics after an update", async () => {
  const context = fakeContext<{ readonly receiver: { consume(batch: SampleBatch): void | Promise<void> } }>();
  const instance = await echo.create({ format: "text" }, context);
  const prepared = await instance.update!({ format: "openmetrics" });
  (typeof prepared === "function" ? prepared : prepared.apply)();
  void context.exported.receiver!.consume(sampleBatch());
  expect(context.lines[0]!.fields["metrics"]).toBe(
    [
      "# TYPE a unknown",
      'a{"odd.name"="2",z="1"} 1e+06 1.5',
      'a{z="0"} NaN 0.001',
      '# HELP b He\\"lp\\n',
      "# TYPE b unknown",
      'b{x="a\\"\\\\\\n"} 1.0 1 # {id="1"} 2.0 0.5',
      '# TYPE "c.d" unknown',
      '{"c.d"} NaN 2',
      "# EOF",
      "",
    ].join("\n"),
  );
  context.dispose();
});

test("a batch too long for one line takes several", () => {
  const context = fakeContext<{ readonly receiver: { consume(batch: SampleBatch): void | Promise<void> } }>();
  void echo.create({ format: "text" }, context);
  const series = Array.from({ length: 1000 }, (_, i) => Labels.from([["__name__", `metric_with_a_long_name_${i}`]]));
  const columns = { time: new Float64Array(1000), value: new Float64Array(1000) };
  void context.exported.receiver!.consume({ series, row: Uint32Array.from(series, (_, i) => i), ...columns });
  expect(context.lines.length).toBeGreaterThan(1);
  for (const line of context.lines) expect(String(line.fields["metrics"]).length).toBeLessThanOrEqual(30_000);
  context.dispose();
});
