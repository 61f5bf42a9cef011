/**
 * Checks a block against a shape without evaluating references: what `validate` can say before anything runs, in the
 * words of Alloy's validator.
 */
import { problemAt, type Span } from "#src/diag/problem-at.ts";
import type { DiagnosticCode } from "#src/diag/codes.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import { readLiteral } from "#src/syntax/literal.ts";
import type { Attribute, Binary, Expression, Literal, ObjectExpression } from "#src/syntax/ast.ts";
import { ValueError } from "#src/value/errors.ts";
import type { Value } from "#src/value/value.ts";
import { evaluate } from "#src/vm/evaluate.ts";
import { applyBinary, applyUnary, OperandError } from "#src/vm/operators.ts";
import { emptyScope } from "#src/vm/scope.ts";
import { decodeAttribute, decodeValue, typeName } from "./convert.ts";
import type { Shape, Stability } from "./field.ts";
import { isConstant } from "./literal.ts";
import { planOf, type AnyAttr } from "./plan.ts";
import { findStabilityProblem } from "./stability.ts";
import type { TypeData } from "./type.ts";
import { isUnset, notSupported } from "./unsupported.ts";
import { walkBody, type Body } from "./walk.ts";

export interface CheckOptions {
  /** The least stable level that fields may have; all by default. */
  readonly stability?: Stability;
}

/** All that is wrong with a body, and warnings about deprecated fields. */
export function checkBody(shape: Shape, body: Body, options: CheckOptions = {}): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const gate = (level: Stability | undefined, what: string, span: Span): void => {
    if (level === undefined || options.stability === undefined) return;
    const problem = findStabilityProblem(what, level, options.stability);
    if (problem !== undefined) problems.push(problemAt(span, "stability", problem));
  };
  walkBody(shape, body, problems, {
    attribute({ field, name }, statement) {
      gate(field.stability, `attribute "${name}"`, statement);
      checkAttribute(field, statement, problems);
    },
    block(slot, statement) {
      if (slot.is === "variant") return void problems.push(...checkBody(slot.shape, statement, options));
      gate(slot.field.stability, `block "${slot.name}"`, statement);
      if (slot.field.unsupported) problems.push(notSupported("block", statement));
      else problems.push(...checkBody(slot.field.shape, statement, options));
    },
  });
  return problems;
}

function checkAttribute(field: AnyAttr, statement: Attribute, problems: Diagnostic[]): void {
  const { name, value } = statement;
  if (field.deprecated !== undefined) {
    problems.push(
      problemAt(statement, "deprecated-attribute", `attribute "${name}" is deprecated`, {
        severity: "warning",
        hint: field.deprecated,
      }),
    );
  }
  const found = new Checker(statement, problems).check(field.type, value);
  if (found && field.unsupported && isConstant(value) && !isUnset(field, decodeConstant(field, statement)))
    problems.push(notSupported("attribute", statement));
}

/** The host value of a constant; anything but a plain one where it has none. */
function decodeConstant(field: AnyAttr, { value, source }: Attribute): unknown {
  try {
    return decodeAttribute(field, evaluate(value, source, emptyScope));
  } catch {
    return Symbol("unknown");
  }
}

/** Holds literals, and arrays, objects and simple operations of them, against a type. */
class Checker {
  readonly #statement: Attribute;
  readonly #problems: Diagnostic[];

  constructor(statement: Attribute, problems: Diagnostic[]) {
    this.#statement = statement;
    this.#problems = problems;
  }

  /** False if it added a problem. */
  check(type: TypeData, expression: Expression): boolean {
    const before = this.#problems.length;
    if (type.kind !== "any") this.#checkTyped(type, expression);
    return this.#problems.length === before;
  }

  #checkTyped(type: TypeData, expression: Expression): void {
    switch (expression.kind) {
      case "literal":
        return this.#checkValue(type, this.#read(expression), expression);
      case "array":
        if (type.kind !== "list") return this.#mismatch(type, "array", expression);
        for (const element of expression.elements) this.check(type.of, element);
        return;
      case "object":
        return this.#checkObject(type, expression);
      case "unary": {
        const operand = expression.value;
        if (operand.kind !== "literal") return;
        const value = this.#read(operand);
        if (value === undefined) return;
        if (this.#attempt(operand, () => applyUnary(expression.operator, value)) !== undefined)
          this.#checkValue(type, value, operand);
        return;
      }
      case "binary":
        return this.#checkBinary(type, expression);
      default:
    }
  }

  #checkBinary(type: TypeData, { left, operator, right, start, end }: Binary): void {
    if (left.kind !== "literal" || right.kind !== "literal") return;
    const [l, r] = [this.#read(left), this.#read(right)];
    if (l === undefined || r === undefined) return;
    this.#checkValue(
      type,
      this.#attempt({ start, end }, () => applyBinary(operator, l, r)),
      { start, end },
    );
  }

  #checkObject(type: TypeData, expression: ObjectExpression): void {
    if (type.kind === "target") return;
    if (type.kind === "map") {
      for (const field of expression.fields) this.check(type.of, field.value);
      return;
    }
    if (type.kind !== "object") return this.#mismatch(type, "object", expression);
    const { slots, required } = planOf(type.shape);
    const seen = new Set<string>();
    for (const { name, start, value } of expression.fields) {
      const slot = slots.get(name);
      seen.add(name);
      if (slot?.is === "attr") this.check(slot.field.type, value);
      else this.#add("unknown-attribute", `unrecognized attribute name "${name}"`, { start, end: value.end });
    }
    for (const { name } of required)
      if (!seen.has(name)) this.#add("missing-attribute", `missing required attribute "${name}"`, expression);
  }

  #checkValue(type: TypeData, value: Value | undefined, at: Place): void {
    if (value !== null && value !== undefined) this.#attempt(at, () => decodeValue(type, value));
  }

  /** The value of a literal; undefined for a number out of range, which is then reported. */
  #read(literal: Literal): Value | undefined {
    const read = readLiteral(literal);
    if ("value" in read) return read.value;
    this.#add("evaluation-failed", read.error, literal);
    return undefined;
  }

  /** What `run` gives; undefined if it finds a value at fault, which is then reported at `at`. */
  #attempt<T>(at: Place, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ValueError) && !(error instanceof OperandError)) throw error;
      const reason = error instanceof ValueError ? error.reason : error.message;
      const said = reason.replace(/^should be (\w+), got (\w+)$/, "expected $1, got $2");
      this.#add("wrong-type", said.startsWith("is ") ? `${this.#describe(at)} ${said}` : said, at);
      return undefined;
    }
  }

  #describe(at: Place): string {
    const { name, value } = this.#statement;
    return `${at.start === value.start ? "" : "a value of "}attribute ${JSON.stringify(name)}`;
  }

  #mismatch(type: TypeData, got: string, at: Place): void {
    this.#add("wrong-type", `expected ${typeName(type)}, got ${got}`, at);
  }

  #add(code: DiagnosticCode, message: string, { start, end }: Place): void {
    this.#problems.push(problemAt({ source: this.#statement.source, start, end }, code, message));
  }
}

interface Place {
  readonly start: number;
  readonly end: number;
}
