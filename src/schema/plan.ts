/**
 * A shape made ready for looking up what a body holds. Plans are made once for each shape; shapes may contain themselves,
 * so nested plans are made when they are first needed.
 */
import type { Attr, BlockField, Shape, Variants } from "./field.ts";

export type AnyAttr = Attr<unknown>;
export type AnyBlock = BlockField<Shape, unknown>;
export type AnyVariants = Variants<Readonly<Record<string, Shape>>>;

export type Slot =
  | { readonly is: "attr"; readonly name: string; readonly field: AnyAttr }
  | { readonly is: "block"; readonly name: string; readonly field: AnyBlock }
  /** One of the alternative blocks below `name`. */
  | { readonly is: "variant"; readonly name: string; readonly variant: string; readonly shape: Shape };

export interface Plan {
  /** By the name as it stands in a body: `url`, `queue`, `stage.json`. */
  readonly slots: ReadonlyMap<string, Slot>;
  readonly required: readonly Exclude<Slot, { readonly is: "variant" }>[];
  readonly shape: Shape;
}

const plans = new WeakMap<Shape, Plan>();

/** The plan of a shape. */
export function planOf(shape: Shape): Plan {
  let plan = plans.get(shape);
  if (plan === undefined) {
    plan = makePlan(shape);
    plans.set(shape, plan);
  }
  return plan;
}

function makePlan(shape: Shape): Plan {
  const slots = new Map<string, Slot>();
  const required: Exclude<Slot, { readonly is: "variant" }>[] = [];
  for (const [name, field] of Object.entries(shape)) {
    if (field.field === "variants") {
      for (const [variant, inner] of Object.entries((field as AnyVariants).variants))
        slots.set(`${name}.${variant}`, { is: "variant", name, variant, shape: inner });
      continue;
    }
    const slot: Exclude<Slot, { readonly is: "variant" }> =
      field.field === "attr"
        ? { is: "attr", name, field: field as AnyAttr }
        : { is: "block", name, field: field as AnyBlock };
    slots.set(name, slot);
    if (field.required) required.push(slot);
  }
  return { slots, required, shape };
}
