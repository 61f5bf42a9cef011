/**
 * How functions of the standard library are declared: parameters that convert their arguments (specification 2.2), and
 * one rule for secrets: a function that was given one gives back nothing but secrets.
 */
import { capsuleError, toSecret, toStringValue } from "#src/value/convert.ts";
import { ArgumentError, CallError, typeError, ValueError, within } from "#src/value/errors.ts";
import { OptionalSecret, Secret } from "#src/value/secret.ts";
import { MAX_TEXT } from "#src/value/text.ts";
import { isSecret } from "#src/value/taint.ts";
import { FunctionValue, typeOf, type ArrayValue, type Value } from "#src/value/value.ts";
import { renderJson } from "./go/json.ts";

/** Whether the call at hand has seen a secret. */
interface Taint {
  secret: boolean;
}

export interface Parameter<T> {
  read(value: Value, taint: Taint): T;
}

function readText(value: Value, taint: Taint): string {
  if (value instanceof Secret || (value instanceof OptionalSecret && value.isSecret)) {
    taint.secret = true;
    return value.reveal();
  }
  return toStringValue(value);
}

/** A text; numbers, bytes and secrets are accepted. */
export const text: Parameter<string> = { read: readText };

/** The bytes of a text, or bytes as they are. */
export const bytes: Parameter<Uint8Array> = {
  read: (value, taint) => (value instanceof Uint8Array ? value : Buffer.from(readText(value, taint))),
};

/** A list of texts. */
export const texts: Parameter<readonly string[]> = {
  read(value, taint) {
    if (value === null) return [];
    if (value instanceof Uint8Array) return Array.from(value, String);
    if (!Array.isArray(value)) throw typeError(value, "array");
    return (value as ArrayValue).map((element, i) => within(value, `[${i}]`, () => readText(element, taint)));
  },
};

/** Anything. Secrets inside taint the call; the body sees them as they are. */
export const any: Parameter<Value> = {
  read(value, taint) {
    taint.secret ||= isSecret(value);
    return value;
  },
};

/** A secret, of which the body may give away the text: the door of `convert.nonsensitive`. */
export const declassified: Parameter<string> = {
  read(value) {
    if (value !== null && typeof value !== "string" && typeOf(value) !== "capsule") throw capsuleError(value, "Secret");
    return toSecret(value).reveal();
  },
};

type Read<P extends readonly Parameter<unknown>[]> = { [K in keyof P]: P[K] extends Parameter<infer T> ? T : never };

/** Declares a function with a fixed number of parameters. */
export function defineFunction<const P extends readonly Parameter<unknown>[]>(
  name: string,
  parameters: P,
  body: (...args: Read<P>) => Value,
): FunctionValue {
  return new FunctionValue(name, (args) => {
    if (args.length !== parameters.length)
      throw new CallError(`expected ${parameters.length} args, got ${args.length}`);
    const taint = { secret: false };
    const read = parameters.map((parameter, i) => readArgument(parameter, args, i, taint)) as Read<P>;
    return guard(taint, () => body(...read));
  });
}

/** Declares a function with some fixed parameters and any number of further ones. */
export function defineVariadic<const P extends readonly Parameter<unknown>[], R>(
  name: string,
  parameters: P,
  rest: Parameter<R>,
  body: (args: Read<P>, rest: readonly R[]) => Value,
): FunctionValue {
  return new FunctionValue(name, (args) => {
    if (args.length < parameters.length)
      throw new CallError(`expected at least ${parameters.length} args, got ${args.length}`);
    const taint = { secret: false };
    const fixed = parameters.map((parameter, i) => readArgument(parameter, args, i, taint)) as Read<P>;
    const further = args.slice(parameters.length).map((_, i) => readArgument(rest, args, parameters.length + i, taint));
    return guard(taint, () => body(fixed, further));
  });
}

function readArgument<T>(parameter: Parameter<T>, args: readonly Value[], i: number, taint: Taint): T {
  try {
    return parameter.read(args[i]!, taint);
  } catch (error) {
    throw error instanceof ValueError ? new ArgumentError(i, error) : error;
  }
}

/** Keeps secret what comes of secrets, the reason of a failure included. */
function guard(taint: Taint, body: () => Value): Value {
  if (!taint.secret) return body();
  let result: Value;
  try {
    result = body();
  } catch (error) {
    if (error instanceof CallError) throw new CallError("failed on a secret argument");
    throw error;
  }
  return classify(result);
}

function classify(v: Value): Value {
  if (v === null || typeof v === "boolean" || typeof v === "bigint" || typeof v === "number")
    return new Secret(renderJson(v));
  if (typeof v === "string") return new Secret(v);
  if (v instanceof Uint8Array) return new Secret(Buffer.from(v).toString("utf8"));
  if (Array.isArray(v)) return (v as ArrayValue).map((element) => classify(element));
  if (v instanceof Map)
    throw new CallError(
      "cannot make an object of a secret, whose keys would be readable: " +
        'take single fields with json_path(secret, "$.field")[0], which stay secret',
    );
  return v;
}

/** The text, unless it is longer than expressions may make one. */
export function bounded(result: string): string {
  checkLength(result.length);
  return result;
}

/** Refuses to make a text of this length. */
export function checkLength(length: number): void {
  if (length > MAX_TEXT) throw new CallError(`the result would be longer than ${MAX_TEXT} characters`);
}
