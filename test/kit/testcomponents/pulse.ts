import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { duration, int, list } from "#src/schema/type.ts";
import { ints } from "./receivers.ts";

export default component({
  name: "testcomponents.pulse",
  stability: "public-preview",
  doc: "Sends the number one, again and again.",
  args: {
    frequency: attr(duration, "How often."),
    max: attr(int, "How many times; 0 for ever."),
    forward_to: attr(list(ints), "Where to.", { default: [] }),
  },
  exports: {},
  examples: [`testcomponents.pulse "p" {\n  frequency = "10ms"\n  max       = 3\n}`],
  check: ({ frequency }) => (frequency === 0 ? [{ path: "frequency", message: "frequency must not be 0" }] : []),
  create(first, ctx) {
    let args = first;
    let sent = 0;
    const counter = ctx.metrics.counter("pulse_count", "");
    const beat = (): void => {
      if (args.max === 0 || sent < args.max) {
        for (const receiver of args.forward_to) void receiver.consume(1);
        counter.inc();
        sent++;
      }
      wait();
    };
    const wait = (): void => {
      if (!ctx.signal.aborted) ctx.clock.after(args.frequency, beat);
    };
    return { start: wait, update: (next) => () => void (args = next) };
  },
});
