/**
 * The syntax tree. Nodes are plain records and never change once parsed. `start` and `end` are UTF-16 offsets
 * into the file's text, `end` exclusive; `SourceText.position` turns them into lines and columns.
 */
import type { SourceText } from "#src/diag/source-text.ts";

export interface File {
  readonly source: SourceText;
  readonly body: readonly Statement[];
  readonly comments: readonly CommentGroup[];
}

export interface Comment {
  readonly start: number;
  readonly end: number;
  /** As written, with its delimiters, without carriage returns. */
  readonly text: string;
}

/** Comments on consecutive lines. */
export type CommentGroup = readonly Comment[];

export type Statement = Attribute | Block;

export interface Attribute {
  readonly kind: "attribute";
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly value: Expression;
}

export interface Block {
  readonly kind: "block";
  readonly source: SourceText;
  readonly start: number;
  /** After the closing brace. */
  readonly end: number;
  /** Dotted name: `prometheus.scrape`. */
  readonly name: string;
  /** Without quotes; `""` when absent. */
  readonly label: string;
  /** Where the label's quote opens; undefined without a label. */
  readonly labelStart: number | undefined;
  readonly body: readonly Statement[];
  readonly lcurly: number;
  readonly rcurly: number;
}

export type Expression =
  Identifier | Literal | ArrayExpression | ObjectExpression | Access | Index | Call | Unary | Binary | Paren;

interface Node {
  readonly start: number;
  readonly end: number;
}

export interface Identifier extends Node {
  readonly kind: "identifier";
  readonly name: string;
}

export type LiteralKind = "number" | "float" | "string" | "bool" | "null";

export interface Literal extends Node {
  readonly kind: "literal";
  readonly literal: LiteralKind;
  /** As written. */
  readonly raw: string;
}

export interface ArrayExpression extends Node {
  readonly kind: "array";
  readonly elements: readonly Expression[];
}

export interface ObjectField {
  readonly start: number;
  readonly name: string;
  readonly quoted: boolean;
  readonly value: Expression;
}

export interface ObjectExpression extends Node {
  readonly kind: "object";
  readonly fields: readonly ObjectField[];
}

export interface Access extends Node {
  readonly kind: "access";
  readonly value: Expression;
  readonly name: string;
  readonly nameStart: number;
}

export interface Index extends Node {
  readonly kind: "index";
  readonly value: Expression;
  readonly index: Expression;
  readonly lbracket: number;
}

export interface Call extends Node {
  readonly kind: "call";
  readonly callee: Expression;
  readonly args: readonly Expression[];
  readonly lparen: number;
}

export type UnaryOperator = "!" | "-";

export interface Unary extends Node {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly value: Expression;
}

export type BinaryOperator = "||" | "&&" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "^";

export interface Binary extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly operatorStart: number;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Paren extends Node {
  readonly kind: "paren";
  readonly inner: Expression;
}
