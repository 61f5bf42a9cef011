import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { duration, int } from "#src/schema/type.ts";

export default component({
  name: "testcomponents.count",
  stability: "public-preview",
  doc: "Exports a number that grows.",
  args: {
    frequency: attr(duration, "How often it grows."),
    max: attr(int, "Where it ends; 0 for never."),
  },
  exports: { count: attr(int, "The number.", { optional: true }) },
  examples: [`testcomponents.count "c" {\n  frequency = "10ms"\n  max       = 10\n}`],
  check: ({ frequency }) => (frequency === 0 ? [{ path: "frequency", message: "frequency must not be 0" }] : []),
  create(first, ctx) {
    let args = first;
    let count = 0;
    const tick = (): void => {
      if (args.max === 0 || count < args.max) ctx.export({ count: ++count });
      wait();
    };
    const wait = (): void => {
      if (!ctx.signal.aborted) ctx.clock.after(args.frequency, tick);
    };
    return { start: wait, update: (next) => () => void (args = next) };
  },
});
