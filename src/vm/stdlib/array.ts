import { equal } from "#src/value/equal.ts";
import { ArgumentError, CallError, typeError, valueError } from "#src/value/errors.ts";
import { numberKind } from "#src/value/number.ts";
import {
  Capsule,
  FunctionValue,
  typeOf,
  type ArrayValue,
  type ObjectValue,
  type TypeName,
  type Value,
} from "#src/value/value.ts";

/** The most elements that a function makes an array of. */
const MAX_ELEMENTS = 10_000_000;

const concat = new FunctionValue("array.concat", (args) => {
  const arrays = args.map((arg, i) => readArray(arg, i));
  if (args.length === 1) return args[0]!;
  checkCount(arrays.reduce((count, array) => count + array.length, 0));
  return arrays.flat();
});

const combineMaps = new FunctionValue("array.combine_maps", (args) => {
  if (args.length !== 3 && args.length !== 4)
    throw new CallError(`combine_maps: expected 3 or 4 arguments, got ${args.length}`, { placed: false });
  const [left, right] = [readObjects(args[0]!, 0), readObjects(args[1]!, 1)];
  const conditions = readConditions(args[2]!);
  const keepUnmatched = args[3] === undefined ? false : readBool(args[3], 3);
  const originals = args[0] as ArrayValue;
  const partnersOf = keepUnmatched ? () => right : indexBy(conditions[0]!, right);
  const out: Value[] = [];
  for (const [i, l] of left.entries())
    for (const r of partnersOf(l)) {
      if (conditions.every((key) => agree(l, r, key))) out.push(new Map([...l, ...r]));
      else if (keepUnmatched) out.push(originals[i]!);
      checkCount(out.length);
    }
  return out;
});

const groupBy = new FunctionValue("array.group_by", (args) => {
  if (args.length !== 3) throw new CallError(`group_by: expected 3 arguments, got ${args.length}`, { placed: false });
  const items = readArray(args[0]!, 0);
  const key = readText(args[1]!, 1);
  const dropMissing = readBool(args[2]!, 2);
  const groups = new Map<string, Value[]>();
  for (const [i, item] of items.entries()) {
    const object = readObject(item, 0, i);
    const value = object.get(key);
    if (value === undefined && dropMissing) continue;
    if (value !== undefined && typeof value !== "string")
      throw new ArgumentError(0, typeError(value, "string"), [i, key]);
    const group = groups.get(value ?? "");
    if (group === undefined) groups.set(value ?? "", [object]);
    else group.push(object);
  }
  return Array.from(
    groups,
    ([value, members]) =>
      new Map<string, Value>([
        [key, value],
        ["items", members],
      ]),
  );
});

/** The namespace `array`. */
export const array = { concat, combine_maps: combineMaps, group_by: groupBy };

function wrong(value: Value, index: number, expected: TypeName): ArgumentError {
  return new ArgumentError(index, typeError(value, expected));
}

function readArray(value: Value, index: number): ArrayValue {
  if (value instanceof Uint8Array) return Array.from(value, BigInt);
  if (typeOf(value) !== "array") throw wrong(value, index, "array");
  return value as ArrayValue;
}

function readBool(value: Value, index: number): boolean {
  if (typeof value !== "boolean") throw wrong(value, index, "bool");
  return value;
}

function readText(value: Value, index: number): string {
  if (typeof value !== "string") throw wrong(value, index, "string");
  return value;
}

function readObjects(value: Value, index: number): readonly ObjectValue[] {
  return readArray(value, index).map((element, i) => readObject(element, index, i));
}

function readObject(value: Value, index: number, element: number): ObjectValue {
  if (value instanceof Map) return value as ObjectValue;
  const object = value instanceof Capsule ? value.asObject?.() : undefined;
  if (object === undefined) throw new ArgumentError(index, typeError(value, "object"), [element]);
  return object;
}

function readConditions(value: Value): readonly string[] {
  const conditions = readArray(value, 2);
  if (conditions.length === 0)
    throw new ArgumentError(2, valueError(value, "combine_maps: merge conditions must not be empty"));
  return conditions.map((condition, i) => {
    if (typeof condition !== "string") throw new ArgumentError(2, typeError(condition, "string"), [i]);
    return condition;
  });
}

/** Finds the objects that may agree in a key with a given one, so that joining long lists does not compare all with all. */
function indexBy(key: string, objects: readonly ObjectValue[]): (object: ObjectValue) => readonly ObjectValue[] {
  const buckets = new Map<string, ObjectValue[]>();
  const bucketOf = (object: ObjectValue) => {
    const value = object.get(key);
    return `${typeof value} ${typeof value === "object" ? "" : String(value)}`;
  };
  for (const object of objects) {
    const bucket = buckets.get(bucketOf(object));
    if (bucket === undefined) buckets.set(bucketOf(object), [object]);
    else bucket.push(object);
  }
  return (object) => buckets.get(bucketOf(object)) ?? [];
}

/** Whether both have the key with an equal value of the same kind: 1, 1.0 and "1" differ. */
function agree(left: ObjectValue, right: ObjectValue, key: string): boolean {
  const [l, r] = [left.get(key), right.get(key)];
  if (l === undefined || r === undefined || !equal(l, r)) return false;
  const numeric = (v: Value) => typeof v === "bigint" || typeof v === "number";
  return !numeric(l) || numberKind(l as bigint) === numberKind(r as bigint);
}

function checkCount(count: number): void {
  if (count > MAX_ELEMENTS) throw new CallError(`the result would have more than ${MAX_ELEMENTS} elements`);
}
