import { component } from "#src/component/define.ts";
import { attr } from "#src/schema/field.ts";
import { texts } from "./receivers.ts";

export default component({
  name: "testcomponents.string_receiver",
  stability: "public-preview",
  doc: "Keeps the lines it receives.",
  args: {},
  exports: { receiver: attr(texts, "Takes texts.") },
  examples: [`testcomponents.string_receiver "s" { }`],
  create(_, ctx) {
    let lines = "";
    ctx.export({ receiver: { consume: (line) => void (lines += `${line}\n`) } });
    return { update: () => () => undefined, debug: () => lines };
  },
});
