/**
 * Decodes blocks into the host values that components receive. All that is wrong with a block is gathered, where Alloy
 * stops at the first problem; messages are Alloy's (specification 2.6).
 */
import { DiagnosticError, type Diagnostic } from "#src/diag/diagnostic.ts";
import type { Attribute } from "#src/syntax/ast.ts";
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

/** Evaluates a body's attributes in a scope and decodes them, with its blocks, into what the shape infers. */
export function decodeBody<S extends Shape>(shape: S, body: Body, scope: Scope): Decoded<Infer<S>> {
  const problems: Diagnostic[] = [];
  const value = decodeInto(shape, body, scope, problems);
  return problems.length === 0 ? { ok: true, value: value as Infer<S> } : { ok: false, diagnostics: problems };
}

type Host = Record<string, unknown>;

function decodeInto(shape: Shape, body: Body, scope: Scope, problems: Diagnostic[]): Host {
  const host: Host = { ...(defaultsOf(shape) as Host) };
  walkBody(shape, body, problems, {
    attribute({ field, name }, statement) {
      host[name] = decodeStatement(field, statement, scope, problems);
    },
    block(slot, statement) {
      if (slot.is === "variant") {
        const inner = decodeInto(slot.shape, statement, scope, problems);
        append(host, slot.name, { name: slot.variant, ...inner });
      } else if (slot.field.unsupported) {
        problems.push(notSupported("block", statement));
      } else {
        place(host, slot.name, slot.field, statement.label, decodeInto(slot.field.shape, statement, scope, problems));
      }
    },
  });
  return host;
}

function place(host: Host, name: string, field: AnyBlock, label: string, inner: Host): void {
  if (!field.many) host[name] = inner;
  else append(host, name, field.labelled ? { label, ...inner } : inner);
}

function append(host: Host, name: string, inner: Host): void {
  const list = host[name] as Host[];
  if (list.length === 0) host[name] = [inner];
  else list.push(inner);
}

function decodeStatement(field: AnyAttr, statement: Attribute, scope: Scope, problems: Diagnostic[]): unknown {
  try {
    const host = evaluateAs(statement.value, statement.source, scope, (value) => decodeAttribute(field, value));
    if (field.unsupported && !isUnset(field, host)) problems.push(notSupported("attribute", statement));
    return host;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    problems.push(...error.diagnostics);
    return undefined;
  }
}
