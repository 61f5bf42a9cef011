/** What the scanner tells apart. The numbers are only names; `TOKEN_NAMES` holds the words that messages use. */
export const Token = {
  Illegal: 0,
  End: 1,
  Comment: 2,
  Identifier: 3,
  Number: 4,
  Float: 5,
  String: 6,
  Bool: 7,
  Null: 8,
  Or: 9,
  And: 10,
  Not: 11,
  Assign: 12,
  Equal: 13,
  NotEqual: 14,
  Less: 15,
  LessEqual: 16,
  Greater: 17,
  GreaterEqual: 18,
  Add: 19,
  Subtract: 20,
  Multiply: 21,
  Divide: 22,
  Modulo: 23,
  Power: 24,
  LeftCurly: 25,
  RightCurly: 26,
  LeftParen: 27,
  RightParen: 28,
  LeftBracket: 29,
  RightBracket: 30,
  Comma: 31,
  Dot: 32,
  Terminator: 33,
} as const;

export type TokenKind = (typeof Token)[keyof typeof Token];

/** The name of each token as messages give it; for operators and punctuation its text. */
export const TOKEN_NAMES = [
  "ILLEGAL",
  "EOF",
  "COMMENT",
  "IDENT",
  "NUMBER",
  "FLOAT",
  "STRING",
  "BOOL",
  "NULL",
  "||",
  "&&",
  "!",
  "=",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "+",
  "-",
  "*",
  "/",
  "%",
  "^",
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ",",
  ".",
  "TERMINATOR",
] as const;

/** The word for a token in messages. */
export function tokenName(token: TokenKind): string {
  return TOKEN_NAMES[token];
}

/** How tightly a binary operator binds, from 1 (`||`) to 6 (`^`); 0 for what is none. */
export function precedenceOf(token: TokenKind): number {
  if (token < Token.Or || token > Token.Power) return 0;
  if (token === Token.Power) return 6;
  if (token >= Token.Multiply) return 5;
  if (token >= Token.Add) return 4;
  if (token >= Token.Equal) return 3;
  if (token === Token.And) return 2;
  return token === Token.Or ? 1 : 0;
}
