import { CallError } from "#src/value/errors.ts";
import type { ArrayValue, ObjectValue, Value } from "#src/value/value.ts";
import { matches } from "./match.ts";
import type { Path, Step } from "./path.ts";

/** The most values looked at for one path: `$..[*]..[*]` on a large document must end. */
const MAX_STEPS = 5_000_000;

/** A run of a path over a document. */
export interface Search {
  readonly root: Value;
  steps: number;
}

/** All values that the path leads to. */
export function select(path: Path, root: Value): Value[] {
  return selectFrom(path, root, { root, steps: 0 });
}

/** All values that the path leads to from `start`. */
export function selectFrom(path: Path, start: Value, search: Search): Value[] {
  const out: Value[] = [];
  if (path.length > 0) follow(path, 0, start, search, out);
  return out;
}

function follow(path: Path, at: number, value: Value, search: Search, out: Value[]): void {
  if (++search.steps > MAX_STEPS) throw new CallError("the path finds too much in this document");
  const step = path[at];
  if (step === undefined) {
    out.push(value);
    return;
  }
  if (step.kind === "descent") {
    descend(path, at, value, search, out, true);
    return;
  }
  const last = at === path.length - 1;
  for (const next of take(step, value, search))
    if (last || step.kind === "filter" || isContainer(next)) follow(path, at + 1, next, search, out);
}

/** Children first, then the value itself. At the end of a path every value below is found. */
function descend(path: Path, at: number, value: Value, search: Search, out: Value[], top: boolean): void {
  if (++search.steps > MAX_STEPS) throw new CallError("the path finds too much in this document");
  const last = at === path.length - 1;
  const below = children(value);
  if (last) for (const child of below) out.push(child);
  for (const child of below) if (isContainer(child)) descend(path, at, child, search, out, false);
  if (!last) follow(path, at + 1, value, search, out);
  else if (top) out.push(value);
}

function take(step: Step, value: Value, search: Search): readonly Value[] {
  switch (step.kind) {
    case "root":
      return [search.root];
    case "current":
      return [value];
    case "wildcard":
      return children(value);
    case "child":
      return member(value, step.name);
    case "nth":
      return member(value, step.index);
    case "union":
      return step.members.flatMap((name) => member(value, name));
    case "slice":
      return Array.isArray(value) ? slice(value as ArrayValue, step.start, step.end, step.step) : [];
    case "filter":
      return children(value).filter((child) => matches(step.condition, child, search));
    case "descent":
      return [];
  }
}

/** Whether a value has others below it. */
export function isContainer(value: Value): value is ArrayValue | ObjectValue {
  return Array.isArray(value) || value instanceof Map;
}

function children(value: Value): ArrayValue {
  if (Array.isArray(value)) return value as ArrayValue;
  return value instanceof Map ? [...(value as ObjectValue).values()] : [];
}

function member(value: Value, name: string | number): readonly Value[] {
  let found: Value | undefined;
  if (typeof name === "string") found = value instanceof Map ? (value as ObjectValue).get(name) : undefined;
  else found = Array.isArray(value) ? (value as ArrayValue).at(name) : undefined;
  return found === undefined ? [] : [found];
}

function slice(array: ArrayValue, first: number, last: number, step: number): readonly Value[] {
  if (step === 0) return [];
  const start = first < 0 ? Math.max(array.length + first, 0) : first;
  if (start >= array.length) return [];
  let end = Math.min(last < 0 ? array.length + last : last, array.length);
  const out: Value[] = [];
  if (step > 0) for (let i = start; i < end; i += step) out.push(array[i]!);
  else {
    end = Math.max(end, -1);
    for (let i = start; i > end; i += step) out.push(array[i]!);
  }
  return out;
}
