import type { Infer, Shape } from "./field.ts";

const known = new WeakMap<Shape, Readonly<Record<string, unknown>>>();
const NONE: readonly never[] = Object.freeze([]);

/** What a shape decodes to where nothing is given. Required fields are left undefined. */
export function defaultsOf<S extends Shape>(shape: S): Infer<S> {
  let defaults = known.get(shape);
  if (defaults === undefined) {
    const host: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(shape)) {
      if (field.field === "attr") host[name] = field.default;
      else if (field.field === "variants" || field.many) host[name] = NONE;
      else host[name] = field.absent === "defaults" ? defaultsOf(field.shape as Shape) : undefined;
    }
    defaults = Object.freeze(host);
    known.set(shape, defaults);
  }
  return defaults as Infer<S>;
}
