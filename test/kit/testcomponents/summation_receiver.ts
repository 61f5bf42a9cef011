import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { ints } from "./receivers.ts";

export default component({
  name: "testcomponents.summation_receiver",
  stability: "public-preview",
  doc: "Adds up what it receives.",
  args: {},
  exports: { receiver: attr(ints, "Takes numbers.") },
  examples: [`testcomponents.summation_receiver "s" { }`],
  create(_, ctx) {
    let sum = 0;
    ctx.export({ receiver: { consume: (n) => void (sum += n) } });
    return { update: () => () => undefined, debug: () => sum };
  },
});
