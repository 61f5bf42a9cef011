import { CallError } from "#src/value/errors.ts";
import { quote } from "#src/util/quote.ts";
import { MAX_TEXT } from "#src/value/text.ts";
import type { Value } from "#src/value/value.ts";
import { any, bounded, bytes, defineFunction, text } from "../function.ts";
import { parseJson, renderJson } from "../go/json.ts";
import { parseYaml } from "../go/yaml.ts";

interface Alphabet {
  readonly encoding: "base64" | "base64url";
  readonly character: RegExp;
  readonly whole: RegExp;
}
const STANDARD: Alphabet = {
  encoding: "base64",
  character: /[A-Za-z0-9+/]/,
  whole: /^[A-Za-z0-9+/]*={0,2}$/,
};
const URL_SAFE: Alphabet = {
  encoding: "base64url",
  character: /[A-Za-z0-9\-_]/,
  whole: /^[A-Za-z0-9\-_]*={0,2}$/,
};

/** The namespace `encoding`. */
export const encoding = {
  from_json: defineFunction("encoding.from_json", [text], (json) => parseJson(bounded(json))),
  from_yaml: defineFunction("encoding.from_yaml", [text], (yaml) => parseYaml(bounded(yaml))),
  from_base64: defineFunction("encoding.from_base64", [text], (base64) => decodeBase64(base64, STANDARD)),
  from_URLbase64: defineFunction("encoding.from_URLbase64", [text], (base64) => decodeBase64(base64, URL_SAFE)),
  to_json: defineFunction("encoding.to_json", [any], encodeJson),
  to_base64: defineFunction("encoding.to_base64", [bytes], (data) => bounded(Buffer.from(data).toString("base64"))),
  to_URLbase64: defineFunction("encoding.to_URLbase64", [bytes], (data) =>
    bounded(Buffer.from(data).toString("base64").replaceAll("+", "-").replaceAll("/", "_")),
  ),
  url_encode: defineFunction("encoding.url_encode", [bytes], (data) => bounded(encodeQuery(data))),
  url_decode: defineFunction("encoding.url_decode", [text], decodeQuery),
};

function encodeJson(value: Value): string {
  if (!(value instanceof Map)) throw new CallError("jsonEncode only supports map");
  return bounded(renderJson(value));
}

/** Padded base64; line breaks are skipped. */
function decodeBase64(base64: string, alphabet: Alphabet): Uint8Array {
  if (base64.length > MAX_TEXT) throw new CallError(`the text is longer than ${MAX_TEXT} characters`);
  if (base64.length % 4 === 0 && alphabet.whole.test(base64)) return Buffer.from(base64, alphabet.encoding);
  const source = Buffer.from(base64);
  let data = "";
  let padding = 0;
  const illegal = (at: number) => new CallError(`illegal base64 data at input byte ${at}`);
  for (const [at, byte] of source.entries()) {
    const c = String.fromCharCode(byte);
    if (c === "\n" || c === "\r") continue;
    if (padding > 0) {
      if (data.length + padding === roundUp(data.length)) throw illegal(at);
      if (c !== "=") throw illegal(at - 1);
      padding++;
    } else if (c === "=") {
      if (data.length % 4 < 2) throw illegal(at);
      padding = 1;
    } else if (alphabet.character.test(c)) data += c;
    else throw illegal(at);
  }
  if (data.length + padding !== roundUp(data.length)) throw illegal(incompleteAt(source, data, padding));
  return Buffer.from(data, alphabet.encoding);
}

function roundUp(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** Where Go says that the text ends too early: with padding at the end, else where the last group of four begins. */
function incompleteAt(source: Buffer, data: string, padding: number): number {
  return padding > 0 ? source.length : source.length - (data.length % 4);
}

function encodeQuery(data: Uint8Array): string {
  let out = "";
  for (const byte of data) {
    const c = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(c)) out += c;
    else out += c === " " ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

function decodeQuery(query: string): string {
  const wrong = /%(?![0-9a-fA-F]{2})/.exec(query);
  if (wrong !== null) {
    const escape = Buffer.from(query.slice(wrong.index, wrong.index + 3))
      .subarray(0, 3)
      .toString("utf8");
    throw new CallError(`invalid URL escape ${quote(escape)}`);
  }
  return query
    .replaceAll("+", " ")
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"));
}
