/** Where a metrics component forwards to, with the counts that all of them keep. */
import type { Metrics } from "#src/util/metrics.ts";
import { fanOut, type Consumer } from "#src/signal/consumer.ts";
import { copySamples, type SampleBatch, type SampleConsumer } from "#src/signal/samples.ts";

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export interface Fanout extends Consumer<SampleBatch> {
  /** The next batch goes to these. */
  point(targets: readonly SampleConsumer[]): void;
}

/** Hands each batch to all targets and measures how long they take. */
export function createFanout(targets: readonly SampleConsumer[], metrics: Metrics): Fanout {
  const forwarded = metrics.counter(
    "prometheus_forwarded_samples_total",
    "Total number of samples sent to downstream components.",
  );
  const latency = metrics.histogram(
    "prometheus_fanout_latency",
    "Write latency for sending to direct and indirect components",
    BUCKETS,
  );
  let out = fanOut(targets, copySamples);
  return {
    point(next) {
      out = fanOut(next, copySamples);
    },
    consume(batch) {
      const start = performance.now();
      const done = (): void => {
        latency.observe((performance.now() - start) / 1000);
        forwarded.inc(batch.row.length);
      };
      const wait = out.consume(batch);
      return wait === undefined ? done() : wait.then(done);
    },
  };
}
