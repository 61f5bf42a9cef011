/** What every component promises, checked from its definition alone: a new one is covered the moment its file exists. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alloyDefaults, findAlloyComponent } from "#src/component/alloy.ts";
import { findComponent } from "#src/component/catalog.ts";
import type { ComponentDef, Context } from "#src/component/define.ts";
import { checkBody } from "#src/schema/check.ts";
import { decodeAttribute, zero } from "#src/schema/convert.ts";
import { decodeBody } from "#src/schema/decode.ts";
import { defaultsOf } from "#src/schema/defaults.ts";
import { renderPage } from "#src/schema/docs.ts";
import { encodeValue } from "#src/schema/encode.ts";
import { equalArguments, equalValues } from "#src/schema/equal.ts";
import type { Shape } from "#src/schema/field.ts";
import { jsonSchema } from "#src/schema/json-schema.ts";
import type { AnyAttr, AnyBlock, AnyVariants } from "#src/schema/plan.ts";
import { encodeFields } from "#src/schema/ui.ts";
import { parse, parseExpression } from "#src/syntax/parse.ts";
import type { Block } from "#src/syntax/ast.ts";
import type { Type, TypeData } from "#src/schema/type.ts";
import { ValueError } from "#src/value/errors.ts";
import { Handle } from "#src/value/host.ts";
import { Target } from "#src/value/target.ts";
import { evaluate } from "#src/vm/evaluate.ts";
import { emptyScope, type Scope } from "#src/vm/scope.ts";
import type { Value } from "#src/value/value.ts";
import { fakeContext } from "#test/kit/context.ts";

const root = join(import.meta.dirname, "..", "..", "components");
const names = globSync("**/*.ts", { cwd: root })
  .filter((file) => !/(^|\/)_/.test(file))
  .map((file) => file.slice(0, -3).replaceAll("/", "."))
  .sort();

/** Where the reference's text is not the default, and why. */
const NOT_THE_DEFAULT: Readonly<Record<string, string>> = {
  "prometheus.scrape metric_name_escaping_scheme": "it follows from metric_name_validation_scheme",
  "prometheus.scrape scrape_fallback_protocol": "the reference gives the name of a Go constant",
};

test("there are components", () => {
  expect(names).toContain("prometheus.scrape");
});

describe.each(names)("%s", async (name) => {
  const lookup = await findComponent(name);
  if (lookup.found !== "component") throw new Error(`${name} is not found by its name`);
  const { def } = lookup;
  const alloy = findAlloyComponent(name);

  test("is named after its path, and frozen", () => {
    expect(def.name).toBe(name);
    expect(Object.isFrozen(def)).toBe(true);
  });

  test("is documented in sentences, everywhere", () => {
    const wrong = [...docsOf(def)].filter(([, doc]) => !/^[A-Z`0-9].*\.$/s.test(doc) || doc.length < 5);
    expect(wrong).toEqual([]);
  });

  test("has Alloy's stability", () => {
    if (alloy === undefined) return;
    expect([def.stability, def.community ?? false]).toEqual([alloy.stability, alloy.community]);
  });

  test("takes all that Alloy takes; what only it takes says that it is an extension", () => {
    if (alloy === undefined) return;
    const theirs = fieldsOf(alloy.args, "");
    const ours = fieldsOf(def.args, "");
    expect([...theirs.keys()].filter((path) => !ours.has(path))).toEqual([]);
    const extra = [...ours].filter(([path]) => !theirs.has(path) && !inside(path, theirs));
    expect(extra.filter(([, field]) => !/extension/i.test(field.doc)).map(([path]) => path)).toEqual([]);
    const kinds = [...theirs].map(([path, field]) => [path, describeField(field)]);
    expect([...theirs.keys()].map((path) => [path, describeField(ours.get(path)!)])).toEqual(kinds);
  });

  test("has Alloy's defaults", () => {
    const wrong: string[] = [];
    for (const [path, text] of alloyDefaults(name)) {
      if (Object.hasOwn(NOT_THE_DEFAULT, `${name} ${path}`)) continue;
      const field = fieldsOf(def.args, "").get(path);
      if (field?.field !== "attr" || field.unsupported) continue;
      const expected = evaluateText(text);
      if (expected === undefined || sameDefault(field as AnyAttr, expected)) continue;
      wrong.push(`${path}: ${text}, not ${JSON.stringify(encodeDefault(field as AnyAttr))}`);
    }
    expect(wrong).toEqual([]);
  });

  test("decodes its own defaults", () => {
    for (const [path, field] of fieldsOf(def.args, "")) {
      if (field.field !== "attr" || field.default === undefined) continue;
      const { type } = field as AnyAttr;
      const again = decodeAttribute(field as AnyAttr, encodeValue(type, field.default));
      expect([path, equalValues(type, again, field.default)]).toEqual([path, true]);
    }
  });

  test("has examples that say what it says", () => {
    expect(def.examples.length).toBeGreaterThan(0);
    for (const example of def.examples) {
      const { file, diagnostics } = parse("example", example);
      expect(diagnostics).toEqual([]);
      const own = file.body.filter((block): block is Block => block.kind === "block" && block.name === name);
      expect(own.length).toBeGreaterThan(0);
      for (const block of own) {
        expect(checkBody(def.args, block)).toEqual([]);
        const scope = anythingFor(def.args);
        const decoded = decodeBody(def.args, block, scope);
        expect(decoded.ok ? [] : decoded.diagnostics).toEqual([]);
        if (!decoded.ok) continue;
        expect(def.check?.(decoded.value) ?? []).toEqual([]);
        const again = decodeBody(def.args, block, scope);
        expect(again.ok && equalArguments(def.args, decoded.value, again.value)).toBe(true);
        expect(() => JSON.stringify(encodeFields(def.args, decoded.value))).not.toThrow();
      }
    }
  });

  test("lets go of everything when it is stopped before it was started", async () => {
    for (const example of def.examples) {
      const block = parse("example", example).file.body.find((b): b is Block => b.kind === "block" && b.name === name);
      const decoded = decodeBody(def.args, block!, anythingFor(def.args));
      if (!decoded.ok) continue;
      const ctx = fakeContext({ id: `${name}.x` });
      const before = process.getActiveResourcesInfo().sort();
      try {
        const instance = await create(def, decoded.value, ctx);
        await instance?.stop?.();
        ctx.abort();
        await ctx.clock.advance(0);
        expect([ctx.held, ctx.clock.pending]).toEqual([[], 0]);
        expect(process.getActiveResourcesInfo().sort()).toEqual(before);
      } finally {
        ctx.dispose();
      }
    }
  });

  test("can be read by all who read definitions", () => {
    expect(renderPage(def)).toContain(`# ${name}\n`);
    expect(JSON.stringify(jsonSchema(def.args))).toContain('"type":"object"');
    for (const field of Object.values(def.exports)) {
      expect(field.field).toBe("attr");
      expect(() => encodeValue((field as AnyAttr).type, zero((field as AnyAttr).type))).not.toThrow();
    }
    expect(() => encodeFields(def.args, defaultsOf(def.args))).not.toThrow();
  });
});

/** An instance, or undefined where the example names files that are not here. */
async function create(def: ComponentDef, args: unknown, ctx: Context<Record<string, unknown>>) {
  try {
    return await def.create(args as never, ctx);
  } catch {
    return undefined;
  }
}

type Field = AnyAttr | AnyBlock;

/** Every field by its path, block names parted by spaces; alternatives of variants are blocks. */
function fieldsOf(shape: Shape, path: string, out = new Map<string, Field>()): Map<string, Field> {
  for (const [name, field] of Object.entries(shape)) {
    if (field.field === "variants") {
      for (const [variant, inner] of Object.entries((field as AnyVariants).variants)) {
        out.set(`${path}${name}.${variant}`, {
          ...field,
          field: "block",
          shape: inner,
          many: true,
        } as unknown as AnyBlock);
        if (path === "") fieldsOf(inner, `${name}.${variant} `, out);
      }
      continue;
    }
    out.set(path + name, field as Field);
    if (field.field === "block" && path.split(" ").length < 12) fieldsOf(field.shape as Shape, `${path}${name} `, out);
  }
  return out;
}

/** Whether a path lies within a block of ours that they do not have, which is where its doc says so. */
function inside(path: string, theirs: ReadonlyMap<string, Field>): boolean {
  const parts = path.split(" ").slice(0, -1);
  return parts.some((_, i) => !theirs.has(parts.slice(0, i + 1).join(" ")));
}

function describeField(field: Field): string {
  const required = field.required ? "required " : "";
  if (field.field === "attr") return `${required}attribute`;
  return `${required}${field.many ? "repeatable " : ""}block`;
}

function* docsOf(def: ComponentDef): Generator<readonly [path: string, doc: string]> {
  yield ["", def.doc];
  for (const [path, field] of fieldsOf(def.args, "")) yield [path, field.doc];
  for (const [name, field] of Object.entries(def.exports)) yield [`exports ${name}`, field.doc];
}

/** The value of a default in the reference; undefined for those that are prose. */
function evaluateText(text: string): Value | undefined {
  const { source, expression, diagnostics } = parseExpression("default", text);
  if (diagnostics.length > 0) return undefined;
  try {
    return evaluate(expression, source, emptyScope);
  } catch {
    return undefined;
  }
}

/** Optional fields without a default stand for the zero value. */
function sameDefault(field: AnyAttr, expected: Value): boolean {
  const host = decodeOrUndefined(field, expected);
  const ours = field.default ?? zero(field.type);
  return equalValues(field.type, host, ours) || (field.default === undefined && isZero(field.type, host));
}

function decodeOrUndefined(field: AnyAttr, value: Value): unknown {
  try {
    return decodeAttribute(field, value);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

function isZero(type: Type<unknown>, host: unknown): boolean {
  return host !== undefined && equalValues(type, host, zero(type));
}

function encodeDefault(field: AnyAttr): string {
  return String(field.default as string);
}

/** A scope in which every name leads to something that fits where it is used: a receiver, a target, a text. */
function anythingFor(shape: Shape): Scope {
  const handles = new Map<string, Handle>();
  for (const [, field] of fieldsOf(shape, ""))
    if (field.field === "attr") collectHandles(field.type as TypeData, handles);
  const [handle] = handles.values();
  const values = new Map<string, Value>(
    Object.entries({
      receiver: handle ?? null,
      input: handle ?? null,
      output: [new Target(new Map([["__address__", "localhost:1"]]))],
      targets: [new Target(new Map([["__address__", "localhost:1"]]))],
      content: "text",
      rules: [...handles.values()].find((h) => h.capsule !== "MetricsReceiver") ?? null,
    }),
  );
  const level = (depth: number): Value =>
    new Proxy(new Map(values), {
      get(target, key) {
        if (key === "get") return (name: string) => target.get(name) ?? (depth > 0 ? level(depth - 1) : "text");
        const member: unknown = Reflect.get(target, key, target);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
  return { lookup: (name) => (["sys", "file", "convert"].includes(name) ? undefined : level(4)) };
}

function collectHandles(type: TypeData, out: Map<string, Handle>): void {
  if (type.kind === "list" || type.kind === "map") collectHandles(type.of, out);
  if (type.kind !== "handle") return;
  const candidates: unknown[] = [{ consume: () => undefined }, [], {}];
  const fit = candidates.find((host) => type.is(host));
  if (fit !== undefined) out.set(type.capsule, new Handle(type.capsule, fit));
}
