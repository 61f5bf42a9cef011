import type { Shape } from "#src/schema/field.ts";

/** The same fields, each refused by name as not supported yet when it is set. */
export function refuseAll<S extends Shape>(shape: S): S {
  const fields = Object.entries(shape).map(([name, field]) =>
    field.field === "variants" ? [name, field] : [name, Object.freeze({ ...field, unsupported: true })],
  );
  return Object.freeze(Object.fromEntries(fields) as S);
}
