import type { YAMLParseError } from "yaml";

/** A problem that the `yaml` package found, in the words and with the line of yaml.v3, as near as the two agree on what is wrong. */
export function describeProblem(text: string, problem: YAMLParseError): string {
  const at = problem.pos[0];
  switch (problem.code) {
    case "MISSING_CHAR":
      if (problem.message.startsWith("Flow")) return unterminatedFlow(text);
      if (problem.message.startsWith("Missing closing"))
        return scanner(text, text.length, "found unexpected end of stream");
      return unfinishedKey(text, at);
    case "BAD_INDENT":
      if (problem.message.startsWith("Flow")) return unterminatedFlow(text);
      return parser(text, at, "did not find expected '-' indicator");
    case "BLOCK_AS_IMPLICIT_KEY":
      return misplacedValue(text, at);
    case "MULTILINE_IMPLICIT_KEY":
      if (/^-\s/.test(text.slice(at, at + 2))) return parser(text, at, "did not find expected key");
      return misplacedValue(text, at);
    case "TAB_AS_INDENT":
    case "BAD_SCALAR_START":
      return scanner(text, at, "found character that cannot start any token");
    case "BAD_DQ_ESCAPE":
      return scanner(text, at, "found unknown escape character");
    case "BAD_ALIAS":
      return scanner(text, at, "did not find expected alphabetic or numeric character");
    case "TAG_RESOLVE_FAILED":
      return parser(text, at, "found undefined tag handle");
    case "UNEXPECTED_TOKEN":
      return unexpectedToken(text, at, problem.message);
    default:
      return parser(text, at, "did not find expected key");
  }
}

/** A key without a colon: named by its own line, or if that is the first, by the next. */
function unfinishedKey(text: string, at: number): string {
  return `yaml: line ${Math.max(countBreaks(text.slice(0, at)) + 1, 2)}: could not find expected ':'`;
}

function unexpectedToken(text: string, at: number, message: string): string {
  if (message.includes("block-seq-ind"))
    return scanner(text, at, "block sequence entries are not allowed in this context");
  if (message.includes("flow-")) return parser(text, at, "did not find expected node content");
  if (message.startsWith("Block scalar header"))
    return scanner(text, at, "did not find expected comment or line break");
  const inSequence = /(^|\n)\s*- [^\n]*\n?$/.test(text.slice(0, at));
  return parser(text, at, inSequence ? "did not find expected '-' indicator" : "did not find expected key");
}

/** A flow collection that is still open at the end of the text. */
function unterminatedFlow(text: string): string {
  const end = text.trimEnd();
  const line = countBreaks(text) + (text.endsWith("\n") ? 0 : 1);
  if (/[[{,:]$/.test(end)) return `yaml: line ${line}: did not find expected node content`;
  const open = openBracket(end);
  const start = countBreaks(end.slice(0, open));
  return `yaml: line ${start || line}: did not find expected ',' or '${end[open] === "{" ? "}" : "]"}'`;
}

/** Where the innermost bracket opens that is not closed. */
function openBracket(text: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === "]" || text[i] === "}") depth++;
    else if ((text[i] === "[" || text[i] === "{") && depth-- === 0) return i;
  }
  return 0;
}

function misplacedValue(text: string, from: number): string {
  const colon = text.slice(from).search(/:(\s|$)/);
  return scanner(text, colon < 0 ? from : from + colon, "mapping values are not allowed in this context");
}

/** The scanner of yaml.v3 counts lines from 1, but does not name the first. */
function scanner(text: string, at: number, message: string): string {
  const line = countBreaks(text.slice(0, at));
  return `yaml: ${line === 0 ? "" : `line ${line + 1}: `}${message}`;
}

/** Its parser counts lines from 0, and does not name the first either. */
function parser(text: string, at: number, message: string): string {
  const line = countBreaks(text.slice(0, at));
  return `yaml: ${line === 0 ? "" : `line ${line}: `}${message}`;
}

function countBreaks(text: string): number {
  return text.split("\n").length - 1;
}
