/** Which definitions let data pass, and by whom what goes through a port was sent. */
import type { ComponentDef } from "#src/component/define.ts";
import type { Shape } from "#src/schema/field.ts";
import type { AnyAttr, AnyBlock, AnyVariants } from "#src/schema/plan.ts";
import type { TypeData } from "#src/schema/type.ts";
import { Port } from "#src/signal/consumer.ts";
import type { Traffic } from "./types.ts";

const carrying = new WeakMap<Shape, boolean>();
const traffic = new WeakMap<ComponentDef, Traffic>();

/** What can be seen of components of a definition. */
export function trafficOf(def: ComponentDef): Traffic {
  let known = traffic.get(def);
  if (known === undefined) {
    const targets = Object.entries(def.exports)
      .filter(([, field]) => field.field === "attr" && isTargets((field as AnyAttr).type))
      .map(([name]) => name);
    traffic.set(def, (known = { batches: carries(def.args) || carries(def.exports), targets }));
  }
  return known;
}

/** The same arguments, in which each port is the end that this sender holds of it. Nothing is copied where there is no port. */
export function markSender(shape: Shape, args: unknown, sender: string): unknown {
  if (!carries(shape)) return args;
  const host = args as Readonly<Record<string, unknown>>;
  const marked: Record<string, unknown> = { ...host };
  for (const [name, field] of Object.entries(shape)) {
    const value = host[name];
    if (value === undefined) continue;
    if (field.field === "attr") {
      if (carriesType((field as AnyAttr).type)) marked[name] = markValue((field as AnyAttr).type, value, sender);
    } else if (field.field === "variants") {
      const { variants } = field as AnyVariants;
      marked[name] = (value as readonly { readonly name: string }[]).map((one) =>
        markSender(variants[one.name]!, one, sender),
      );
    } else {
      const inner = (field as AnyBlock).shape;
      marked[name] = Array.isArray(value)
        ? value.map((one) => markSender(inner, one, sender))
        : markSender(inner, value, sender);
    }
  }
  return marked;
}

function markValue(type: TypeData, value: unknown, sender: string): unknown {
  if (value instanceof Port) return value.from(sender);
  if (type.kind === "list") return (value as readonly unknown[]).map((item) => markValue(type.of, item, sender));
  if (type.kind === "map")
    return new Map(
      Array.from(value as ReadonlyMap<string, unknown>, ([key, item]) => [key, markValue(type.of, item, sender)]),
    );
  if (type.kind === "object") return markSender(type.shape, value, sender);
  return value;
}

/** Whether a shape has a place for consumers. */
function carries(shape: Shape): boolean {
  let known = carrying.get(shape);
  if (known === undefined) carrying.set(shape, (known = search(shape, new Set())));
  return known;
}

/** `seen`, for shapes may contain themselves. */
function search(shape: Shape, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return false;
  seen.add(shape);
  return Object.values(shape).some((field) => {
    if (field.field === "attr") return carriesType((field as AnyAttr).type);
    if (field.field === "block") return search((field as AnyBlock).shape, seen);
    return Object.values((field as AnyVariants).variants).some((variant) => search(variant, seen));
  });
}

function carriesType(type: TypeData): boolean {
  if (type.kind === "handle") return type.consumer;
  if (type.kind === "list" || type.kind === "map") return carriesType(type.of);
  return type.kind === "object" && carries(type.shape);
}

function isTargets(type: TypeData): boolean {
  return type.kind === "list" && type.of.kind === "target";
}
