/** Host values back to values of the configuration language: what components export, as expressions see it. */
import { Handle } from "#src/value/host.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { Target } from "#src/value/target.ts";
import type { Value } from "#src/value/value.ts";
import type { Attr, Shape } from "./field.ts";
import type { AnyBlock } from "./plan.ts";
import type { Type, TypeData } from "./type.ts";

/** The value of a host value; undefined gives null. Throws an `Error` for one that is not of the type. */
export function encodeValue<T>(type: Type<T>, host: T | undefined): Value {
  return encode(type, host);
}

function encode(type: TypeData, host: unknown): Value {
  if (host === undefined || host === null) return null;
  switch (type.kind) {
    case "string":
    case "enum":
      return typeof host === "string" ? host : mismatch(type, host);
    case "bool":
      return typeof host === "boolean" ? host : mismatch(type, host);
    case "number":
      return typeof host === "number" ? host : mismatch(type, host);
    case "int":
    case "size":
      return Number.isInteger(host) ? BigInt(host as number) : mismatch(type, host);
    case "duration":
      return typeof host === "number" ? formatDuration(host) : mismatch(type, host);
    case "secret":
      return host instanceof Secret ? host : mismatch(type, host);
    case "optional_secret":
      return host instanceof OptionalSecret ? host : mismatch(type, host);
    case "target":
      return host instanceof Target ? host : mismatch(type, host);
    case "any":
      return host as Value;
    case "text":
      return type.print(host as never);
    case "list":
      return Array.isArray(host) ? host.map((item) => encode(type.of, item)) : mismatch(type, host);
    case "map":
      return host instanceof Map
        ? new Map(Array.from(host as Map<string, unknown>, ([key, item]) => [key, encode(type.of, item)]))
        : mismatch(type, host);
    case "object":
      return encodeRecord(type.shape, host);
    case "handle":
      return new Handle(type.capsule, host);
  }
}

function encodeRecord(shape: Shape, host: unknown): Value {
  if (typeof host !== "object" || host === null) return mismatch({ kind: "object", shape }, host);
  const record = host as Readonly<Record<string, unknown>>;
  const out = new Map<string, Value>();
  for (const [name, field] of Object.entries(shape)) {
    const value = record[name];
    if (field.field === "attr") out.set(name, encode((field as Attr<unknown>).type, value));
    else if (value !== undefined) out.set(name, encodeBlocks(field as AnyBlock, value));
  }
  return out;
}

function encodeBlocks(field: AnyBlock, host: unknown): Value {
  return Array.isArray(host) ? host.map((one) => encodeRecord(field.shape, one)) : encodeRecord(field.shape, host);
}

function mismatch(type: TypeData, host: unknown): never {
  throw new Error(`a value of type ${type.kind} was expected, not a ${host === null ? "null" : typeof host}`);
}

const UNITS: readonly (readonly [unit: string, nanoseconds: bigint])[] = [
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
];

/** Go's text of a duration in milliseconds: `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  let rest = BigInt(Math.round(ms * 1e6));
  if (rest === 0n) return "0s";
  if (rest < 1_000n) return `${rest}ns`;
  if (rest < 1_000_000n) return `${decimal(rest, 1_000n)}µs`;
  if (rest < 1_000_000_000n) return `${decimal(rest, 1_000_000n)}ms`;
  let text = "";
  for (const [unit, size] of UNITS) {
    if (rest < size && text === "") continue;
    text += `${rest / size}${unit}`;
    rest %= size;
  }
  return `${text}${decimal(rest, 1_000_000_000n)}s`;
}

function decimal(nanoseconds: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const fraction = String(nanoseconds % unit)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return `${nanoseconds / unit}${fraction === "" ? "" : `.${fraction}`}`;
}
