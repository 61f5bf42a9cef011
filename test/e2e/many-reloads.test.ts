/** A thousand reloads in one process leave nothing behind: no memory, no files, no timers, no sockets. */
import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileOptions } from "#src/cli/flags.ts";
import { Collector } from "#src/service/collector.ts";
import { until } from "#test/kit/until.ts";
import { remoteWriteSink, type RemoteWriteSink } from "#test/kit/remote-write-sink.ts";

const WARM = 200;
const RELOADS = 1000;

let folder: string;
let sink: RemoteWriteSink;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "invar-many-"));
  sink = await remoteWriteSink();
});
afterEach(async () => {
  await sink.close();
  await rm(folder, { recursive: true, force: true });
});

/** Two shapes that take turns, so that every reload creates, updates, replaces and removes; each number is another text. */
function shape(number: number): string {
  const more = `
local.file "name" { filename = "${join(folder, "name.txt")}" }

declare "part" {
  argument "value" { }
  discovery.relabel "inside" { targets = [{__address__ = argument.value.value}] }
  export "targets" { value = discovery.relabel.inside.output }
}

part "one" { value = local.file.name.content }

foreach "each" {
  collection = ["a", "b", "c"]
  var        = "name"
  template {
    prometheus.scrape "one" {
      targets    = [{__address__ = name}]
      forward_to = []
    }
  }
}

prometheus.exporter.unix "host" { }
`;
  return `
logging { level = "error" }

prometheus.exporter.self "own" { }

prometheus.scrape "own" {
  targets         = prometheus.exporter.self.own.targets
  forward_to      = [prometheus.relabel.own.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "1s"
}

prometheus.relabel "own" {
  rule {
    source_labels = ["__name__"]
    regex         = "invar_.*|up"
    action        = "keep"
  }
  rule {
    target_label = "number"
    replacement  = "${number % 10}"
  }
  forward_to = [prometheus.remote_write.sink.receiver]
}

prometheus.remote_write "sink" {
  endpoint {
    url     = "${sink.url}"
    headers = {"x-number" = "${number % 10}"}
    queue_config { batch_send_deadline = "200ms" }
  }
}
${number % 2 === 0 ? more : ""}`;
}

interface Held {
  readonly heap: number;
  readonly files: number;
  readonly resources: Readonly<Record<string, number>>;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What the process holds once garbage and finalizers are through. */
async function measure(): Promise<Held> {
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { heap: process.memoryUsage().heapUsed, files: readdirSync("/proc/self/fd").length, resources };
}

test(`${RELOADS} reloads`, async () => {
  const config = join(folder, "main.alloy");
  const storagePath = join(folder, "data");
  await writeFile(join(folder, "name.txt"), "127.0.0.1:1");
  await writeFile(config, shape(0));
  const collector = await Collector.start(
    {
      source: config,
      storagePath,
      compile: compileOptions("experimental", false),
      listenAddress: "127.0.0.1:0",
      memoryAddress: "alloy.internal:12345",
      uiPathPrefix: "/",
      shutdownDeadline: 10_000,
      grace: 0,
      policy: "invar",
    },
    () => undefined,
  );
  try {
    const reload = async (number: number): Promise<void> => {
      await writeFile(config, shape(number));
      expect(await collector.reload("test")).toMatchObject({ ok: true });
    };
    for (let number = 1; number <= WARM; number += 1) await reload(number);
    const before = await measure();
    for (let number = WARM + 1; number <= WARM + RELOADS; number += 1) await reload(number);
    const after = await measure();
    expect(collector.engine.current?.number).toBeGreaterThan(RELOADS);
    await until("samples after the last reload", () => sink.samples > 0);
    // The text and graph of one generation are larger than this share of it: none is kept. Compiled code and samples grow meanwhile.
    expect(after.heap - before.heap).toBeLessThan(RELOADS * 5 * 1024);
    expect(Math.abs(after.files - before.files)).toBeLessThan(10);
    for (const [kind, count] of Object.entries(after.resources)) {
      expect(count - (before.resources[kind] ?? 0), kind).toBeLessThan(10);
    }
  } finally {
    await collector.stop();
  }
});
