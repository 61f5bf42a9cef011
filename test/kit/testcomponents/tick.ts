import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { duration, string } from "#src/schema/type.ts";

export default component({
  name: "testcomponents.tick",
  stability: "public-preview",
  doc: "Exports the time.",
  args: { frequency: attr(duration, "How often.") },
  exports: { tick_time: attr(string, "The time of the last tick.", { optional: true }) },
  examples: [`testcomponents.tick "t" {\n  frequency = "1s"\n}`],
  check: ({ frequency }) => (frequency === 0 ? [{ path: "frequency", message: "frequency must not be 0" }] : []),
  create(first, ctx) {
    let args = first;
    const wait = (): void => {
      if (ctx.signal.aborted) return;
      ctx.clock.after(args.frequency, () => {
        ctx.export({ tick_time: new Date(ctx.clock.now()).toISOString() });
        wait();
      });
    };
    return { start: wait, update: (next) => () => void (args = next) };
  },
});
