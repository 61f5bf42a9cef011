import { Capsule, FunctionValue } from "#src/value/value.ts";
import type { Type, TypeData } from "./type.ts";
import type { Shape } from "./field.ts";
import type { AnyBlock, AnyVariants } from "./plan.ts";

/**
 * Whether decoded arguments mean the same: plain data by content, capsules by their own meaning, texts with a syntax by
 * their type's own equality, receivers by identity, functions never. Decides between keeping and updating a node.
 */
export function equalArguments(shape: Shape, a: unknown, b: unknown): boolean {
  if (a === b) return !holdsFunction(a);
  if (!isRecord(a) || !isRecord(b)) return false;
  for (const [name, field] of Object.entries(shape)) {
    const x = a[name];
    const y = b[name];
    if (field.field === "attr") {
      if (!equalOf(field.type as TypeData, x, y)) return false;
    } else if (field.field === "block") {
      if (!equalBlocks(field as AnyBlock, x, y)) return false;
    } else if (!equalVariants(field as AnyVariants, x, y)) return false;
  }
  return true;
}

/** Whether two host values of a type mean the same. */
export function equalValues<T>(type: Type<T>, a: T, b: T): boolean {
  return equalOf(type, a, b);
}

function equalBlocks(field: AnyBlock, a: unknown, b: unknown): boolean {
  if (!field.many) return a === undefined || b === undefined ? a === b : equalArguments(field.shape, a, b);
  return equalLists(a, b, (x, y) => {
    const labelled = !field.labelled || (x as { label?: string }).label === (y as { label?: string }).label;
    return labelled && equalArguments(field.shape, x, y);
  });
}

function equalVariants(field: AnyVariants, a: unknown, b: unknown): boolean {
  return equalLists(a, b, (x, y) => {
    const { name } = x as { readonly name: string };
    return name === (y as { readonly name: string }).name && equalArguments(field.variants[name]!, x, y);
  });
}

function equalLists(a: unknown, b: unknown, same: (x: unknown, y: unknown) => boolean): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false;
  return true;
}

function equalOf(type: TypeData, a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  switch (type.kind) {
    case "handle":
      return a === b;
    case "text":
      return a === b || type.same(a as never, b as never);
    case "list":
      return equalLists(a, b, (x, y) => equalOf(type.of, x, y));
    case "map":
      return equalMaps(a, b, (x, y) => equalOf(type.of, x, y));
    case "object":
      return equalArguments(type.shape, a, b);
    default:
      return equalHost(a, b);
  }
}

function equalMaps(a: unknown, b: unknown, same: (x: unknown, y: unknown) => boolean): boolean {
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  for (const [key, x] of a) if (!b.has(key) || !same(x, b.get(key))) return false;
  return true;
}

/** Deep equality of host values whose type is not at hand. */
export function equalHost(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null)
    return Object.is(a, b) && typeof a !== "function";
  if (a instanceof FunctionValue) return false;
  if (a instanceof Capsule)
    return a === b || (b instanceof Capsule && a.capsule === b.capsule && a.equals?.(b) === true);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (Array.isArray(a)) return equalLists(a, b, equalHost);
  if (a instanceof Map) return equalMaps(a, b, equalHost);
  if (Object.getPrototypeOf(a) !== Object.prototype) return a === b;
  const names = Object.keys(a);
  if (!isRecord(b) || Object.keys(b).length !== names.length) return false;
  return names.every((name) => Object.hasOwn(b, name) && equalHost((a as Record<string, unknown>)[name], b[name]));
}

function isRecord(host: unknown): host is Readonly<Record<string, unknown>> {
  return typeof host === "object" && host !== null && !Array.isArray(host);
}

function holdsFunction(host: unknown): boolean {
  if (host instanceof FunctionValue) return true;
  if (Array.isArray(host)) return host.some(holdsFunction);
  if (host instanceof Map) return [...host.values()].some(holdsFunction);
  return isRecord(host) && Object.getPrototypeOf(host) === Object.prototype && Object.values(host).some(holdsFunction);
}
