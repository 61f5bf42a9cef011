import { component } from "#src/component/define.ts";
import { samples } from "#src/component/types.ts";
import { attr } from "#src/schema/field.ts";
import { oneOf } from "#src/schema/type.ts";
import { printFamilies } from "#src/wire/exposition-print.ts";

/** Text of one log line; a batch that is longer takes several. */
const MAX_LINE = 30_000;

/** Prints what arrives. */
export default component({
  name: "prometheus.echo",
  stability: "generally-available",
  doc: "Writes the samples it receives to the log, as a page of metrics.",
  args: { format: attr(oneOf("text", "openmetrics"), "Format of the page.", { default: "text" }) },
  exports: { receiver: attr(samples, "Takes samples.") },
  examples: [`prometheus.echo "debug" {\n  format = "openmetrics"\n}\n`],
  create(args, ctx) {
    let { format } = args;
    ctx.export({
      receiver: {
        consume(batch) {
          if (!ctx.log.enabled("info")) return;
          for (const metrics of pack(printFamilies(batch, format))) ctx.log.info("received metrics", { metrics });
        },
      },
    });
    ctx.health("healthy", "ready to print samples");
    return {
      update: (next) => () => {
        format = next.format;
      },
    };
  },
});

/** Joins families to texts that a log line can hold. */
function pack(families: readonly string[]): readonly string[] {
  const texts: string[] = [];
  for (const family of families) {
    const last = texts.at(-1);
    if (last !== undefined && last.length + family.length <= MAX_LINE) texts[texts.length - 1] = last + family;
    else texts.push(family);
  }
  return texts;
}
