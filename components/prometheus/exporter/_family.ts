/**
 * The family of `prometheus.exporter.*`: a member says how to make its page, and gets the exported target, its HTTP handler
 * and the bookkeeping. Pages are made on demand, when somebody scrapes; concurrent scrapes share one.
 */
import { hostname } from "node:os";
import { component, type ComponentDef, type Context, type Problem } from "#src/component/define.ts";
import { attr, type Infer, type Shape, type Stability } from "#src/schema/field.ts";
import { list, target } from "#src/schema/type.ts";
import { Target } from "#src/value/target.ts";

const exports = { targets: attr(list(target), "The targets to scrape for the metrics of the exporter.") };
type Exports = typeof exports;

export interface Exporter<A> {
  /** The page in text format 0.0.4. Throws when nothing can be said; the scrape then fails. */
  collect(signal: AbortSignal): Promise<string>;
  /** Prepares new arguments. */
  update?(next: A): () => void;
}

export interface ExporterDef<A extends Shape> {
  readonly name: string;
  readonly stability: Stability;
  readonly doc: string;
  readonly args: A;
  readonly examples: readonly string[];
  readonly check?: (args: Infer<A>) => readonly Problem[];
  readonly open: (args: Infer<A>, ctx: Context<Infer<Exports>>) => Exporter<Infer<A>>;
}

/** Makes a whole component of an exporter. */
export function metricsExporter<const A extends Shape>(def: ExporterDef<A>): ComponentDef<A, Exports> {
  const job = `integrations/${def.name.slice(def.name.lastIndexOf(".") + 1)}`;
  return component<A, Exports>({
    name: def.name,
    stability: def.stability,
    doc: def.doc,
    args: def.args,
    exports,
    examples: def.examples,
    ...(def.check === undefined ? {} : { check: def.check }),
    create(args, ctx) {
      const exporter = def.open(args, ctx);
      let running: Promise<string> | undefined;
      const { address, path } = ctx.serve(async (request) => {
        if (request.path.split("?")[0] !== "/metrics") return { status: 404, headers: {}, body: "not found\n" };
        running ??= exporter.collect(ctx.signal).finally(() => (running = undefined));
        const body = await running;
        return { status: 200, headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, body };
      });
      ctx.export({
        targets: [
          new Target(
            new Map([
              ["__address__", address],
              ["__scheme__", "http"],
              ["__metrics_path__", `${path.replace(/\/$/, "")}/metrics`],
              ["__meta_component_id", ctx.id],
              ["__meta_component_name", def.name],
              ["instance", hostname()],
              ["job", job],
            ]),
          ),
        ],
      });
      ctx.health("healthy", "ready to be scraped");
      return exporter.update === undefined ? {} : { update: (next) => exporter.update!(next) };
    },
  });
}
