/** What the engine tells of generations, beside Alloy's own metrics of configurations. */
import type { Clock } from "#src/util/clock.ts";
import type { Generation, Phase, PlanStep } from "./types.ts";
import type { OwnedMetrics } from "#src/util/metric-store.ts";

export interface EngineMetrics {
  /** A generation begins to run. */
  running(generation: Generation): void;
  planned(steps: readonly PlanStep[]): void;
  refused(phase: Phase): void;
  rolledBack(): void;
  /** Of the root configuration: whether the last attempt to load it worked. */
  loaded(good: boolean): void;
  dispose(): void;
}

const INFO = "invar_generation_info";
const HASH = "alloy_config_hash";

export function createEngineMetrics(metrics: OwnedMetrics, clock: Clock): EngineMetrics {
  const number = metrics.gauge("invar_generation_number", "The number of the generation that runs.");
  const age = metrics.gauge("invar_generation_age_seconds", "How long the generation has been running.");
  const rollbacks = metrics.counter("invar_rollbacks_total", "Changes that were called back because health got worse.");
  const successful = metrics.gauge("alloy_config_last_load_successful", "Config loaded successfully.");
  const successAt = metrics.gauge(
    "alloy_config_last_load_success_timestamp_seconds",
    "Timestamp of the last successful configuration load.",
  );
  const failures = metrics.counter("alloy_config_load_failures_total", "Configuration load failures.");
  let since: number | undefined;
  let shown: { readonly info: Record<string, string>; readonly hash: Record<string, string> } | undefined;
  metrics.beforeCollect(() => age.set(since === undefined ? 0 : (clock.now() - since) / 1000));
  return {
    running({ number: n, revision }) {
      number.set(n);
      since = clock.now();
      if (shown !== undefined) {
        metrics.remove(INFO, shown.info);
        metrics.remove(HASH, shown.hash);
      }
      const { id, digest } = revision;
      shown = {
        info: { revision: id, digest },
        hash: { sha256: digest.replace(/^sha256:/, ""), cluster_name: "" },
      };
      metrics.gauge(INFO, "The revision and the digest of the generation that runs.", shown.info).set(1);
      metrics.gauge(HASH, "Hash of the currently active config file.", shown.hash).set(1);
    },
    planned(steps) {
      const counts = new Map<string, number>();
      for (const step of steps) counts.set(step.do, (counts.get(step.do) ?? 0) + 1);
      for (const [step, count] of counts) {
        metrics.counter("invar_plan_steps_total", "Steps of plans that were carried out.", { step }).inc(count);
      }
    },
    refused(phase) {
      metrics.counter("invar_generations_refused_total", "Changes that were refused.", { phase }).inc();
    },
    rolledBack: () => rollbacks.inc(),
    loaded(good) {
      successful.set(good ? 1 : 0);
      if (good) successAt.set(clock.now() / 1000);
      else failures.inc();
    },
    dispose: () => metrics.dispose(),
  };
}
