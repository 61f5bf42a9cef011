/** YAML as yaml.v3 decodes it into untyped values: its scalars, merge keys, aliases and errors. The text is read by the `yaml` package. */
import { Composer, isAlias, isMap, isScalar, isSeq, LineCounter, Parser, Scalar } from "yaml";
import type { Alias, Document, Pair, ParsedNode, YAMLMap } from "yaml";
import { quote } from "#src/util/quote.ts";
import { CallError } from "#src/value/errors.ts";
import { Handle } from "#src/value/host.ts";
import type { Value } from "#src/value/value.ts";
import { emptyFlags } from "./pad.ts";
import { printValue } from "./print.ts";
import { describeProblem } from "./yaml-errors.ts";
import { resolveScalar, shortTag } from "./yaml-scalar.ts";

const MAX_LENGTH = 4 * 1024 * 1024;
const MAX_VALUES = 1_000_000;
/** What a map with keys other than texts is to the configuration language: a thing to pass on. */
const GENERAL_MAP = "map[interface {}]interface {}";

type Node = ParsedNode | Alias;

/** Parses the first document of a YAML text; an empty text is null. Throws a `CallError` with yaml.v3's message. */
export function parseYaml(text: string): Value {
  if (text.length > MAX_LENGTH) throw new CallError(`yaml: the text is longer than ${MAX_LENGTH} characters`);
  const lines = new LineCounter();
  try {
    const document = compose(text, lines);
    const problem = document?.errors[0];
    if (problem !== undefined) throw new CallError(describeProblem(text, problem));
    return document === undefined ? null : new Decoder(lines).decodeDocument(document);
  } catch (error) {
    if (error instanceof RangeError) throw new CallError("yaml: exceeded max depth");
    throw error;
  }
}

function compose(text: string, lines: LineCounter): Document.Parsed | undefined {
  const composer = new Composer({ schema: "failsafe", resolveKnownTags: false, uniqueKeys: false, stringKeys: false });
  for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) return document as Document.Parsed;
  return undefined;
}

class Decoder {
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  readonly #open = new Set<Alias>();
  readonly #mistakes: string[] = [];
  #count = 0;
  #aliased = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  decodeDocument(document: Document.Parsed): Value {
    const contents = document.contents;
    if (contents === null) return null;
    this.#bind(contents);
    const value = this.#decode(contents);
    if (this.#mistakes.length > 0)
      throw new CallError(`yaml: unmarshal errors:\n${this.#mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    return value;
  }

  /** Finds what each alias stands for: the last anchor of its name before it. */
  #bind(node: Node): void {
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined) throw new CallError(`yaml: unknown anchor '${node.source}' referenced`);
      this.#targets.set(node, target);
      return;
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node))
      for (const { key, value } of pairsOf(node)) {
        this.#bind(key);
        if (value !== null) this.#bind(value);
      }
    else if (isSeq(node)) for (const item of node.items as Node[]) this.#bind(item);
  }

  #decode(node: Node | null): Value {
    this.#account();
    if (node === null) return null;
    if (isAlias(node)) return this.#decodeAlias(node);
    if (isScalar(node)) return resolveScalar(node).value;
    if (isSeq(node)) return (node.items as Node[]).map((item) => this.#decode(item));
    return this.#decodeMap(node as YAMLMap.Parsed);
  }

  /** Bounds what aliases may blow up, by the rule of yaml.v3 and in all. */
  #account(): void {
    this.#count++;
    if (this.#open.size > 0) this.#aliased++;
    const over = Math.min(Math.max((this.#count - 400_000) / 3_600_000, 0), 1);
    const excessive = this.#aliased > 100 && this.#count > 1000 && this.#aliased / this.#count > 0.99 - 0.89 * over;
    if (excessive || this.#count > MAX_VALUES) throw new CallError("yaml: document contains excessive aliasing");
  }

  #decodeAlias(alias: Alias): Value {
    if (this.#open.has(alias)) throw new CallError(`yaml: anchor '${alias.source}' value contains itself`);
    this.#open.add(alias);
    const value = this.#decode(this.#targets.get(alias)!);
    this.#open.delete(alias);
    return value;
  }

  #resolve(node: Node): ParsedNode {
    return isAlias(node) ? this.#resolve(this.#targets.get(node)!) : node;
  }

  #decodeMap(map: YAMLMap.Parsed): Value {
    const pairs = pairsOf(map);
    if (!this.#checkUnique(pairs)) return null;
    const out = new Map<string, Value>();
    const keyed = pairs.every(({ key }) => isMergeKey(key) || this.#isTextKey(key));
    for (const { key, value } of pairs) {
      if (isMergeKey(key)) continue;
      out.set(keyed ? keyText(this.#resolve(key)) : this.#generalKey(key), this.#decode(value));
    }
    for (const { key, value } of pairs) if (isMergeKey(key)) this.#merge(value, out);
    return keyed ? out : new Handle(GENERAL_MAP, out);
  }

  #isTextKey(key: Node): boolean {
    const node = this.#resolve(key);
    return isScalar(node) && resolveScalar(node).tag === "!!str";
  }

  #generalKey(key: Node): string {
    const value = this.#decode(key);
    const shown = printValue(value, "v", { ...emptyFlags(), sharpV: true });
    if (typeof value === "object" && value !== null) throw new CallError(`yaml: invalid map key: ${shown}`);
    return `${typeof value}:${shown}`;
  }

  /** Whether all keys differ, by how they are written. */
  #checkUnique(pairs: readonly KeyValue[]): boolean {
    const before = this.#mistakes.length;
    const seen = new Map<string, number>();
    for (const { key } of pairs) {
      if (!isScalar(key)) continue;
      const text = keyText(key);
      const line = this.#lines.linePos(key.range![0]).line;
      const first = seen.get(text);
      if (first === undefined) seen.set(text, line);
      else this.#mistakes.push(`line ${line}: mapping key ${quote(text)} already defined at line ${first}`);
    }
    return this.#mistakes.length === before;
  }

  /** Takes keys over that are not there yet; of a list, earlier maps win. */
  #merge(value: Node | null, into: Map<string, Value>): void {
    const node = value === null ? null : this.#resolve(value);
    if (node !== null && isSeq(node)) {
      for (const item of node.items as Node[]) this.#mergeMap(item, into);
      return;
    }
    this.#mergeMap(value, into);
  }

  #mergeMap(value: Node | null, into: Map<string, Value>): void {
    const decoded = value !== null && isMap(this.#resolve(value)) ? this.#decode(value) : null;
    const map = decoded instanceof Handle ? decoded.value : decoded;
    if (!(map instanceof Map)) throw new CallError("yaml: map merge requires map or sequence of maps as the value");
    for (const [key, member] of map as Map<string, Value>) if (!into.has(key)) into.set(key, member);
  }
}

interface KeyValue {
  readonly key: Node;
  readonly value: Node | null;
}

function pairsOf(map: YAMLMap): KeyValue[] {
  return (map.items as Pair<Node | null, Node | null>[]).map(({ key, value }) => ({
    key: key ?? emptyScalar(),
    value,
  }));
}

function emptyScalar(): ParsedNode {
  const scalar = new Scalar("") as Scalar.Parsed;
  scalar.type = Scalar.PLAIN;
  scalar.range = [0, 0, 0];
  return scalar;
}

function keyText(node: Node): string {
  return isScalar(node) && typeof node.value === "string" ? node.value : "";
}

function isMergeKey(key: Node): boolean {
  if (!isScalar(key)) return false;
  const tag = key.tag === undefined ? undefined : shortTag(key.tag);
  return key.value === "<<" && (tag === "!!merge" || (tag === undefined && key.type === Scalar.PLAIN));
}
