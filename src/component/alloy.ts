/**
 * What Alloy's components accept, for those that do not run here yet: their arguments are checked all the same, and the
 * conformance tests hold our own definitions against it. `alloy.json` is written by `.ci/catalog.ts`.
 *
 * Its shapes map a field to a text or a reference. An attribute is `TYPE`, then `!` if required, `~p` or `~e` for its
 * stability, `=` and its default as configuration text. A block is the index of its shape, or that with flags:
 * `!` required, `*` repeatable, `@` labelled, `^PREFIX` may hold the blocks `PREFIX.…` of the component's top level.
 */
import { attr, block, blocks, labelledBlocks, type Attr, type Shape, type Stability } from "#src/schema/field.ts";
import * as type from "#src/schema/type.ts";
import type { Type } from "#src/schema/type.ts";
import catalog from "./alloy.json" with { type: "json" };

export type CompactShape = { readonly [field: string]: string | number | readonly [shape: number, flags: string] };
export interface AlloyCatalog {
  readonly shapes: readonly CompactShape[];
  readonly components: Readonly<Record<string, readonly [stability: string, shape: number]>>;
}

export interface AlloyComponent {
  readonly name: string;
  readonly args: Shape;
  readonly stability: Stability;
  readonly community: boolean;
}

const { shapes, components } = catalog as unknown as AlloyCatalog;
const STABILITIES: Readonly<Record<string, Stability>> = { e: "experimental", p: "public-preview" };

/** Names of all components that Alloy has. */
export const alloyComponents: readonly string[] = Object.keys(components);

/** What Alloy accepts for a component; undefined if it has none of that name. */
export function findAlloyComponent(name: string): AlloyComponent | undefined {
  if (!Object.hasOwn(components, name)) return undefined;
  const [stability, shape] = components[name]!;
  return {
    name,
    args: buildShape(shape, undefined, new Map()),
    stability: STABILITIES[stability] ?? "generally-available",
    community: stability === "c",
  };
}

/** The defaults of a component's attributes as configuration text, by dotted path; attributes without one are left out. */
export function alloyDefaults(name: string): ReadonlyMap<string, string> {
  const defaults = new Map<string, string>();
  const entry = Object.hasOwn(components, name) ? components[name] : undefined;
  const visit = (index: number, path: string): void => {
    for (const [field, code] of Object.entries(shapes[index]!)) {
      if (typeof code !== "string") visit(typeof code === "number" ? code : code[0], `${path}${field} `);
      else if (code.includes("=")) defaults.set(path + field, code.slice(code.indexOf("=") + 1));
    }
  };
  if (entry !== undefined) visit(entry[1], "");
  return defaults;
}

function buildShape(index: number, top: Shape | undefined, made: Map<number, Shape>): Shape {
  const existing = made.get(index);
  if (existing !== undefined) return existing;
  const shape: Record<string, Shape[string]> = {};
  made.set(index, shape);
  for (const [field, code] of Object.entries(shapes[index]!)) {
    if (typeof code === "string") {
      shape[field] = buildAttribute(code);
      continue;
    }
    const [inner, flags] = typeof code === "number" ? [code, ""] : code;
    shape[field] = buildBlock(buildShape(inner, top ?? shape, made), flags);
  }
  for (const code of Object.values(shapes[index]!)) {
    const prefix = typeof code === "object" ? /\^(.+)$/.exec(code[1])?.[1] : undefined;
    if (prefix === undefined || typeof code !== "object") continue;
    const nested = made.get(code[0])! as Record<string, Shape[string]>;
    for (const [field, value] of Object.entries(top ?? shape))
      if (field.startsWith(`${prefix}.`)) nested[field] = value;
  }
  return shape;
}

function buildBlock(shape: Shape, flags: string): Shape[string] {
  const required = flags.includes("!") ? ({ required: true } as const) : {};
  if (flags.includes("@")) return labelledBlocks(shape, "See Alloy's reference.", required);
  if (flags.includes("*")) return blocks(shape, "See Alloy's reference.", required);
  return flags.includes("!")
    ? block(shape, "See Alloy's reference.", { required: true })
    : block(shape, "See Alloy's reference.");
}

function buildAttribute(code: string): Attr<unknown> {
  const [, name, required, stability] = /^([^!~=]+)(!?)(?:~(\w))?/.exec(code)!;
  const level = stability === undefined ? undefined : STABILITIES[stability];
  const options = level === undefined ? {} : { stability: level };
  const of = parseType(name!);
  return required === "!"
    ? attr<unknown>(of, "See Alloy's reference.", options)
    : attr<unknown>(of, "See Alloy's reference.", { ...options, optional: true });
}

const SIMPLE: Readonly<Record<string, Type<unknown>>> = {
  string: type.string,
  bool: type.bool,
  number: type.number,
  duration: type.duration,
  secret: type.secret,
  optional_secret: type.optionalSecret,
  target: type.target,
  any: type.any,
};

function parseType(name: string): Type<unknown> {
  const inner = /^(list|map|capsule)\((.*)\)$/.exec(name);
  if (inner === null) return SIMPLE[name] ?? type.any;
  const [, kind, of] = inner;
  if (kind === "list") return type.list(parseType(of!));
  if (kind === "map") return type.map(parseType(of!));
  return type.handle(of!, (host): host is unknown => host !== undefined);
}
