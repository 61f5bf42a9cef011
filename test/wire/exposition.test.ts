import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Labels } from "#src/signal/labels.ts";
import { ExpositionError, ExpositionReader, type ExpositionFormat, type Page } from "#src/wire/exposition.ts";
import { formatFloat, formatOpenMetricsFloat, NumberScanner, parseFloatText } from "#src/wire/exposition-number.ts";
import { brokenOpenMetrics, brokenText } from "./exposition-cases.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const createReader = (): ExpositionReader<Labels> => new ExpositionReader((labels) => labels);

function print(page: Page<Labels>): string[] {
  return page.series.map((labels, i) => {
    const time = page.time === undefined || Number.isNaN(page.time[i]) ? "" : ` @${page.time[i]}`;
    const exemplar = page.exemplars.find((each) => each.sample === i);
    const tail =
      exemplar === undefined ? "" : ` # ${exemplar.labels.toString()} ${exemplar.value} ${exemplar.time ?? "-"}`;
    return `${labels.toString()} ${formatFloat(page.value[i]!)}${time}${tail}${page.repeated.includes(i) ? " (repeated)" : ""}`;
  });
}

function readAll(reader: ExpositionReader<Labels>, page: Uint8Array, format: ExpositionFormat): string[] | string {
  try {
    return print(reader.read(page, format));
  } catch (error) {
    if (error instanceof ExpositionError) return error.message;
    throw error;
  }
}

/** How a bound is written depends on the type that held when its series was first seen, in Prometheus as well. */
const withoutBounds = (read: string[] | string): string => String(read).replace(/(le|quantile)="[^"]*"/g, "$1");

const folder = join(import.meta.dirname, "../golden/exposition");
const pages = globSync("*.{prom,om}", { cwd: folder }).sort();

describe("golden pages", () => {
  test.each(pages)("%s", (name) => {
    const reader = createReader();
    const page = readFileSync(join(folder, name));
    const samples = print(reader.read(page, name.endsWith(".om") ? "openmetrics" : "text"));
    const metadata = reader.metadata.map(
      (m) => `# ${m.family} ${m.type} ${JSON.stringify(m.help)} ${JSON.stringify(m.unit)}`,
    );
    const got = [...samples, ...metadata, ""].join("\n");
    const want = join(folder, `${basename(name)}.want`);
    if (process.env["UPDATE"] === "1") writeFileSync(want, got);
    expect(got).toBe(readFileSync(want, "utf8"));
  });
});

describe("pages that break their format are refused with the line", () => {
  test.each(brokenText)("text %j", (page, error) => {
    expect(() => createReader().read(bytes(page), "text")).toThrow(error);
  });
  test.each(brokenOpenMetrics)("openmetrics %j", (page, error) => {
    expect(() => createReader().read(bytes(page), "openmetrics")).toThrow(error);
  });
  test("invalid UTF-8 in a label value", () => {
    const page = Buffer.from('a{b="\xff"} 1\n', "latin1");
    expect(() => createReader().read(page, "text")).toThrow("line 1: invalid UTF-8");
  });
});

describe("from page to page", () => {
  const first = 'a{x="1"} 1\na{x="2"} 2\nb 3\n';

  test("an unchanged page gives the same series array, made once", () => {
    let made = 0;
    const reader = new ExpositionReader((labels) => ({ labels, number: made++ }));
    const one = reader.read(bytes(first), "text");
    const two = reader.read(bytes(first.replace("2\nb", "22.5\nb")), "text");
    expect(two.series).toBe(one.series);
    expect(made).toBe(3);
    expect([...two.value]).toEqual([1, 22.5, 3]);
  });

  test("series that move, appear and vanish keep what was made of them", () => {
    const reader = createReader();
    const before = reader.read(bytes(first), "text").series;
    const after = reader.read(bytes('b 1\nnew 2\na{x="2"} 3\n'), "text");
    expect(print(after)).toEqual(['{__name__="b"} 1', '{__name__="new"} 2', '{__name__="a", x="2"} 3']);
    expect([after.series[0], after.series[2]]).toEqual([before[2], before[1]]);
    expect(after.series[0]).toBe(before[2]);
    expect(reader.read(bytes(first), "text").series.map(String)).toEqual(before.map(String));
  });

  test("a name that only begins like the expected one is another", () => {
    const reader = createReader();
    reader.read(bytes("abc 1\nabcd 2\n"), "text");
    expect(print(reader.read(bytes('abc{x="y"} 1\nabc {x="z"} 2\nab 3\nabcd 4\n'), "text"))).toEqual([
      '{__name__="abc", x="y"} 1',
      '{__name__="abc", x="z"} 2',
      '{__name__="ab"} 3',
      '{__name__="abcd"} 4',
    ]);
  });

  test("a broken page changes nothing for the next", () => {
    const reader = createReader();
    const one = reader.read(bytes(first), "text");
    expect(() => reader.read(bytes("zzz 1\na{x=1"), "text")).toThrow(ExpositionError);
    expect(reader.read(bytes(first), "text").series).toBe(one.series);
  });

  test("whoever makes series may refuse the page", () => {
    const reader = new ExpositionReader((labels) => {
      if (labels.get("x") === "2") throw new Error("refused");
      return labels;
    });
    expect(() => reader.read(bytes(first), "text")).toThrow("refused");
    expect(reader.read(bytes('a{x="1"} 1\n'), "text").series).toHaveLength(1);
  });

  test("columns leave the room asked for", () => {
    const reader = new ExpositionReader((labels) => labels, 5);
    for (let round = 0; round < 3; round++) {
      const page = reader.read(
        bytes(`a 1 5\n${Array.from({ length: 200 }, (_, i) => `s${i} ${i}`).join("\n")}\n`),
        "text",
      );
      expect(page.value.length).toBeGreaterThanOrEqual(page.series.length + 5);
      expect(page.time!.length).toBe(page.value.length);
      expect(page.time![0]).toBe(5);
      expect(page.time![200]).toBeNaN();
    }
  });

  test("series that come and go do not pile up, and those that stay are not made again", () => {
    let made = 0;
    const reader = new ExpositionReader((labels) => ({ labels, number: made++ }));
    const stay = reader.read(bytes("stay 1\n"), "text").series[0];
    for (let round = 0; round < 50; round++) {
      const churn = Array.from({ length: 100 }, (_, i) => `churn{i="${round}_${i}"} 1\n`).join("");
      expect(reader.read(bytes(`${churn}stay 1\nstay 2\n`), "text").series.at(-1)).toBe(stay);
    }
    expect(made).toBe(5001);
    const back = reader.read(bytes('churn{i="0_0"} 1\nstay 1\n'), "text");
    expect(back.series[0]!.number).toBe(5001);
  });

  test("metadata stays the same array while comments do", () => {
    const reader = createReader();
    const page = "# HELP a Help.\n# TYPE a counter\na 1\n";
    reader.read(bytes(page), "text");
    const { metadata } = reader;
    expect(metadata).toEqual([{ family: "a", type: "counter", help: "Help.", unit: "" }]);
    reader.read(bytes(`${page}b 2\n`), "text");
    expect(reader.metadata).toBe(metadata);
    reader.read(bytes(page.replace("Help.", "More.")), "text");
    expect(reader.metadata[0]!.help).toBe("More.");
  });
});

describe("hostile pages", () => {
  const whole = [readFileSync(join(folder, "basic.prom")), readFileSync(join(folder, "basic.om"))] as const;

  test("cut at every byte, a page is read or refused, and with memory just as without", () => {
    for (const [page, format] of [
      [whole[0], "text"],
      [whole[1], "openmetrics"],
    ] as const) {
      const seasoned = createReader();
      seasoned.read(page, format);
      for (let cut = 0; cut < page.length; cut++) {
        const part = page.subarray(0, cut);
        expect(readAll(seasoned, part, format)).toEqual(readAll(createReader(), part, format));
      }
    }
  });

  test("random edits are read with memory just as without", () => {
    const edit = fc.record({ at: fc.nat(2000), remove: fc.nat(8), insert: fc.uint8Array({ maxLength: 6 }) });
    const readers = { text: createReader(), openmetrics: createReader() };
    const token = fc
      .constantFrom(
        "{",
        "}",
        '"',
        "\\",
        "\n",
        " ",
        "=",
        ",",
        "#",
        "# EOF\n",
        "# TYPE x histogram\n",
        'le="1"',
        "1",
        "é",
        "\0",
      )
      .map(bytes);
    const edits = fc.array(fc.oneof(edit, fc.record({ at: fc.nat(2000), remove: fc.nat(3), insert: token })), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.constantFrom("text", "openmetrics"), edits, (format, changes) => {
        let page: Uint8Array = format === "text" ? whole[0] : whole[1];
        for (const { at, remove, insert } of changes) {
          const place = at % page.length;
          page = Buffer.concat([page.subarray(0, place), insert, page.subarray(place + remove)]);
        }
        expect(withoutBounds(readAll(readers[format], page, format))).toEqual(
          withoutBounds(readAll(createReader(), page, format)),
        );
      }),
      { numRuns: 1500, seed: 20261123 },
    );
  });

  test("one endless line, one endless label set", () => {
    const labels = Array.from({ length: 20_000 }, (_, i) => `l${i}="${i}"`).join(",");
    expect(createReader().read(bytes(`a{${labels}} 1\n`), "text").series[0]!.size).toBe(20_001);
    expect(() => createReader().read(bytes(`a{b="${"x".repeat(5_000_000)}`), "text")).toThrow("closing quote");
  });
});

describe("numbers", () => {
  test("what the scanner reads, it reads as the long way does", () => {
    const digits = fc.stringMatching(/^-?[0-9]{0,20}(\.[0-9]{0,20})?([eE][+-]?[0-9]{0,4})?$/);
    fc.assert(
      fc.property(
        fc.oneof(digits, fc.double().map(String), fc.double().map(formatFloat), fc.integer().map(String)),
        (text) => {
          const scanner = new NumberScanner();
          const end = scanner.scan(bytes(`${text}\n`), 0);
          if (end >= 0 && end === text.length) expect(scanner.value).toBe(parseFloatText(text));
        },
      ),
      { numRuns: 5000, seed: 20261123 },
    );
  });

  test("a number printed reads back", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(parseFloatText(formatFloat(value))).toBe(value);
      }),
      { seed: 20261123 },
    );
  });

  test.each([
    [0, "0", "0.0"],
    [1, "1", "1.0"],
    [-1, "-1", "-1.0"],
    [0.1, "0.1", "0.1"],
    [123456, "123456", "123456.0"],
    [1e6, "1e+06", "1e+06"],
    [1234567, "1.234567e+06", "1.234567e+06"],
    [0.0001, "0.0001", "0.0001"],
    [0.00001, "1e-05", "1e-05"],
    [1e-300, "1e-300", "1e-300"],
    [-0, "-0", "-0.0"],
    [NaN, "NaN", "NaN"],
    [Infinity, "+Inf", "+Inf"],
    [-Infinity, "-Inf", "-Inf"],
  ])("%d prints as %s and %s", (value, text, open) => {
    expect(formatFloat(value)).toBe(text);
    expect(formatOpenMetricsFloat(value)).toBe(open);
  });
});
