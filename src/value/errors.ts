import { typeOf, type TypeName, type Value } from "./value.ts";

/** A value on the way to the one at fault, and how the next is reached from it: `[2]`, `.name` or not at all. */
export interface Frame {
  readonly value: Value;
  readonly step: string;
}

/**
 * What is wrong with a value. `frames` leads from the value that was looked at, through its elements, to the one at
 * fault, so that whoever knows where values were written can say where and print the rest of the way.
 */
export class ValueError extends Error {
  readonly reason: string;
  readonly frames: readonly [Frame, ...Frame[]];
  constructor(reason: string, frames: readonly [Frame, ...Frame[]]) {
    super(`${frames.map((frame) => frame.step).join("")} ${reason}`.trimStart());
    this.name = "ValueError";
    this.reason = reason;
    this.frames = frames;
  }
}

/** An error about this value itself. */
export function valueError(value: Value, reason: string): ValueError {
  return new ValueError(reason, [{ value, step: "" }]);
}

/** `should be T1, got T2`. */
export function typeError(value: Value, expected: TypeName): ValueError {
  return valueError(value, `should be ${expected}, got ${typeOf(value)}`);
}

/** Runs a conversion of a part of `whole`; its `ValueError` then also tells how the part is reached. */
export function within<T>(whole: Value, step: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof ValueError) throw new ValueError(error.reason, [{ value: whole, step }, ...error.frames]);
    throw error;
  }
}

/** The caller's mistake in a function call as a whole. With `placed: false` messages do not say where the call is. */
export class CallError extends Error {
  readonly placed: boolean;
  constructor(message: string, options: { readonly placed: boolean } = { placed: true }) {
    super(message);
    this.name = "CallError";
    this.placed = options.placed;
  }
}

/** The caller's mistake in one argument. `path` leads to the element at fault where the message names only that. */
export class ArgumentError extends Error {
  readonly index: number;
  readonly path: readonly (number | string)[];
  readonly error: ValueError;
  constructor(index: number, error: ValueError, path: readonly (number | string)[] = []) {
    super(error.message);
    this.name = "ArgumentError";
    this.index = index;
    this.path = path;
    this.error = error;
  }
}
