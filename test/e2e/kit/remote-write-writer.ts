/**
 * A process that sends numbered samples through `prometheus.remote_write` and prints each number once it is acknowledged,
 * and `held` when it has to wait for that. It ends when it is killed, or on SIGTERM after it has drained.
 *
 *     node remote-write-writer.ts FOLDER URL FIRST SERIES INTERVAL_MS
 */
import definition from "#components/prometheus/remote_write.ts";
import type { Context } from "#src/component/define.ts";
import { Labels } from "#src/signal/labels.ts";
import type { SampleConsumer } from "#src/signal/samples.ts";
import { systemClock } from "#src/util/clock.ts";
import { fakeContext } from "#test/kit/context.ts";
import { remoteWriteArgs } from "#test/kit/remote-write-args.ts";

const [folder = "", url = "", first = "0", count = "10", interval = "5"] = process.argv.slice(2);
let receiver: SampleConsumer | undefined;
const context: Context<{ receiver: SampleConsumer }> = {
  ...fakeContext<{ receiver: SampleConsumer }>({ dataDir: folder }),
  clock: systemClock,
  export: (exports) => void (receiver = exports.receiver ?? receiver),
};
const args = remoteWriteArgs({ name: "sink", url }, { batch_send_deadline: 50, max_backoff: 200 });
const instance = await definition.create(args, context);
await instance.start?.();

const series = Array.from({ length: Number(count) }, (_, i) =>
  Labels.from([
    ["__name__", "numbered"],
    ["series", String(i)],
  ]),
);
const row = Uint32Array.from(series, (_, i) => i);
let number = Number(first);
let ended = false;
process.once("SIGTERM", () => {
  ended = true;
});
// Nothing of a component keeps a process alive.
setInterval(() => undefined, 1000);
process.stdout.write("ready\n");
while (!ended) {
  const time = new Float64Array(row.length).fill(Date.now());
  const wait = receiver!.consume({ series, row, time, value: new Float64Array(row.length).fill(number) });
  if (wait instanceof Promise) process.stdout.write("held\n");
  await wait;
  process.stdout.write(`${number}\n`);
  number += 1;
  await new Promise((resolve) => setTimeout(resolve, Number(interval)));
}
await instance.stop?.();
process.exit(0);
