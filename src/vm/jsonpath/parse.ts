/** Parses JSONPath in the dialect of ojg. */
import { CallError } from "#src/value/errors.ts";
import { ConditionReader } from "./condition.ts";
import { Cursor } from "./cursor.ts";
import { MAX_END, type Path, type Step } from "./path.ts";

/** What names after a point consist of. Everything beyond ASCII belongs to names. */
const NAME = /[#%0-9;?A-Z^_a-z{|}~\x80-\xff]/;
const DIGIT = /[0-9]/;

/** Parses a path. Throws a `CallError` that says where it is wrong. */
export function parsePath(text: string): Path {
  const cursor = new Cursor(text);
  const path = readPath(cursor);
  if (!cursor.atEnd) throw cursor.error("parse error");
  return path;
}

/** Reads steps as far as they go. */
export function readPath(cursor: Cursor): Path {
  return cursor.nested(() => {
    const path: Step[] = [];
    for (;;) {
      const step = readStep(cursor, path.length === 0, path.at(-1)?.kind === "descent");
      if (step === undefined) return path;
      path.push(step);
    }
  });
}

function readStep(cursor: Cursor, first: boolean, afterDescent: boolean): Step | undefined {
  if (cursor.atEnd) return undefined;
  const c = cursor.take();
  switch (c) {
    case "$":
      return first ? { kind: "root" } : undefined;
    case "@":
      return first ? { kind: "current" } : undefined;
    case ".":
      return readAfterDot(cursor);
    case "*":
      return { kind: "wildcard" };
    case "[":
      return readBracket(cursor);
    default:
      cursor.back();
      if (c === "]" || !NAME.test(c) || (!first && !afterDescent)) return undefined;
      return readName(cursor);
  }
}

function readAfterDot(cursor: Cursor): Step {
  if (cursor.atEnd) throw cursor.error("not terminated");
  const c = cursor.take();
  if (c === "*") return { kind: "wildcard" };
  if (c === ".") return { kind: "descent" };
  if (!NAME.test(c)) throw cursor.error(`an expression fragment can not start with a '${c}'`);
  cursor.back();
  return readName(cursor);
}

function readName(cursor: Cursor): Step {
  let name = "";
  while (!cursor.atEnd && NAME.test(cursor.peek())) name += cursor.take();
  return { kind: "child", name: cursor.decode(name) };
}

function readBracket(cursor: Cursor): Step {
  if (cursor.atEnd) throw cursor.error("not terminated");
  const c = cursor.takeAfterSpaces();
  if (c === "*") {
    if (cursor.takeAfterSpaces() !== "]") throw cursor.error("not terminated");
    return { kind: "wildcard" };
  }
  if (c === "'" || c === '"') {
    const name = cursor.readString(c);
    const next = cursor.takeAfterSpaces();
    if (next === "]") return { kind: "child", name };
    if (next === ",") return readUnion(cursor, name);
    throw cursor.error("invalid bracket fragment");
  }
  if (c === ":") return readSlice(cursor, 0);
  if (c === "?") return readFilter(cursor);
  if (c === "(") throw new CallError("jp.CompileScript has not been set");
  if (c === "-" || DIGIT.test(c)) return readNumbered(cursor, c);
  cursor.back();
  throw cursor.error("parse error");
}

function readNumbered(cursor: Cursor, c: string): Step {
  const index = readInteger(cursor, c);
  const next = cursor.takeAfterSpaces();
  if (next === "]") return { kind: "nth", index };
  if (next === ",") return readUnion(cursor, index);
  if (next === ":") return readSlice(cursor, index);
  throw cursor.error("invalid bracket fragment");
}

function readInteger(cursor: Cursor, first: string): number {
  let digits = first === "-" ? "" : first;
  if (first !== "-" && !DIGIT.test(first)) throw cursor.error("expected a number");
  while (!cursor.atEnd && DIGIT.test(cursor.peek())) digits += cursor.take();
  if (digits === "") throw cursor.error("expected a number");
  return Number(first === "-" ? `-${digits}` : digits);
}

function readSlice(cursor: Cursor, start: number): Step {
  if (cursor.atEnd) throw cursor.error("not terminated");
  let end = MAX_END;
  let step = 1;
  let c = cursor.takeAfterSpaces();
  if (c !== ":" && c !== "]") {
    end = readInteger(cursor, c);
    c = cursor.take();
  }
  if (c === ":") {
    if (cursor.atEnd) throw cursor.error("not terminated");
    c = cursor.take();
    if (c !== "]") {
      step = readInteger(cursor, c);
      c = cursor.take();
    }
  }
  if (c !== "]") throw cursor.error("invalid slice syntax");
  return { kind: "slice", start, end, step };
}

function readUnion(cursor: Cursor, first: string | number): Step {
  const members = [first];
  for (;;) {
    const c = cursor.takeAfterSpaces();
    if (c === "'" || c === '"') members.push(cursor.readString(c));
    else if (c === "-" || DIGIT.test(c)) members.push(readInteger(cursor, c));
    else throw cursor.error("invalid union syntax");
    const next = cursor.takeAfterSpaces();
    if (next === "]") return { kind: "union", members };
    if (next !== ",") throw cursor.error("invalid union syntax");
  }
}

function readFilter(cursor: Cursor): Step {
  if (cursor.atEnd) throw cursor.error("not terminated");
  const condition = new ConditionReader(cursor, readPath).readAll();
  if (cursor.peekAfterSpaces() !== "]") throw cursor.error("not terminated");
  cursor.take();
  return { kind: "filter", condition };
}
