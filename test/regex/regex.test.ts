import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRegex, RegexError } from "#src/regex/regex.ts";
import { compileSlow } from "#src/regex/re2.ts";
import { hasLinearFallback } from "#src/regex/native.ts";
import { redosPatterns } from "./redos.ts";

const plain = (match: readonly (string | undefined)[] | undefined): unknown =>
  match === undefined ? undefined : [...match];

describe("patterns that need no engine", () => {
  test.each<[string, string, readonly (string | undefined)[] | undefined]>([
    ["", "", [""]],
    ["", "x", undefined],
    ["foo", "foo", ["foo"]],
    ["foo", "foox", undefined],
    ["fo\\.o", "fo.o", ["fo.o"]],
    ["foo|bar", "bar", ["bar"]],
    ["(foo|bar)", "foo", ["foo", "foo"]],
    [".*", "a\nb", ["a\nb"]],
    ["(.*)", "", ["", ""]],
    [".+", "", undefined],
    ["a(.*)", "a", ["a", ""]],
    ["a(.+)z", "abz", ["abz", "b"]],
    ["a(.+)a", "aa", undefined],
    ["aa(.*)aa", "aaa", undefined],
    [".*-metrics", "http-metrics", ["http-metrics"]],
  ])("%s on %j", (pattern, text, want) => {
    const regex = compileRegex(pattern, { anchored: true });
    expect(regex.engine).toBe("none");
    expect(plain(regex.match(text))).toEqual(want);
    expect(regex.test(text)).toBe(want !== undefined);
  });
});

describe("Go's syntax and meaning", () => {
  test.each<[string, string, readonly (string | undefined)[] | undefined]>([
    ["(?P<a>x)(?P<b>y)?", "x", ["x", "x", undefined]],
    ["\\Ax\\z", "x", ["x"]],
    ["[[:alpha:]]+[[:^alpha:]]", "abc1", ["abc1"]],
    ["(?i)kiss", "KI\u017fS", ["KI\u017fS"]],
    ["(?i)[^k]", "\u212a", undefined],
    ["(?i)\\W", "\u212a", undefined],
    ["\\s", "\u00a0", undefined],
    ["\\s", "\v", undefined],
    ["[[:space:]]", "\v", ["\v"]],
    [".", "\u2028", ["\u2028"]],
    [".", "\r", ["\r"]],
    [".", "😀", ["😀"]],
    ["[^a]", "😀", ["😀"]],
    ["\\x{1F600}", "😀", ["😀"]],
    ["(?U)a+(a*)", "aaa", ["aaa", "aa"]],
    ["(a*)(a*)", "aa", ["aa", "aa", ""]],
    ["(?:(a)|b)*", "ab", ["ab", "a"]],
    ["(a*)*", "b", undefined],
    ["(a*)?", "", ["", ""]],
    ["a{,2}", "a{,2}", ["a{,2}"]],
    ["a{01}", "a{01}", ["a{01}"]],
    ["\\Qa.b\\E", "a.b", ["a.b"]],
    ["\\pL+", "é", ["é"]],
    ["(?-s).", "\n", undefined],
    ["(?s-s:.)|(?m)^b$", "b", ["b"]],
    ["a|(?i)b|c", "C", ["C"]],
    ["a|(?i)b|c", "A", undefined],
    ["a)(b", "ab", ["ab", "b"]],
  ])("%s on %j", (pattern, text, want) => {
    const regex = compileRegex(pattern, { anchored: true });
    expect(plain(regex.match(text))).toEqual(want);
  });

  test.each([
    "(?=a)",
    "(?<=a)",
    "(?!a)",
    "\\1",
    "(a)\\1",
    "a**",
    "a+*",
    "*",
    "a{2}{3}",
    "{2}",
    "a{1001}",
    "(a{100}){100}",
    "(",
    "(a",
    "[a",
    "[z-a]",
    "[[:nope:]]",
    "\\C",
    "\\8",
    "\\q",
    "(?P<a>x)(?P<a>y)",
    "(?P<>a)",
    "(?z)",
    "a{2,1}",
    "[a-\\d]",
    "\\",
    "(?i",
    "x{10000}",
    "(?>a)",
    "a++",
  ])("%s is refused, naming the pattern", (pattern) => {
    expect(() => compileRegex(pattern, { anchored: true })).toThrow(RegexError);
    expect(() => compileRegex(pattern, { anchored: true })).toThrow(`\`${pattern}\``);
  });

  test("without an anchor the leftmost match counts and the dot stops at line breaks", () => {
    expect(plain(compileRegex("b.*").match("abc\nd"))).toEqual(["bc"]);
    expect(compileRegex("a$").test("a\n")).toBe(false);
  });
});

describe("replacements", () => {
  const regex = compileRegex("(?P<first>a)(b)?(?P<x1>c)");
  test.each([
    ["$1-${1}-$first-${first}", "a-a-a-a"],
    ["$2", ""],
    ["$0", "ac"],
    ["$1x", ""],
    ["$x1", "c"],
    ["${1}x", "ax"],
    ["$$1", "$1"],
    ["$", "$"],
    ["$-${-${1", "$-${-${1"],
    ["$9 $01 $nope é$é", "   é"],
    ["", ""],
  ])("%s", (template, want) => {
    expect(regex.expand(template, regex.match("ac")!)).toBe(want);
  });
});

describe("hostile patterns", () => {
  test("V8's linear engine stands behind the backtracking one", () => {
    expect(hasLinearFallback()).toBe(true);
  });
  test.each(redosPatterns)("%s cannot be made to run long", (pattern, text) => {
    for (const anchored of [true, false]) {
      const regex = compileRegex(pattern, { anchored });
      expect(["native-with-fallback", "re2js"]).toContain(regex.engine);
      expect(regex.test(text)).toBe(compileSlow(anchored ? `^(?s:${pattern})$` : pattern).test(text));
    }
  });
});

test("native and re2js agree on whatever is translated", () => {
  const atom = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        "a",
        "b",
        "c",
        "-",
        ".",
        "\\d",
        "\\w",
        "\\s",
        "\\S",
        "\\b",
        "^",
        "$",
        "\\.",
        "K",
        "s",
        "é",
        "\\x41",
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        "[ab]",
        "[^a]",
        "[a-c]",
        "[^\\d-]",
        "[[:alnum:]_]",
        "[\\w.-]",
        "[]a]",
        "[a\\-c]",
        "[[:^space:]k]",
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "(?i)",
        "(?U)",
        "(?s)",
        "(?-s)",
        "{",
        "}",
        "]",
        "{1",
        "(?i:k|s)",
        "\\Q*\\E",
        "\\pL",
        "(?m)",
      ),
    },
  );
  const { pattern } = fc.letrec<{ pattern: string; piece: string; group: string }>((tie) => ({
    piece: fc
      .tuple(
        fc.oneof({ weight: 3, arbitrary: atom }, tie("group")),
        fc.constantFrom("", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{3,17}"),
      )
      .map((parts) => parts.join("")),
    group: fc.tuple(fc.constantFrom("(", "(?:", "(?P<n>"), tie("pattern")).map(([open, body]) => `${open}${body})`),
    pattern: fc
      .array(
        fc.array(tie("piece"), { maxLength: 4, depthIdentifier: "p" }).map((p) => p.join("")),
        { minLength: 1, maxLength: 2 },
      )
      .map((options) => options.join("|")),
  }));
  const text = fc.string({
    unit: fc.constantFrom(
      "a",
      "b",
      "c",
      "k",
      "K",
      "\u212a",
      "s",
      "\u017f",
      "é",
      "1",
      "-",
      ".",
      " ",
      "\n",
      "\r",
      "\u00a0",
      "_",
      "😀",
      "]",
      "{",
    ),
    maxLength: 8,
  });
  let native = 0;
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 4 }), fc.boolean(), (source, texts, anchored) => {
      const wrapped = anchored ? `^(?s:${source})$` : source;
      let exact;
      try {
        exact = compileSlow(wrapped);
      } catch {
        expect(() => compileRegex(source, { anchored })).toThrow(RegexError);
        return;
      }
      const regex = compileRegex(source, { anchored });
      if (regex.engine !== "re2js") native += 1;
      expect(regex.names).toEqual(exact.names);
      for (const each of texts) {
        expect(plain(regex.match(each))).toEqual(exact.match(each));
        expect(regex.test(each)).toBe(exact.test(each));
      }
    }),
    { numRuns: 5000, seed: 20261123 },
  );
  expect(native).toBeGreaterThan(1000);
});

test("what configurations commonly use starts without re2js", () => {
  const script = `
    import { createRequire } from "node:module";
    import { compileRegex } from "#src/regex/regex.ts";
    for (const p of ["(.*)", "", "a|b", "__meta_(.+)", "([^:]+)(?::\\\\d+)?;(\\\\d+)", "(?i)true|yes", "[[:alpha:]_]\\\\w*", "^0$"])
      compileRegex(p, { anchored: true }).test("10.0.0.1:80;9100");
    const { cache } = createRequire(import.meta.url);
    console.log(Object.keys(cache).filter((file) => file.includes("re2js")).length);`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: join(import.meta.dirname, "../.."),
  });
  expect(run.stdout.toString()).toBe("0\n");
});
