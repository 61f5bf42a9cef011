import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Capsule, FunctionValue, type Value } from "#src/value/value.ts";

/** The first argument that is neither null nor the zero value of its kind; else the last. */
export const coalesce = new FunctionValue(
  "coalesce",
  (args) => args.find((arg) => !isEmpty(arg)) ?? args.at(-1) ?? null,
);

function isEmpty(v: Value): boolean {
  if (v === null || v === "" || v === false || v === 0n || Object.is(v, 0)) return true;
  if (typeof v !== "object" || v instanceof FunctionValue) return false;
  if (v instanceof Secret) return v.reveal() === "";
  if (v instanceof OptionalSecret) return !v.isSecret && v.reveal() === "";
  if (v instanceof Capsule) return v.asObject?.().size === 0;
  return v instanceof Map ? v.size === 0 : (v as readonly Value[]).length === 0;
}
