import { makeBundle } from "#src/source/bundle.ts";
import { source } from "#src/source/define.ts";
import { attr } from "#src/schema/field.ts";
import { optionalSecret } from "#src/schema/type.ts";

const FILE = "content.alloy";

export default source({
  name: "string",
  doc: "Configuration that another component exports, or that is written in place.",
  args: { content: attr(optionalSecret, "The configuration text.") },
  transient: true,
  examples: [`import.string "math" {\n  content = local.file.module.content\n}`],
  interval: () => 0,
  open({ content }, ctx) {
    const files = new Map([[FILE, Buffer.from(content.reveal())]]);
    const bundle = makeBundle({ id: "content", at: new Date(ctx.clock.now()), entry: FILE, files });
    return {
      name: "import.string",
      async fetch(known) {
        return known?.digest === bundle.revision.digest ? "unchanged" : bundle;
      },
    };
  },
});
