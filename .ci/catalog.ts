/**
 * Writes `src/component/alloy.json`, the compact record of Alloy's components: `node .ci/catalog.ts PATH/components.json`.
 * The format is described in `src/component/alloy.ts`, which reads it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AlloyCatalog, CompactShape } from "../src/component/alloy.ts";

interface RawArgument {
  readonly name: string;
  readonly type: string;
  readonly goType?: string;
  readonly default: string | null;
  readonly required: boolean | "conditional";
  readonly stability?: string;
  readonly onlyInDocs?: boolean;
}
interface RawBlock {
  readonly path: readonly string[];
  readonly required: boolean | "conditional";
  readonly repeatable?: boolean;
  readonly labeled?: boolean;
  readonly recursiveInto?: string;
  readonly onlyInDocs?: boolean;
  readonly arguments: readonly RawArgument[];
}
interface RawComponent {
  readonly name: string;
  readonly stability: string;
  readonly removed?: boolean;
  readonly arguments: readonly RawArgument[];
  readonly blocks: readonly RawBlock[];
}

const STABILITY: Readonly<Record<string, string>> = {
  ga: "g",
  "public-preview": "p",
  experimental: "e",
  community: "c",
};

/** The order in which Alloy reports missing fields, where it is not that of the reference. */
const ORDER: Readonly<Record<string, string>> = {
  "discovery.azure oauth": "client_id tenant_id client_secret",
  "discovery.nerve": "servers paths",
  "discovery.openstack": "role region",
  "discovery.puppetdb": "url query",
  "discovery.scaleway": "project_id role access_key",
  "discovery.serverset": "servers paths",
  "discovery.uyuni": "server username password",
  "faro.receiver sourcemaps location": "path minified_path_prefix",
  "loki.source.azure_event_hubs": "fully_qualified_namespace event_hubs authentication forward_to",
  "otelcol.exporter.loadbalancing": "protocol resolver",
  "otelcol.processor.tail_sampling": "policy output",
  "otelcol.receiver.filelog header": "pattern metadata_operators",
  "otelcol.receiver.jaeger": "protocols output",
  "otelcol.receiver.solace": "queue auth output",
  "otelcol.receiver.solace auth sasl_xauth2": "username bearer",
  "prometheus.exporter.azure": "subscriptions resource_type metrics",
  "prometheus.exporter.databricks": "server_hostname warehouse_http_path client_id client_secret",
  "prometheus.exporter.gcp": "project_ids metrics_prefixes",
  "remote.vault": "server path",
};
const USUAL_ORDER = "namespace name match_type username password targets target_match_label topics * forward_to";

const [reference] = process.argv.slice(2);
if (reference === undefined) throw new Error("usage: node .ci/catalog.ts PATH/components.json");
const { components } = JSON.parse(readFileSync(reference, "utf8")) as { readonly components: readonly RawComponent[] };

const shapes: CompactShape[] = [];
const known = new Map<string, number>();

const catalog: AlloyCatalog = {
  shapes,
  components: Object.fromEntries(
    components
      .filter((c) => c.removed !== true)
      .map((c) => [c.name, [STABILITY[c.stability] ?? "g", shapeOf(c, [])] as const]),
  ),
};

const target = join(import.meta.dirname, "..", "src", "component", "alloy.json");
const lines = shapes.map((shape) => JSON.stringify(shape)).join(",\n");
const names = Object.entries(catalog.components).map(([name, entry]) => `"${name}":${JSON.stringify(entry)}`);
writeFileSync(target, `{"shapes":[\n${lines}\n],"components":{\n${names.join(",\n")}\n}}\n`);

/** The index of a block's shape; equal shapes are stored once. */
function shapeOf(component: RawComponent, path: readonly string[]): number {
  const at = path.join("\0");
  const here = component.blocks.filter((b) => b.onlyInDocs !== true && b.path.slice(0, -1).join("\0") === at);
  const args =
    path.length === 0 ? component.arguments : component.blocks.find((b) => b.path.join("\0") === at)!.arguments;
  const fields = new Map<string, { readonly required: boolean; readonly code: CompactShape[string] }>();
  for (const a of args) {
    if (a.onlyInDocs !== true) fields.set(a.name, { required: a.required === true, code: attribute(a) });
  }
  for (const b of here) {
    const recursive = b.recursiveInto !== undefined;
    const inner = recursive
      ? shapeOf({ ...component, blocks: withoutChildren(component, b) }, b.path)
      : shapeOf(component, b.path);
    const flags =
      (b.required === true ? "!" : "") +
      (b.repeatable === true ? "*" : "") +
      (b.labeled === true ? "@" : "") +
      (recursive ? `^${b.recursiveInto}` : "");
    fields.set(b.path.at(-1)!, { required: b.required === true, code: flags === "" ? inner : [inner, flags] });
  }
  const order = (ORDER[[component.name, ...path].join(" ")] ?? USUAL_ORDER).split(" ");
  const star = order.indexOf("*") < 0 ? order.length : order.indexOf("*");
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : star);
  const sorted = [...fields].sort(
    ([a, x], [b, y]) => Number(y.required) - Number(x.required) || (x.required ? rank(a) - rank(b) : 0),
  );
  const shape = Object.fromEntries(sorted.map(([name, field]) => [name, field.code]));
  const key = JSON.stringify(shape);
  const existing = known.get(key);
  if (existing !== undefined) return existing;
  known.set(key, shapes.length);
  return shapes.push(shape) - 1;
}

function withoutChildren(component: RawComponent, block: RawBlock): readonly RawBlock[] {
  return component.blocks.filter((b) => b === block || !b.path.join("\0").startsWith(`${block.path.join("\0")}\0`));
}

function attribute(a: RawArgument): string {
  const stability = a.stability === undefined ? "" : `~${STABILITY[a.stability] ?? "g"}`;
  return typeOf(a) + (a.required === true ? "!" : "") + stability + (a.default === null ? "" : `=${a.default}`);
}

/** Names of types as our own definitions have them; what only describes itself is `any`. */
function typeOf(a: RawArgument): string {
  return (a.goType ?? a.type)
    .replaceAll("capsule(Target)", "target")
    .replace(/object\{.*\}/, "any")
    .replace("string or secret", "optional_secret");
}
