import { component } from "#src/component/define.ts";
import { samples } from "#src/component/types.ts";
import { attr, block, blocks } from "#src/schema/field.ts";
import { duration, list, oneOf, secret, string } from "#src/schema/type.ts";

/** The definition's types reach `create`: wrong uses do not compile. */
export const example = component({
  name: "test.example",
  stability: "experimental",
  doc: "Shows what a definition infers.",
  args: {
    format: attr(oneOf("text", "json"), "How to print.", { default: "text" }),
    every: attr(duration, "How often."),
    password: attr(secret, "A secret.", { optional: true }),
    forward_to: attr(list(samples), "Where samples go."),
    queue: block({ capacity: attr(duration, "Capacity.", { default: 1 }) }, "The queue.", { absent: "defaults" }),
    rule: blocks({ action: attr(string, "What to do.") }, "Rules."),
  },
  exports: { receiver: attr(samples, "Takes samples.") },
  examples: [],
  create(args, ctx) {
    const format: "text" | "json" = args.format;
    const every: number = args.every;
    const capacity: number = args.queue.capacity;
    const action: string | undefined = args.rule[0]?.action;
    // @ts-expect-error a secret that may be absent is not text
    const leak: string = args.password;
    // @ts-expect-error only declared exports exist
    ctx.export({ other: 1 });
    ctx.export({ receiver: { consume() {} } });
    void [format, every, capacity, action, leak];
    return {};
  },
});
