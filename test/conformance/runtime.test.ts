/** Alloy's own scenarios for modules, imports and foreach, under a fake clock (corpus folder `runtime`). */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatDiagnostic } from "#src/diag/diagnostic.ts";
import type { EngineOptions } from "#src/runtime/host.ts";
import type { ConfigSource } from "#src/source/define.ts";
import type { Feed } from "#src/source/feed.ts";
import { findCorpus } from "#test/kit/corpus.ts";
import { feedOpener, testEngine, type TestEngine } from "#test/kit/engine.ts";
import { parseTxtar } from "#test/kit/txtar.ts";

const corpus = findCorpus();
const folder = corpus === undefined ? undefined : join(corpus, "runtime");

type Files = ReadonlyMap<string, string>;

function cases(name: string): readonly [string, Files][] {
  if (folder === undefined) return [];
  const names = readdirSync(join(folder, name)).filter((file) => file.endsWith(".txtar"));
  return names.map((file) => {
    const { files } = parseTxtar(readFileSync(join(folder, name, file), "utf8"));
    return [file, new Map([...files].map(([path, text]) => [path, text.replace(/[^\n]$/, "$&\n")]))];
  });
}

interface Scenario extends TestEngine {
  write(files: Iterable<readonly [string, string]>): void;
  remove(name: string): void;
  /** Looks at all imported files again. */
  refresh(): Promise<void>;
  /** Lets time pass until something holds. */
  until(holds: () => boolean): Promise<void>;
  begin(text: string): Promise<void>;
}

/** An engine whose relative file names start at its own folder, as if it were the working directory. */
function scenario(stability: EngineOptions["stability"]): Scenario {
  const feeds = new Set<Feed>();
  const t = testEngine({
    stability,
    root: { modulePath: "", local: true },
    openFeed: async (def, args, ctx) => {
      const open = feedOpener(t.clock, t.storage);
      const placed = { ...(args as Record<string, unknown>) };
      for (const key of ["filename", "repository"]) {
        const value = placed[key];
        if (typeof value === "string" && !isAbsolute(value) && !value.includes("://")) {
          placed[key] = join(t.storage, value);
        }
      }
      const unwatched = {
        ...def,
        open: async (...of: Parameters<typeof def.open>): Promise<ConfigSource> => {
          const source = await def.open(...of);
          return {
            name: source.name,
            fetch: (known, signal) => source.fetch(known, signal),
            close: async () => source.close?.(),
          };
        },
      };
      const feed = await open(unwatched, placed, ctx);
      feeds.add(feed);
      return feed;
    },
  });
  const drive = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    const end = (): void => void (done = true);
    work.then(end, end);
    while (!done) await t.clock.advance(1);
    return work;
  };
  return {
    ...t,
    write(files) {
      for (const [name, text] of files) {
        mkdirSync(dirname(join(t.storage, name)), { recursive: true });
        writeFileSync(join(t.storage, name), text);
      }
    },
    remove: (name) => rmSync(join(t.storage, name)),
    async refresh() {
      await drive(Promise.allSettled([...feeds].map((feed) => feed.refresh())));
    },
    async until(holds) {
      for (let i = 0; i < 5_000 && !holds(); i++) await t.clock.advance(1);
      if (!holds()) {
        const nodes = t.engine.nodes("")?.map((node) => `${node.globalId}: ${node.health.message}`);
        expect.fail(`it never came to hold:\n${nodes?.join("\n")}`);
      }
    },
    async begin(text) {
      const outcome = await drive(t.load(text));
      if (!outcome.ok) throw new Error(outcome.diagnostics.map(formatDiagnostic).join("\n"));
    },
  };
}

const lastAdded = (t: Scenario): number => Number(t.exported("testcomponents.summation.sum", "last_added"));
const sum = (t: Scenario): number => Number(t.debug("testcomponents.summation_receiver.sum"));

const isModule = (name: string): boolean =>
  name.endsWith(".alloy") && !["main.alloy", "reload_config.alloy"].includes(name) && !isUpdate(name);
const isUpdate = (name: string): boolean => name.includes("update/") || name.includes("update_");
const updated = (name: string): string => name.replace("update/", "").replace("update_", "");

describe.skipIf(folder === undefined)("import_file", () => {
  test.each(cases("import_file"))("%s", async (_, files) => {
    const t = scenario("public-preview");
    t.write([...files].filter(([name]) => isModule(name)));
    await t.begin(files.get("main.alloy")!);
    await t.until(() => lastAdded(t) >= 10);
    const updates = [...files].filter(([name]) => isUpdate(name));
    const reload = files.get("reload_config.alloy");
    if (updates.length > 0) {
      t.write(updates.map(([name, text]) => [updated(name), text]));
      await t.refresh();
      await t.until(() => lastAdded(t) <= -10);
    }
    if (reload === undefined) return;
    await t.begin(reload);
    await t.until(() => lastAdded(t) <= -10);
  });
});

describe.skipIf(folder === undefined)("import_file_folder", () => {
  test.each(cases("import_file_folder"))("%s", async (_, files) => {
    const t = scenario("public-preview");
    const first = [...files].filter(([name]) => isModule(name) && name !== "added.alloy");
    t.write(first.map(([name, text]) => [`tmpTest/${name}`, text]));
    await t.begin(files.get("main.alloy")!);
    await t.until(() => lastAdded(t) >= 10);
    if (files.has("removed.alloy")) t.remove("tmpTest/removed.alloy");
    const next = [...files].filter(([name]) => isUpdate(name) || name === "added.alloy");
    t.write(next.map(([name, text]) => [`tmpTest/${updated(name)}`, text]));
    await t.refresh();
    await t.until(() => lastAdded(t) <= -10);
  });
});

describe.skipIf(folder === undefined)("import_string", () => {
  test.each(cases("import_string"))("%s", async (_, files) => {
    const t = scenario("public-preview");
    await t.begin(files.get("main.alloy")!);
    await t.until(() => lastAdded(t) >= 10);
  });
});

describe.skipIf(folder === undefined)("import_git", () => {
  test.each(cases("import_git"))("%s", async (_, files) => {
    const t = scenario("public-preview");
    for (const name of ["repo.git", "repo2.git"]) {
      const path = join(t.storage, "testdata", name);
      mkdirSync(path, { recursive: true });
      execFileSync("tar", ["-xf", join(folder!, `${name}.tar`), "-C", path]);
    }
    await t.begin(files.get("main.alloy")!);
    await t.until(() => lastAdded(t) >= 10);
  });
});

describe.skip("import_http: its one case fetches from a public web server, which tests do not reach", () => {});

describe.skipIf(folder === undefined)("import_error", () => {
  test.each(cases("import_error"))("%s", async (_, files) => {
    const t = scenario("public-preview");
    const outcome = await t.load(files.get("main.alloy")!);
    expect(outcome.ok).toBe(false);
    const messages = outcome.ok ? [] : outcome.diagnostics.map(({ message }) => message);
    expect(messages.join("\n")).toContain(files.get("error")!.trim());
  });
});

describe.skipIf(folder === undefined).each(["foreach", "foreach_metrics"])("%s", (name) => {
  test.each(cases(name))("%s", async (_, files) => {
    const t = scenario("experimental");
    t.write([...files].filter(([file]) => isModule(file)));
    await t.begin(files.get("main.alloy")!);
    await t.until(() => sum(t) >= 10);
    const durations = files.get("expected_duration_metrics.prom");
    if (durations !== undefined) expect(await countDurations(t)).toBe(Number(durations.trim()));
    await expectMetrics(t, files.get("expected_metrics.prom"));
    const updates = [...files].filter(([file]) => isUpdate(file));
    if (updates.length > 0) {
      t.write(updates.map(([file, text]) => [updated(file), text]));
      await t.refresh();
      await t.until(() => sum(t) >= 30);
    }
    const reload = files.get("reload_config.alloy");
    if (reload === undefined) return;
    await t.begin(reload);
    await t.until(() => sum(t) >= 30);
    await expectMetrics(t, files.get("expected_metrics_after_reload.prom"));
  });
});

describe.skipIf(folder === undefined)("foreach_stringer", () => {
  test.each(cases("foreach_stringer"))("%s", async (_, files) => {
    const t = scenario("experimental");
    t.write([...files].filter(([name]) => isModule(name)));
    await t.begin(files.get("main.alloy")!);
    const first = files.get("expected_debug_info.txt");
    const second = files.get("expected_debug_info2.txt");
    if (first !== undefined) await t.until(() => t.debug("testcomponents.string_receiver.log") === first);
    if (second !== undefined) await t.until(() => t.debug("testcomponents.string_receiver.log2") === second);
  });
});

/** Those of Alloy's metrics whose values do not vary from run to run. */
const STEADY = [
  "alloy_component_controller_running_components",
  "alloy_component_controller_evaluating",
  "pulse_count",
];
const DURATIONS = ["alloy_component_dependencies_wait_seconds", "alloy_component_evaluation_seconds"];

async function expectMetrics(t: Scenario, expected: string | undefined): Promise<void> {
  if (expected === undefined) return;
  const rendered = await t.store.render();
  for (const name of STEADY) {
    if (expected.includes(name)) expect(series(rendered, name)).toEqual(series(expected, name));
  }
}

async function countDurations(t: Scenario): Promise<number> {
  const rendered = await t.store.render();
  return DURATIONS.reduce((count, name) => count + series(rendered, `${name}_count`).length, 0);
}

function series(text: string, name: string): string[] {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.map(sortLabels).sort();
}

function sortLabels(line: string): string {
  const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (.*)$/.exec(line)!;
  return `${name}{${(labels ?? "")
    .split(/,(?=\w+=)/)
    .sort()
    .join(",")}} ${value}`;
}
