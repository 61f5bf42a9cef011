/** Comments of the exposition formats: what they say about families of metrics. */
import type { MetricMetadata, MetricType } from "#src/signal/samples.ts";
import { decode, LineError, unescape, type LineReader } from "./exposition-series.ts";

export const TYPES: readonly MetricType[] = [
  "unknown",
  "counter",
  "gauge",
  "summary",
  "histogram",
  "gaugehistogram",
  "info",
  "stateset",
];
const TEXT_TYPES = new Set(["counter", "gauge", "summary", "histogram"]);

export type Comment =
  | { readonly kind: "plain" }
  | { readonly kind: "eof" }
  | { readonly kind: "help" | "unit"; readonly family: string; readonly text: string }
  | { readonly kind: "type"; readonly family: string; readonly type: MetricType };

const NEWLINE = 10;
const plain: Comment = { kind: "plain" };

/** Reads a line that begins with `#`; the reader ends at its line break or at the end of the page. */
export function readComment(reader: LineReader): Comment {
  const start = reader.at;
  const newline = reader.page.indexOf(NEWLINE, start);
  const end = newline < 0 ? reader.page.length : newline;
  const line = Buffer.from(reader.page.buffer, reader.page.byteOffset + start, end - start).toString("latin1");
  return reader.format === "text" ? readText(reader, line, start, end) : readOpenMetrics(reader, line, start, end);
}

function readText(reader: LineReader, line: string, start: number, end: number): Comment {
  const keyword = /^#[ \t]+(HELP|TYPE)[ \t]+/.exec(line);
  reader.at = end;
  if (keyword === null) return plain;
  const { family, rest } = readFamily(reader, start + keyword[0].length, end, keyword[1]!);
  const said = rest.subarray(1);
  if (keyword[1] === "HELP") return { kind: "help", family, text: unescapeHelp(said) };
  const type = decode(said);
  if (type === "untyped") return { kind: "type", family, type: "unknown" };
  if (!TEXT_TYPES.has(type)) throw new LineError(`invalid metric type ${JSON.stringify(type)}`);
  return { kind: "type", family, type: type as MetricType };
}

function readOpenMetrics(reader: LineReader, line: string, start: number, end: number): Comment {
  reader.at = end;
  if (line === "# EOF") return { kind: "eof" };
  const keyword = /^# (HELP|TYPE|UNIT) /.exec(line);
  if (keyword === null)
    throw new LineError(`expected HELP, TYPE, UNIT or EOF in ${JSON.stringify(line.slice(0, 200))}`);
  const { family, rest } = readFamily(reader, start + keyword[0].length, end, keyword[1]!);
  if (rest[0] !== 32 || end === reader.page.length)
    throw new LineError(`expected text after # ${keyword[1]} ${family}`);
  const said = rest.subarray(1);
  if (keyword[1] === "HELP") return { kind: "help", family, text: unescape(said) };
  const text = decode(said);
  if (keyword[1] === "UNIT") {
    if (text !== "" && !family.endsWith(`_${text}`))
      throw new LineError(`unit ${JSON.stringify(text)} not a suffix of metric ${JSON.stringify(family)}`);
    return { kind: "unit", family, text };
  }
  const type = TYPES.find((known) => known === text);
  if (type === undefined) throw new LineError(`invalid metric type ${JSON.stringify(text)}`);
  return { kind: "type", family, type };
}

function readFamily(
  reader: LineReader,
  at: number,
  end: number,
  keyword: string,
): { readonly family: string; readonly rest: Uint8Array } {
  reader.at = at;
  const quoted = reader.quoted(false);
  const family = quoted === undefined ? reader.name(true) : unescape(quoted);
  if (family === "") throw reader.fail(`a metric name after ${keyword}`);
  const rest = reader.page.subarray(reader.at, end);
  reader.at = end;
  return { family, rest };
}

/** Help in the text format knows two escapes: quotes stand for themselves. */
function unescapeHelp(bytes: Uint8Array): string {
  const text = decode(bytes);
  return text.includes("\\") ? text.replace(/\\[\\n]/g, (e) => (e === "\\n" ? "\n" : "\\")) : text;
}

/** Puts together what comments say of each family, in order of first mention. */
export function collectMetadata(comments: Iterable<Comment>): readonly MetricMetadata[] {
  const families = new Map<string, MetricMetadata>();
  for (const comment of comments) {
    if (comment.kind === "plain" || comment.kind === "eof") continue;
    const { family } = comment;
    const known = families.get(family) ?? { family, type: "unknown", help: "", unit: "" };
    families.set(
      family,
      comment.kind === "type" ? { ...known, type: comment.type } : { ...known, [comment.kind]: comment.text },
    );
  }
  return [...families.values()];
}
