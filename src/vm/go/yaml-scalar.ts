import { Scalar } from "yaml";
import { CallError } from "#src/value/errors.ts";
import { parseFloat64, parsePrefixedInt } from "#src/value/number.ts";
import type { Value } from "#src/value/value.ts";

/** A scalar's value with the tag that it has or that its text suggests. */
export interface Resolved {
  readonly tag: string;
  readonly value: Value;
}

const WORDS: ReadonlyMap<string, Resolved> = new Map(
  (
    [
      ["!!bool", true, ["true", "True", "TRUE"]],
      ["!!bool", false, ["false", "False", "FALSE"]],
      ["!!null", null, ["", "~", "null", "Null", "NULL"]],
      ["!!float", NaN, [".nan", ".NaN", ".NAN"]],
      ["!!float", Infinity, [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"]],
      ["!!float", -Infinity, ["-.inf", "-.Inf", "-.INF"]],
    ] satisfies [string, Value, string[]][]
  ).flatMap(([tag, value, words]) => words.map((word): [string, Resolved] => [word, { tag, value }])),
);

const RESOLVABLE = new Set(["!!bool", "!!int", "!!float", "!!null", "!!timestamp"]);

/** `!!str` for `tag:yaml.org,2002:str`. */
export function shortTag(tag: string): string {
  return tag.replace(/^tag:yaml\.org,2002:/, "!!");
}

/** What a scalar means. Throws a `CallError` if its text is not what its tag says. */
export function resolveScalar(node: Scalar): Resolved {
  const text = typeof node.value === "string" ? node.value : "";
  const tag = node.tag === undefined || node.tag === "!" ? undefined : shortTag(node.tag);
  if (tag === undefined) return node.type === Scalar.PLAIN ? resolvePlain(text) : { tag: "!!str", value: text };
  if (tag === "!!binary") return { tag, value: decodeBinary(text) };
  if (!RESOLVABLE.has(tag)) return { tag, value: text };
  const found = resolvePlain(text);
  if (found.tag === tag) return found;
  if (tag === "!!float" && typeof found.value === "bigint") return { tag, value: Number(found.value) };
  throw new CallError(`yaml: cannot decode ${found.tag} \`${text}\` as a ${tag}`);
}

function decodeBinary(text: string): string {
  const compact = text.replace(/[\r\n]/g, "");
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact))
    throw new CallError("yaml: !!binary value contains invalid base64 data");
  return Buffer.from(compact, "base64").toString("utf8");
}

function resolvePlain(text: string): Resolved {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const string = { tag: "!!str", value: text };
  if (!/^[-+.0-9]/.test(text)) return string;
  if (text.startsWith(".")) {
    const number = parseFloat64(text);
    return number === undefined ? string : { tag: "!!float", value: number };
  }
  const timestamp = parseTimestamp(text);
  if (timestamp !== undefined) return { tag: "!!timestamp", value: timestamp };
  const plain = text.replaceAll("_", "");
  const integer = parsePrefixedInt(plain);
  if (integer !== undefined) return { tag: "!!int", value: integer };
  const number = parseFloat64(plain);
  return number === undefined ? string : { tag: "!!float", value: number };
}

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})(.*)$/;
const CLOCK =
  /^(?:([Tt])(\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?(Z|[-+]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?)$/;

/** A date with or without time as RFC 3339 text, or undefined for other texts. */
function parseTimestamp(text: string): string | undefined {
  const date = DATE.exec(text);
  if (date === null) return undefined;
  const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
  const clock = date[4] === "" ? undefined : CLOCK.exec(date[4]!);
  if (clock === null) return undefined;
  const [hour, minute, second] = [2, 3, 4].map((i) => Number(clock?.[i] ?? clock?.[i + 5] ?? 0)) as [
    number,
    number,
    number,
  ];
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) return undefined;
  const two = (n: number) => String(n).padStart(2, "0");
  const fraction = (clock?.[5] ?? clock?.[10] ?? "").slice(1, 10).replace(/0+$/, "");
  const zone = clock?.[6] ?? "Z";
  return (
    `${date[1]}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}` +
    `${fraction === "" ? "" : `.${fraction}`}${/^[-+]00:00$/.test(zone) ? "Z" : zone}`
  );
}
