/**
 * Regular expressions with the syntax and meaning of Go's `regexp` (RE2), in linear time. A pattern whose meaning in
 * JavaScript is certain runs on the native engine, everything else on re2js, which also judges what is valid.
 */
import { hasLinearFallback } from "./native.ts";
import { parsePattern } from "./parse.ts";
import { compileSlow, type SlowPattern } from "./re2.ts";
import { findShortcut } from "./shortcut.ts";
import { compileTemplate, type Expander, type Match } from "./template.ts";
import { translate } from "./translate.ts";

export type { Expander, Match } from "./template.ts";

/** A compiled pattern. Immutable, free of state between calls, and shared by all who compile the same text. */
export interface Regex {
  /** The pattern as it was written. */
  readonly source: string;
  /** Names of the groups from 1 on; `""` for those without one. */
  readonly names: readonly string[];
  /** What runs it: no engine at all, the native one (alone where its cost is proven, else with the linear one behind it), or re2js. */
  readonly engine: "none" | "native" | "native-with-fallback" | "re2js";
  readonly test: (text: string) => boolean;
  /** The leftmost match, with the whole matched text first. */
  readonly match: (text: string) => Match | undefined;
  /** Compiles a replacement with `$1`, `${1}` and `$name`, as Go's `Expand` reads it. */
  template(text: string): Expander;
  /** Expands a replacement for one match; `template` is the way for many. */
  expand(template: string, match: Match): string;
}

export interface RegexOptions {
  /** The pattern must match the whole text and `.` also matches line breaks, as Prometheus has it: `^(?s:…)$`. */
  readonly anchored?: boolean;
}

/** A pattern that Go refuses. The message completes "… is not valid: ". */
export class RegexError extends Error {
  constructor(pattern: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message.replace(/: `[^]*$/, "") : String(cause);
    super(`${reason}: \`${pattern}\``, { cause });
    this.name = "RegexError";
  }
}

const SURROGATE = /[\ud800-\udfff]/;
const MAX_CACHED = 2000;
const cache = new Map<string, Regex>();

/** Compiles a pattern, or takes it from the cache. Throws `RegexError`. */
export function compileRegex(source: string, options: RegexOptions = {}): Regex {
  const anchored = options.anchored ?? false;
  const key = (anchored ? "^" : " ") + source;
  let regex = cache.get(key);
  if (regex === undefined) regex = compile(source, anchored);
  else cache.delete(key);
  cache.set(key, regex);
  if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!);
  return regex;
}

function compile(source: string, anchored: boolean): Regex {
  const wrapped = anchored ? `^(?s:${source})$` : source;
  const parsed = parsePattern(source, anchored);
  if (parsed !== undefined) {
    const shortcut = anchored ? findShortcut(parsed.root) : undefined;
    if (shortcut !== undefined) return new Compiled(source, parsed.names, "none", shortcut);
    const native = translate(parsed.root, anchored);
    if (native !== undefined && (native.linear || (native.fallback && hasLinearFallback()))) {
      const engine = native.linear ? "native" : "native-with-fallback";
      return new Compiled(source, parsed.names, engine, createNative(native.source, wrapped));
    }
  }
  try {
    const slow = compileSlow(wrapped);
    return new Compiled(source, slow.names, "re2js", slow);
  } catch (error) {
    throw new RegexError(source, error);
  }
}

/** Runs on the native engine, save for texts with characters beyond the basic plane: there JavaScript counts in other units. */
function createNative(source: string, wrapped: string): Matcher {
  const native = new RegExp(source);
  let slow: SlowPattern | undefined;
  const choose = (text: string): SlowPattern | undefined =>
    SURROGATE.test(text) ? (slow ??= compileSlow(wrapped)) : undefined;
  return {
    test: (text) => choose(text)?.test(text) ?? native.test(text),
    match(text) {
      const exact = choose(text);
      return exact === undefined ? (native.exec(text) ?? undefined) : exact.match(text);
    },
  };
}

type Matcher = Pick<Regex, "test" | "match">;

class Compiled implements Regex {
  readonly source: string;
  readonly names: readonly string[];
  readonly engine: Regex["engine"];
  readonly test: (text: string) => boolean;
  readonly match: (text: string) => Match | undefined;

  constructor(source: string, names: readonly string[], engine: Regex["engine"], matcher: Matcher) {
    this.source = source;
    this.names = names;
    this.engine = engine;
    this.test = matcher.test;
    this.match = matcher.match;
  }
  template(text: string): Expander {
    return compileTemplate(text, this.names);
  }
  expand(template: string, match: Match): string {
    return this.template(template)(match);
  }
}
