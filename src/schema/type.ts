/**
 * Types as data. A `Type<T>` is a frozen record that says how configuration values map to the host type `T`;
 * readers (`decode.ts`, `encode.ts`, `docs.ts`, `json-schema.ts`) branch on `kind`, so a new reader touches no component.
 */
import type { Capsule, Value } from "#src/value/value.ts";
import type { OptionalSecret, Secret } from "#src/value/secret.ts";
import type { Target } from "#src/value/target.ts";
import type { Infer, Shape } from "./field.ts";

declare const host: unique symbol;

export type TypeData =
  | {
      readonly kind:
        "string" | "bool" | "number" | "duration" | "size" | "secret" | "optional_secret" | "any" | "target";
    }
  | { readonly kind: "int"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | {
      readonly kind: "text";
      readonly name: string;
      readonly parse: (text: string) => unknown;
      readonly print: (host: never) => string;
      readonly same: (a: never, b: never) => boolean;
    }
  | { readonly kind: "list"; readonly of: Type<unknown> }
  | { readonly kind: "map"; readonly of: Type<unknown> }
  | { readonly kind: "object"; readonly shape: Shape }
  | {
      readonly kind: "handle";
      readonly capsule: string;
      readonly consumer: boolean;
      readonly is: (host: unknown) => boolean;
    };

export type Type<T> = TypeData & { readonly [host]?: T };

const make = <T>(data: TypeData): Type<T> => Object.freeze(data);

export const string: Type<string> = make({ kind: "string" });
export const bool: Type<boolean> = make({ kind: "bool" });
/** A double. */
export const number: Type<number> = make({ kind: "number" });
export const int: Type<number> = make({ kind: "int", bits: 64, signed: true });
export const uint: Type<number> = make({ kind: "int", bits: 64, signed: false });
/** Go duration text to milliseconds (fractions kept). */
export const duration: Type<number> = make({ kind: "duration" });
/** Bytes, from a number or a text such as `"10MiB"`. */
export const size: Type<number> = make({ kind: "size" });
export const secret: Type<Secret> = make({ kind: "secret" });
export const optionalSecret: Type<OptionalSecret> = make({ kind: "optional_secret" });
export const target: Type<Target> = make({ kind: "target" });
/** Any value, undecoded. */
export const any: Type<Value | Capsule> = make({ kind: "any" });

export function oneOf<const V extends readonly string[]>(...values: V): Type<V[number]> {
  return make({ kind: "enum", values });
}
export function list<T>(of: Type<T>): Type<readonly T[]> {
  return make({ kind: "list", of });
}
export function map<T>(of: Type<T>): Type<ReadonlyMap<string, T>> {
  return make({ kind: "map", of });
}
/** An object value with known keys; its fields are attributes only. */
export function object<const S extends Shape>(shape: S): Type<Infer<S>> {
  return make({ kind: "object", shape });
}
/**
 * A text with a syntax of its own. `parse` throws an `Error` whose message completes "… is not valid: ". A type that does not
 * print all it holds says with `same` what it is equal by.
 */
export function text<T>(
  name: string,
  parse: (text: string) => T,
  print: (host: T) => string = String,
  same: (a: T, b: T) => boolean = (a, b) => print(a) === print(b),
): Type<T> {
  return make({
    kind: "text",
    name,
    parse,
    print: print as (host: never) => string,
    same: same as (a: never, b: never) => boolean,
  });
}
/** A host object behind a capsule name. With `consumer`, exports of it are wrapped in a `Port` that outlives its owner. */
export function handle<T>(
  capsule: string,
  is: (host: unknown) => host is T,
  options?: { readonly consumer: boolean },
): Type<T> {
  return make({ kind: "handle", capsule, consumer: options?.consumer ?? false, is });
}
