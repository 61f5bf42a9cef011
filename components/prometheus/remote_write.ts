import { join } from "node:path";
import { component } from "#src/component/define.ts";
import { samples } from "#src/component/types.ts";
import { attr } from "#src/schema/field.ts";
import { remoteWriteArgs } from "./_remote_write/args.ts";
import { checkRemoteWrite, settingsOf } from "./_remote_write/check.ts";
import { Engine } from "./_remote_write/engine.ts";
import { EngineMetrics } from "./_remote_write/metrics.ts";
import type { Settings } from "./_remote_write/settings.ts";

export default component({
  name: "prometheus.remote_write",
  stability: "generally-available",
  doc:
    "Sends metrics to servers that speak Prometheus remote write. What it has received is on disk, survives the end of the " +
    "process, and is delivered from where each endpoint left off.",
  args: remoteWriteArgs,
  exports: { receiver: attr(samples, "Takes samples to send.") },
  examples: [
    `prometheus.remote_write "default" {
  endpoint {
    url = "http://mimir:9009/api/v1/push"
  }
}`,
    `prometheus.remote_write "staging" {
  external_labels = { cluster = "staging" }

  endpoint {
    name = "mimir"
    url  = "https://mimir.example.com/api/v1/push"

    basic_auth {
      username      = "collector"
      password_file = "/etc/collector/password"
    }

    write_relabel_config {
      source_labels = ["__name__"]
      regex         = "go_.*"
      action        = "drop"
    }
  }
}`,
  ],
  check: checkRemoteWrite,
  async create(args, ctx) {
    const { log, clock, dataDir } = ctx;
    let settings = settingsOf(args);
    const held = await ctx.acquire(
      `prometheus.remote_write:${dataDir}`,
      () => new Engine({ folder: join(dataDir, "wal"), clock, log }),
    );
    const engine = held.resource;
    const metrics = new EngineMetrics(ctx.metrics, engine);
    // Without a predecessor nothing runs yet, and what is received before the start must find its endpoints.
    if (!engine.configured) engine.configure(settings);
    ctx.export({ receiver: { consume: (batch) => engine.consume(batch) } });

    const use = (next: Settings): void => {
      settings = next;
      engine.configure(next);
      metrics.refresh();
    };
    return {
      start() {
        engine.onHealth = (state, message, fault) => ctx.health(state, message, fault);
        use(settings);
        engine.start();
      },
      update: (next) => () => use(settingsOf(next)),
      stop: () => held.release(),
      debug: () => ({
        log: { ...engine.wal.stats },
        endpoints: [...engine.endpoints.values()].map(({ settings: { name }, stats, queued, failure }) => ({
          name,
          queued,
          failure,
          delivered: stats.delivered,
          dropped: stats.dropped,
          shards: stats.shards,
        })),
      }),
    };
  },
});
