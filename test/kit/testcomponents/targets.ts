import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { list, target } from "#src/schema/type.ts";

export default component({
  name: "testcomponents.targets",
  stability: "public-preview",
  doc: "Exports the targets it is given.",
  args: { targets: attr(list(target), "What to export.") },
  exports: { output: attr(list(target), "What it was given.", { optional: true }) },
  examples: [`testcomponents.targets "t" {\n  targets = [{"a" = "b"}]\n}`],
  create({ targets }, ctx) {
    ctx.export({ output: targets });
    return { update: (next) => ({ apply: () => undefined, exports: { output: next.targets } }) };
  },
});
