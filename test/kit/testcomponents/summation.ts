import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { int } from "#src/schema/type.ts";

export default component({
  name: "testcomponents.summation",
  stability: "public-preview",
  doc: "Adds up what it is given.",
  args: { input: attr(int, "What to add.") },
  exports: {
    sum: attr(int, "The sum."),
    last_added: attr(int, "What came last."),
  },
  examples: [`testcomponents.summation "s" {\n  input = 1\n}`],
  create({ input }, ctx) {
    let sum = input;
    ctx.export({ sum, last_added: input });
    return {
      update(next) {
        const grown = sum + next.input;
        return { apply: () => void (sum = grown), exports: { sum: grown, last_added: next.input } };
      },
    };
  },
});
