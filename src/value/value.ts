/**
 * Run-time values of the configuration language, as the evaluator sees them.
 * Integers are `bigint` (int64; past its range, uint64), floats are `number`, objects are `Map`s in insertion order,
 * bytes are `Uint8Array` (an array to expressions), everything foreign is a `Capsule`.
 * What components receive are not these but plain TypeScript values, decoded by `src/schema/decode.ts`.
 */

export type Value =
  null | boolean | string | bigint | number | ArrayValue | Uint8Array | ObjectValue | FunctionValue | Capsule;
export type ArrayValue = readonly Value[];
export type ObjectValue = ReadonlyMap<string, Value>;
export type TypeName = "null" | "number" | "string" | "bool" | "array" | "object" | "function" | "capsule";

/** A host value that expressions can only pass on. `capsule` is the stable name of its type: `Secret`, `Target`, `MetricsReceiver`. */
export abstract class Capsule {
  abstract readonly capsule: string;
  /** The object it reads as in `.x` and `["x"]`, if it is convertible to one (a target). */
  asObject?(): ObjectValue;
  /** The string it converts to, if it may be read in clear. */
  asString?(): string | undefined;
  /** Same meaning as another capsule of the same name; reference identity without it. */
  equals?(other: Capsule): boolean;
  /** What renderers print for it; `capsule("NAME")` without it. */
  describe?(): string;
}

/** A function callable from expressions. Arguments arrive evaluated; the body throws `CallError` for the caller's mistakes. */
export class FunctionValue {
  readonly name: string;
  readonly call: (args: readonly Value[]) => Value;
  constructor(name: string, call: (args: readonly Value[]) => Value) {
    this.name = name;
    this.call = call;
  }
}

export function typeOf(v: Value): TypeName {
  switch (typeof v) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "bigint":
    case "number":
      return "number";
    default:
      if (v === null) return "null";
      if (Array.isArray(v) || v instanceof Uint8Array) return "array";
      if (v instanceof FunctionValue) return "function";
      if (v instanceof Capsule) return "capsule";
      return "object";
  }
}

/** The type as messages name it: `number`, `capsule("Secret")`. */
export function describeType(v: Value): string {
  return v instanceof Capsule ? `capsule(${JSON.stringify(v.capsule)})` : typeOf(v);
}
