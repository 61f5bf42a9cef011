import { Scanner } from "./scanner.ts";
import { Token } from "./token.ts";

/**
 * Whether two texts have the same tokens and as many comments, but for what formatting may change: commas, line breaks,
 * the quotes of strings, and where comments stand.
 */
export function sameTokens(one: string, other: string): boolean {
  const [a, b] = [summarize(one), summarize(other)];
  if (a.comments !== b.comments || a.tokens.length !== b.tokens.length) return false;
  return a.tokens.every((token, i) => token === b.tokens[i]);
}

function summarize(text: string): { tokens: string[]; comments: number } {
  const tokens: string[] = [];
  let comments = 0;
  const scanner = new Scanner(text, () => {});
  for (scanner.next(); scanner.token !== Token.End; scanner.next()) {
    const { token, start, end } = scanner;
    if (token === Token.Comment) comments += 1;
    else if (token === Token.String) tokens.push(text.slice(start + 1, end - 1));
    else if (token !== Token.Comma && token !== Token.Terminator) tokens.push(text.slice(start, end));
  }
  return { tokens, comments };
}
