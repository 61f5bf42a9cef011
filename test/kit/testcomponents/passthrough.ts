import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { duration, string } from "#src/schema/type.ts";
import { sleep } from "#src/util/clock.ts";

export default component({
  name: "testcomponents.passthrough",
  stability: "public-preview",
  doc: "Exports what it is given.",
  args: {
    input: attr(string, "What to export."),
    lag: attr(duration, "How long that takes.", { default: 0 }),
  },
  exports: { output: attr(string, "What it was given.", { optional: true }) },
  examples: [`testcomponents.passthrough "p" {\n  input = "x"\n}`],
  async create({ input, lag }, ctx) {
    if (lag > 0) await sleep(ctx.clock, lag, ctx.signal);
    ctx.export({ output: input });
    return {
      async update(next) {
        if (next.lag > 0) await sleep(ctx.clock, next.lag, ctx.signal);
        return { apply: () => undefined, exports: { output: next.input } };
      },
      debug: () => ({ component_version: "v0.1-beta.0" }),
    };
  },
});
