/**
 * Fields as data: the arguments and exports of components, config blocks and sources. A field without a doc does not compile.
 * `Infer<S>` is the host type a shape decodes into: every key present, optional ones possibly `undefined`.
 */
import type { Type } from "./type.ts";

export type Stability = "experimental" | "public-preview" | "generally-available";

export interface Attr<T> {
  readonly field: "attr";
  readonly type: Type<T>;
  readonly doc: string;
  readonly required: boolean;
  readonly default: T | undefined;
  readonly stability: Stability | undefined;
  /** What to use instead. Its use is a warning. */
  readonly deprecated: string | undefined;
  /** Known to Alloy, not to us yet: using it with anything but its default is an error at validation. */
  readonly unsupported: boolean;
}

export interface BlockField<S extends Shape, Host> {
  readonly field: "block";
  readonly shape: S;
  readonly doc: string;
  readonly required: boolean;
  readonly many: boolean;
  /** The block takes a label, which decodes into `label`. */
  readonly labelled: boolean;
  /** What an absent single block decodes to. */
  readonly absent: "undefined" | "defaults";
  readonly unsupported: boolean;
  readonly stability: Stability | undefined;
  readonly host?: Host;
}

/** A list of alternative blocks with a common prefix (`stage.json`, `stage.regex`), kept in source order. */
export interface Variants<V extends Readonly<Record<string, Shape>>> {
  readonly field: "variants";
  readonly doc: string;
  readonly variants: V;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyField = Attr<any> | BlockField<any, any> | Variants<any>;
/** Fields by the name users type. A dotted name is a dotted block. For variants the key is the prefix. */
export type Shape = Readonly<Record<string, AnyField>>;

type FieldHost<F> =
  F extends Attr<infer T>
    ? T
    : F extends BlockField<infer _S, infer H>
      ? H
      : F extends Variants<infer V>
        ? readonly { readonly [K in keyof V]: { readonly name: K } & Infer<V[K]> }[keyof V][]
        : never;

export type Infer<S extends Shape> = { readonly [K in keyof S]: FieldHost<S[K]> };

interface AttrOptions {
  readonly stability?: Stability;
  readonly deprecated?: string;
  readonly unsupported?: boolean;
}

export function attr<T>(type: Type<T>, doc: string, options: AttrOptions & { readonly default: NoInfer<T> }): Attr<T>;
export function attr<T>(
  type: Type<T>,
  doc: string,
  options: AttrOptions & { readonly optional: true },
): Attr<T | undefined>;
export function attr<T>(type: Type<T>, doc: string, options?: AttrOptions): Attr<T>;
export function attr<T>(
  type: Type<T>,
  doc: string,
  options: AttrOptions & { readonly default?: T; readonly optional?: true } = {},
): Attr<T> {
  return Object.freeze({
    field: "attr",
    type,
    doc,
    required: !("default" in options) && options.optional !== true,
    default: options.default,
    stability: options.stability,
    deprecated: options.deprecated,
    unsupported: options.unsupported ?? false,
  });
}

interface BlockOptions {
  readonly unsupported?: boolean;
  readonly stability?: Stability;
}

/** A block that may appear once. Absent, it decodes to `undefined`, or with `absent: "defaults"` to its own defaults. */
export function block<S extends Shape>(
  shape: S,
  doc: string,
  options: BlockOptions & { readonly required: true },
): BlockField<S, Infer<S>>;
export function block<S extends Shape>(
  shape: S,
  doc: string,
  options: BlockOptions & { readonly absent: "defaults" },
): BlockField<S, Infer<S>>;
export function block<S extends Shape>(
  shape: S,
  doc: string,
  options?: BlockOptions,
): BlockField<S, Infer<S> | undefined>;
export function block<S extends Shape>(
  shape: S,
  doc: string,
  options: BlockOptions & { readonly required?: true; readonly absent?: "defaults" } = {},
): BlockField<S, Infer<S>> {
  return makeBlock(shape, doc, options, { many: false, labelled: false });
}

/** A block that may appear any number of times, in source order. */
export function blocks<S extends Shape>(
  shape: S,
  doc: string,
  options: BlockOptions & { readonly required?: true } = {},
): BlockField<S, readonly Infer<S>[]> {
  return makeBlock(shape, doc, options, { many: true, labelled: false });
}

/** Like `blocks`, each with a label that decodes into `label`. */
export function labelledBlocks<S extends Shape>(
  shape: S,
  doc: string,
  options: BlockOptions & { readonly required?: true } = {},
): BlockField<S, readonly ({ readonly label: string } & Infer<S>)[]> {
  return makeBlock(shape, doc, options, { many: true, labelled: true });
}

function makeBlock<S extends Shape, H>(
  shape: S,
  doc: string,
  options: BlockOptions & { readonly required?: true; readonly absent?: "defaults" },
  form: { readonly many: boolean; readonly labelled: boolean },
): BlockField<S, H> {
  return Object.freeze({
    field: "block",
    shape,
    doc,
    required: options.required ?? false,
    ...form,
    absent: options.absent ?? "undefined",
    unsupported: options.unsupported ?? false,
    stability: options.stability,
  });
}

export function variants<V extends Readonly<Record<string, Shape>>>(all: V, doc: string): Variants<V> {
  return Object.freeze({ field: "variants", doc, variants: all });
}
