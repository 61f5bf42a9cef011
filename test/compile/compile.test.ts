import { describe, expect, test } from "vitest";
import { compile, compileImport } from "#src/compile/compile.ts";
import { findDeclare, findImports, isCustom } from "#src/compile/registry.ts";
import type { CompiledModule, CompileOptions, ModuleInput } from "#src/compile/types.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { File } from "#src/syntax/ast.ts";
import { parse } from "#src/syntax/parse.ts";
import { compileOptions } from "#test/kit/compile-options.ts";
import { testComponents } from "#test/kit/test-components.ts";

const options = compileOptions({ extra: testComponents });

function file(text: string, name = "main.alloy"): File {
  const parsed = parse(name, text);
  expect(parsed.diagnostics).toEqual([]);
  return parsed.file;
}

function root(text: string): ModuleInput {
  const inScope = (name: string): boolean => name === "module_path";
  return { kind: "root", files: [file(text)], body: undefined, outer: undefined, inScope };
}

async function good(text: string, opts: CompileOptions = options): Promise<CompiledModule> {
  const result = await compile(root(text), opts);
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("\n"));
  return result.module;
}

async function bad(text: string): Promise<readonly Diagnostic[]> {
  const result = await compile(root(text), options);
  return result.ok ? [] : result.diagnostics;
}

const needs = (module: CompiledModule, id: string): readonly string[] | undefined => module.nodes.get(id)?.needs;

describe("compile", () => {
  test("binds references and puts dependencies first", async () => {
    const module = await good(`
test.pipe "a" { forward_to = [test.pipe.b.receiver, test.value.c] }
test.pipe "b" { }
test.value "c" { text = "x" }`);
    expect(module.order).toEqual(["test.pipe.b", "test.value.c", "test.pipe.a"]);
    expect(needs(module, "test.pipe.a")).toEqual(["test.pipe.b", "test.value.c"]);
    expect(module.dependants.get("test.pipe.b")).toEqual(["test.pipe.a"]);
    const references = module.nodes.get("test.pipe.a")!.references;
    expect(references.map(({ node, path }) => [node, ...path])).toEqual([
      ["test.pipe.b", "receiver"],
      ["test.value.c"],
    ]);
  });

  test("a custom component needs all definitions it is made of, so that a change of any of them reaches it", async () => {
    const module = await good(
      `
outer "x" { }
lib.thing "y" { }
import.string "lib" { content = "" }
import.string "other" { content = test.value.v.text }
test.value "v" { text = "x" }
declare "outer" {
	middle "x" { }
	declare "hides" { other.thing "x" { } }
	hides "x" { }
}
declare "middle" {
	declare "lib" { }
	lib "local" { }
}
declare "unused" { lib.thing "x" { } }`,
    );
    expect(needs(module, "outer.x")).toEqual(["declare.middle", "declare.outer", "import.string.other"]);
    expect(needs(module, "lib.thing.y")).toEqual(["import.string.lib"]);
    expect(needs(module, "declare.unused")).toEqual(["import.string.lib"]);
    expect(needs(module, "import.string.other")).toEqual(["test.value.v"]);
    expect(module.nodes.get("lib.thing.y")!.of).toEqual({ kind: "custom", namespace: "lib", name: "thing" });
    expect(module.order.indexOf("import.string.other")).toBeLessThan(module.order.indexOf("outer.x"));
  });

  test("a foreach needs what its template reads around it, and nothing of what is its own", async () => {
    const module = await good(`
declare "d" { }
test.value "outside" { text = "x" }
foreach "f" {
	collection = [test.value.items.text]
	var        = "item"
	template {
		d "x" { }
		test.value "inside" { text = test.value.outside.text + item }
		test.value "next" { text = test.value.inside.text }
	}
}
test.value "items" { text = "x" }`);
    expect(needs(module, "foreach.f")).toEqual(["declare.d", "test.value.items", "test.value.outside"]);
  });

  test("a node counts once, however often it is read", async () => {
    const module = await good(`
test.value "a" { text = "x" }
test.value "b" { text = test.value.a.text + test.value.a.text }`);
    expect(needs(module, "test.value.b")).toEqual(["test.value.a"]);
    expect(module.nodes.get("test.value.b")!.references).toHaveLength(2);
    expect(module.dependants.get("test.value.a")).toEqual(["test.value.b"]);
  });

  test("reports what is wrong in declares that are used and in templates; a library may have broken ones that are not", async () => {
    const broken = `test.nothing "x" { }`;
    expect(await bad(`declare "unused" { ${broken} }`)).toEqual([]);
    expect(await bad(`declare "used" { ${broken} }\nused "x" { }`)).toHaveLength(1);
    expect(await bad(`declare "a" { ${broken} }\ndeclare "b" { a "x" { } }\nb "x" { }`)).toHaveLength(1);
    const [problem] = await bad(`foreach "f" {\n\tcollection = []\n\tvar = "x"\n\ttemplate {\n\t\t${broken}\n\t}\n}`);
    expect(problem).toMatchObject({ code: "unknown-component", start: { line: 5, column: 3 } });
  });

  test("a custom component runs without a label", async () => {
    expect((await good(`declare "d" { }\nd { }`)).order).toEqual(["declare.d", "d"]);
  });

  test("warnings do not refuse a module", async () => {
    const { warnings } = await good(`test.value "a" { text = env("HOME") }`);
    expect(warnings).toMatchObject([{ severity: "warning", code: "deprecated-function", hint: "Use sys.env." }]);
  });

  test("loads each definition once", async () => {
    const asked: string[] = [];
    const component: CompileOptions["component"] = (name) => {
      asked.push(name);
      return options.component(name);
    };
    await good(`test.pipe "a" { }\ntest.pipe "b" { }\ntest.value "c" { text = "" }`, { ...options, component });
    expect(asked).toEqual(["test.pipe", "test.value"]);
  });

  test("a chain of 10,000 components compiles, backwards too", async () => {
    const count = 10_000;
    const text = Array.from({ length: count }, (_, i) => {
      const next = i + 1 < count ? `test.pipe.n${i + 1}.receiver` : "";
      return `test.pipe "n${i}" { forward_to = [${next}] }`;
    });
    const { order } = await good(text.join("\n"));
    expect([order.length, order[0], order.at(-1)]).toEqual([count, "test.pipe.n9999", "test.pipe.n0"]);
  });
});

describe("registries", () => {
  test("are looked through from the inside out", async () => {
    const outer = await good(`declare "a" { }\ndeclare "b" { }\nimport.string "lib" { content = "" }`);
    const inner = await compile(
      { ...root(`declare "a" { }\nb "x" { }\nlib.c "y" { }`), outer: outer.registry },
      options,
    );
    expect(inner.ok).toBe(true);
    const registry = inner.ok ? inner.module.registry : undefined;
    expect(findDeclare(registry, "a")!.registry).toBe(registry);
    expect(findDeclare(registry, "b")!.registry).toBe(outer.registry);
    expect(findImports(registry, "lib")).toEqual([{ node: "import.string.lib", registry: outer.registry }]);
    expect([isCustom(registry, "lib"), isCustom(registry, "test")]).toEqual([true, false]);
  });
});

describe("compileImport", () => {
  test("takes declares and imports of all files, and refuses everything else", async () => {
    const files = [
      file(`declare "a" { }\ntest.value "x" { text = "" }`, "one.alloy"),
      file(`stray = 1\nimport.string "i" { content = "" }\nimport.string "i" { content = "" }`, "two.alloy"),
    ];
    const result = await compileImport(files, options);
    expect(result.ok ? [] : result.diagnostics.map(({ message }) => message)).toEqual([
      "only declare and import blocks are allowed in a module, got test.value",
      "only declare and import blocks are allowed in a module",
      "import block redefined i",
    ]);
  });

  test("of two declares of a name the first counts, with a warning", async () => {
    const first = file(`declare "a" { }`, "one.alloy");
    const result = await compileImport([first, file(`declare "a" { test.value "x" { } }`, "two.alloy")], options);
    if (!result.ok) throw new Error("refused");
    expect(result.module.registry.declares.get("a")).toBe(first.body[0]);
    expect(result.module.warnings).toMatchObject([{ code: "duplicate-block" }]);
  });

  test("imported text reads nothing but module_path and the library", async () => {
    const result = await compileImport(
      [file(`import.string "x" { content = module_path + argument.a.value }`)],
      options,
    );
    expect(result.ok ? [] : result.diagnostics).toMatchObject([{ code: "unknown-reference" }]);
  });
});
