/**
 * Decodes blocks into the host values that components receive. All that is wrong with a block is gathered, where Alloy
 * stops at the first problem; messages are Alloy's (specification 2.6).
 */
import { DiagnosticError, type Diagnostic } from "#src/diag/diagnostic.ts";
import type { Attribute, Block } from "#src/syntax/ast.ts";
import { evaluateAs } from "#src/vm/evaluate.ts";
import type { Scope } from "#src/vm/scope.ts";
import { decodeAttribute } from "./convert.ts";
import { defaultsOf } from "./defaults.ts";
import type { Infer, Shape } from "./field.ts";
import type { AnyAttr, AnyBlock } from "./plan.ts";
import { isUnset, notSupported } from "./unsupported.ts";
import { walkBody, type Body } from "./walk.ts";

export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Thrown by whoever reads a field whose value is not known yet. */
export class UnknownValueError extends Error {
  constructor(name: string) {
    super(`the value of ${name} is not known yet`);
    this.name = "UnknownValueError";
  }
}

/**
 * Evaluates a body's attributes in a scope and decodes them, with its blocks, into what the shape infers. Attributes that
 * `isKnown` leaves out are not evaluated; reading their fields throws an `UnknownValueError`.
 */
export function decodeBody<S extends Shape>(
  shape: S,
  body: Body,
  scope: Scope,
  isKnown: (attribute: Attribute) => boolean = () => true,
): Decoded<Infer<S>> {
  const problems: Diagnostic[] = [];
  const value = new Decoder(scope, problems, isKnown).decode(shape, body, {});
  return problems.length === 0 ? { ok: true, value: value as Infer<S> } : { ok: false, diagnostics: problems };
}

type Host = Record<string, unknown>;

class Decoder {
  readonly #scope: Scope;
  readonly #problems: Diagnostic[];
  readonly #isKnown: (attribute: Attribute) => boolean;

  constructor(scope: Scope, problems: Diagnostic[], isKnown: (attribute: Attribute) => boolean) {
    this.#scope = scope;
    this.#problems = problems;
    this.#isKnown = isKnown;
  }

  /** `head` comes before the fields: a label, the name of a variant. */
  decode(shape: Shape, body: Body, head: Host): Host {
    const host: Host = { ...head, ...(defaultsOf(shape) as Host) };
    walkBody(shape, body, this.#problems, {
      attribute: ({ field, name }, statement) => {
        if (this.#isKnown(statement)) host[name] = this.#decodeStatement(field, statement);
        else hide(host, name);
      },
      block: (slot, statement) => {
        if (slot.is === "variant") {
          append(host, slot.name, this.decode(slot.shape, statement, { name: slot.variant }));
        } else if (slot.field.unsupported) {
          this.#problems.push(notSupported("block", statement));
        } else {
          this.#place(host, slot.name, slot.field, statement);
        }
      },
    });
    return host;
  }

  #place(host: Host, name: string, field: AnyBlock, statement: Block): void {
    const inner = this.decode(field.shape, statement, field.labelled ? { label: statement.label } : {});
    if (field.many) append(host, name, inner);
    else host[name] = inner;
  }

  #decodeStatement(field: AnyAttr, statement: Attribute): unknown {
    try {
      const host = evaluateAs(statement.value, statement.source, this.#scope, (value) => decodeAttribute(field, value));
      if (field.unsupported && !isUnset(field, host)) this.#problems.push(notSupported("attribute", statement));
      return host;
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      this.#problems.push(...error.diagnostics);
      return undefined;
    }
  }
}

function hide(host: Host, name: string): void {
  const get = (): never => {
    throw new UnknownValueError(name);
  };
  Object.defineProperty(host, name, { get, enumerable: true });
}

function append(host: Host, name: string, inner: Host): void {
  const list = host[name] as Host[];
  if (list.length === 0) host[name] = [inner];
  else list.push(inner);
}
