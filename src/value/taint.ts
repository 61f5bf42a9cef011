import { OptionalSecret, Secret } from "./secret.ts";
import { Capsule, FunctionValue, type Value } from "./value.ts";

/** Whether it is a secret, or holds one anywhere inside. */
export function isSecret(v: Value): boolean {
  if (typeof v !== "object" || v === null || v instanceof Uint8Array || v instanceof FunctionValue) return false;
  if (v instanceof Capsule) return v instanceof Secret || (v instanceof OptionalSecret && v.isSecret);
  return v instanceof Map
    ? [...(v.values() as Iterable<Value>)].some(isSecret)
    : (v as readonly Value[]).some(isSecret);
}
