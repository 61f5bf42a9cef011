/** Evaluates expressions (specification 2.4 and 2.5). All parts are evaluated, also behind `&&` and `||`. */
import type { SourceText } from "#src/diag/source-text.ts";
import type { Access, Binary, Call, Expression, Index, Literal, Unary } from "#src/syntax/ast.ts";
import { readLiteral } from "#src/syntax/literal.ts";
import { ArgumentError, CallError, typeError, ValueError, valueError } from "#src/value/errors.ts";
import { asInt64 } from "#src/value/number.ts";
import { Capsule, FunctionValue, typeOf, type ArrayValue, type ObjectValue, type Value } from "#src/value/value.ts";
import { errorOf, explain, unknownName, type EvaluationError } from "./errors.ts";
import { applyBinary, applyUnary, OperandError } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { lookupStdlib } from "./stdlib.ts";
import { Trace } from "./trace.ts";

export { EvaluationError } from "./errors.ts";

/** The value of an expression. Throws an `EvaluationError`. */
export function evaluate(expression: Expression, source: SourceText, scope: Scope): Value {
  return new Evaluation(source, scope, expression).run(expression);
}

/** The value of an expression as `convert` makes it. A `ValueError` of `convert` becomes an `EvaluationError` at its place. */
export function evaluateAs<T>(
  expression: Expression,
  source: SourceText,
  scope: Scope,
  convert: (value: Value) => T,
): T {
  const literal = expression.kind === "literal" ? readLiteral(expression) : undefined;
  if (literal !== undefined && "value" in literal) {
    // Most arguments are literals: nothing has to be traced unless one does not fit.
    try {
      return convert(literal.value);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
    }
  }
  const evaluation = new Evaluation(source, scope, expression);
  const value = evaluation.run(expression);
  try {
    return convert(value);
  } catch (error) {
    throw error instanceof ValueError ? evaluation.explain(error, value, expression) : error;
  }
}

class Evaluation {
  readonly #source: SourceText;
  readonly #scope: Scope;
  readonly #whole: Expression;
  readonly #trace = new Trace();

  constructor(source: SourceText, scope: Scope, whole: Expression) {
    this.#source = source;
    this.#scope = scope;
    this.#whole = whole;
  }

  run(node: Expression): Value {
    const value = this.#evaluate(node);
    this.#trace.push(node, value);
    return value;
  }

  #evaluate(node: Expression): Value {
    switch (node.kind) {
      case "literal":
        return this.#literal(node);
      case "identifier":
        return this.#lookup(node);
      case "access":
        return this.#access(node);
      case "index":
        return this.#index(node);
      case "call":
        return this.#call(node);
      case "array":
        return node.elements.map((element) => this.run(element));
      case "object":
        return new Map(node.fields.map((field) => [field.name, this.run(field.value)]));
      case "paren":
        return this.run(node.inner);
      case "unary":
        return this.#unary(node);
      case "binary":
        return this.#binary(node);
    }
  }

  /** Explains an error about `value`, which came of `node`. */
  explain(error: ValueError, value: Value, node: Expression | undefined): EvaluationError {
    return explain(error, this.#source, this.#whole, (v) =>
      this.#trace.find(v, Object.is(v, value) ? node : undefined),
    );
  }

  #fail(value: Value, node: Expression, reason: string): EvaluationError {
    return this.explain(valueError(value, reason), value, node);
  }

  #literal(node: Literal): Value {
    const read = readLiteral(node);
    if ("value" in read) return read.value;
    throw errorOf(this.#source, node, `strconv.ParseFloat: parsing "${node.raw}": value out of range`);
  }

  #lookup(node: Expression & { kind: "identifier" }): Value {
    const value = this.#scope.lookup(node.name) ?? lookupStdlib(node.name);
    if (value === undefined) throw unknownName(this.#source, node, `identifier "${node.name}" does not exist`);
    return value;
  }

  #access(node: Access): Value {
    const value = this.run(node.value);
    const object = asObject(value);
    if (object === undefined) {
      const reason =
        value instanceof Capsule
          ? NOT_AN_OBJECT
          : `cannot access field "${node.name}" on value of type ${typeOf(value)}`;
      throw this.#fail(value, node.value, reason);
    }
    const field = object.get(node.name);
    if (field !== undefined) return field;
    throw unknownName(this.#source, { start: node.nameStart, end: node.end }, `field "${node.name}" does not exist`);
  }

  #index(node: Index): Value {
    const value = this.run(node.value);
    const index = this.run(node.index);
    if (Array.isArray(value) || value instanceof Uint8Array) {
      if (typeof index !== "bigint" && typeof index !== "number")
        throw this.explain(typeError(index, "number"), index, node.index);
      const at = asInt64(index);
      if (at < 0n || at >= value.length)
        throw this.#fail(index, node.index, `index ${at} is out of range of array with length ${value.length}`);
      const element = (value as ArrayValue | Uint8Array)[Number(at)]!;
      return value instanceof Uint8Array ? BigInt(element as number) : (element as Value);
    }
    const object = asObject(value);
    if (object === undefined) {
      const reason = value instanceof Capsule ? NOT_AN_OBJECT : `expected object or array, got ${typeOf(value)}`;
      throw this.#fail(value, node.value, reason);
    }
    if (typeof index !== "string") throw this.explain(typeError(index, "string"), index, node.index);
    return object.get(index) ?? null;
  }

  #call(node: Call): Value {
    const callee = this.run(node.callee);
    if (!(callee instanceof FunctionValue)) throw this.explain(typeError(callee, "function"), callee, node.callee);
    const args = node.args.map((arg) => this.run(arg));
    try {
      return callee.call(args);
    } catch (error) {
      if (error instanceof CallError)
        throw error.placed
          ? this.#fail(callee, node.callee, error.message)
          : errorOf(this.#source, node, error.message);
      if (error instanceof ArgumentError) throw this.#wrongArgument(error, args[error.index]!, node.args[error.index]!);
      throw error;
    }
  }

  #wrongArgument({ error, path }: ArgumentError, arg: Value, node: Expression): EvaluationError {
    if (path.length > 0) return this.explain(error, error.frames[0].value, elementOf(node, path));
    return this.explain(new ValueError(error.reason, [{ value: arg, step: "" }, ...error.frames]), arg, node);
  }

  #unary(node: Unary): Value {
    const value = this.run(node.value);
    try {
      return applyUnary(node.operator, value);
    } catch (error) {
      throw error instanceof OperandError ? this.#fail(value, node.value, error.message) : error;
    }
  }

  #binary(node: Binary): Value {
    const left = this.run(node.left);
    const right = this.run(node.right);
    try {
      return applyBinary(node.operator, left, right);
    } catch (error) {
      if (!(error instanceof OperandError)) throw error;
      throw error.side === "left"
        ? this.#fail(left, node.left, error.message)
        : this.#fail(right, node.right, error.message);
    }
  }
}

const NOT_AN_OBJECT = "expected object or array or a capsule convertible to an object, got capsule";

function asObject(value: Value): ObjectValue | undefined {
  if (value instanceof Map) return value as ObjectValue;
  return value instanceof Capsule ? value.asObject?.() : undefined;
}

/** The expression of an element or field where the array or object is written out. */
function elementOf(node: Expression, path: ArgumentError["path"]): Expression | undefined {
  let at: Expression | undefined = node;
  for (const step of path) {
    while (at?.kind === "paren") at = at.inner;
    if (at?.kind === "array" && typeof step === "number") at = at.elements[step];
    else if (at?.kind === "object") at = at.fields.findLast((field) => field.name === step)?.value;
    else return undefined;
  }
  return at;
}
