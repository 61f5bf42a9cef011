import type { Regex } from "#src/regex/regex.ts";
import type { Value } from "#src/value/value.ts";

/** A step of a JSONPath. */
export type Step =
  | { readonly kind: "root" | "current" | "wildcard" | "descent" }
  | { readonly kind: "child"; readonly name: string }
  | { readonly kind: "nth"; readonly index: number }
  | { readonly kind: "slice"; readonly start: number; readonly end: number; readonly step: number }
  | { readonly kind: "union"; readonly members: readonly (string | number)[] }
  | { readonly kind: "filter"; readonly condition: Condition };

export type Path = readonly Step[];

export type OperatorName =
  | "=="
  | "!="
  | "<"
  | ">"
  | "<="
  | ">="
  | "||"
  | "&&"
  | "+"
  | "-"
  | "*"
  | "/"
  | "in"
  | "empty"
  | "has"
  | "exists"
  | "=~";

export type FunctionName = "length" | "count" | "match" | "search";

/** A filter's condition or a part of it. */
export type Condition =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "nothing" }
  | { readonly kind: "list"; readonly values: readonly Value[] }
  | { readonly kind: "regex"; readonly regex: Regex }
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "not" | "group"; readonly inner: Condition }
  | { readonly kind: "operator"; readonly name: OperatorName; readonly left: Condition; readonly right: Condition }
  | {
      readonly kind: "function";
      readonly name: FunctionName;
      readonly left: Condition;
      readonly right: Condition | undefined;
    };

/** How tightly an operator binds: the smaller, the tighter. */
export const PRECEDENCE: Readonly<Record<OperatorName, number>> = {
  "*": 1,
  "/": 1,
  "+": 2,
  "-": 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  ">": 3,
  "<=": 3,
  ">=": 3,
  in: 3,
  empty: 3,
  has: 3,
  exists: 3,
  "=~": 3,
  "||": 4,
  "&&": 4,
};

/** The end of a slice that has none. */
export const MAX_END = 2147483647;
