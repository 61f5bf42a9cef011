/** Configurations as people run them, and imports that must be refused (corpus `scenarios`, `modules`, `helm`, `runtime/import_error`). */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OnceReader } from "#src/cli/read-once.ts";
import type { ResolveImport } from "#src/compile/imported.ts";
import type { CompileOptions } from "#src/compile/types.ts";
import { validate, type Validation } from "#src/compile/validate.ts";
import { component } from "#src/component/define.ts";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import { textBundle } from "#test/kit/bundle.ts";
import { compileOptions } from "#test/kit/compile-options.ts";
import { findCorpus } from "#test/kit/corpus.ts";
import { parseTxtar } from "#test/kit/txtar.ts";

const corpus = findCorpus();
const list = (pattern: string): string[] => (corpus === undefined ? [] : globSync(pattern, { cwd: corpus }).sort());
const read = (path: string): string => readFileSync(join(corpus ?? "", path), "utf8");

const empty = { doc: "Is only named.", args: {}, exports: {}, examples: [], create: () => ({}) };
const extra = [
  component({ name: "testcomponents.experimental", stability: "experimental", ...empty }),
  component({ name: "testcomponents.community", stability: "generally-available", community: true, ...empty }),
];

/** What these configurations really have wrong: all of it fails in Alloy too, as soon as the declare around it is used. */
const faults: Readonly<Record<string, readonly string[]>> = {
  "modules/modules/collector/agent/metrics.alloy": ["argument.port.value"],
  "modules/modules/collector/push-gateway/metrics.alloy": ["discovery.relabel.push_gateway.output"],
  "modules/modules/databases/sql/mysql/metrics.alloy": ["argument.port.value"],
  "modules/modules/databases/sql/postgres/metrics.alloy": ["argument.port.value"],
  "modules/modules/databases/timeseries/mimir/metrics.alloy": ["argument.port.value"],
  "modules/modules/databases/timeseries/pyroscope/metrics.alloy": ["argument.port.value"],
  "modules/modules/kubernetes/annotations/logs/json.alloy": ["loki.process.json_scrub_empties.receiver"],
  "modules/modules/kubernetes/annotations/probes.alloy": [
    "discovery.relabel.probe_annotations.output",
    "argument.scrape_interval.value",
    "argument.scrape_timeout.value",
    "argument.targets.value",
    "argument.targets.value",
  ],
  "scenarios/routing/config.alloy": ["expected }, got EOF"],
};

/** What one or another component of ours does not do yet says nothing of how a configuration is read. */
const notYet = new Set(["component-not-supported", "argument-not-supported", "block-not-supported"]);

const elsewhere: ResolveImport = () => Promise.resolve("what it imports is not in the corpus");

function check(text: string, options: Partial<CompileOptions>, resolveImport: ResolveImport): Promise<Validation> {
  return validate({
    bundle: textBundle([["main.alloy", text]]),
    origin: { modulePath: "", bundle: undefined, folder: "" },
    prefix: "",
    options: compileOptions({ extra, ...options }),
    resolveImport,
  });
}

describe.skipIf(corpus === undefined)("configurations as people run them", () => {
  test.each(list("{scenarios,modules,helm}/**/*.alloy"))("%s", async (path) => {
    const { diagnostics } = await check(read(path), { community: true }, elsewhere);
    const found = diagnostics.filter(({ severity, code }) => severity === "error" && !notYet.has(code));
    const expected = faults[path] ?? [];
    expect(found.map(formatDiagnostic)).toEqual(expected.map((fault) => expect.stringContaining(fault) as string));
  });
});

describe.skipIf(corpus === undefined)("imports that are refused", () => {
  test.each(list("runtime/import_error/*.txtar"))("%s", async (path) => {
    const { files } = parseTxtar(read(path));
    const reader = new OnceReader(new AbortController().signal);
    try {
      const options = { stability: "public-preview" } as const;
      const { diagnostics } = await check(files.get("main.alloy")!, options, reader.resolveImport(true));
      const errors = diagnostics.filter(({ severity }) => severity === "error").map(formatDiagnostic);
      const wanted = files.get("error")!.trim();
      // Where content is not usable Alloy says only that its components are missing; here it is said why.
      const symptom = wanted.includes("custom component config not found in the registry");
      expect(errors.join("\n")).toContain(symptom ? ".alloy:" : wanted);
    } finally {
      await reader.close();
    }
  });
});
