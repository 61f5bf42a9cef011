import { component, type Problem } from "#src/component/define.ts";
import { samples } from "#src/component/types.ts";
import { compileRules } from "#src/relabel/relabel.ts";
import { checkRules, equalRules, relabelRules, RelabelRules, ruleArgs } from "#src/relabel/rule-args.ts";
import { attr, blocks, type Infer, type Shape } from "#src/schema/field.ts";
import { duration, int, list } from "#src/schema/type.ts";
import { createFanout } from "./_fanout.ts";
import { BatchRelabeler } from "./_relabel/batch-relabeler.ts";
import { createSeriesCache } from "./_relabel/series-cache.ts";

const MIN_TTL = 60_000;

const args = {
  forward_to: attr(list(samples), "Where the relabeled samples go."),
  max_cache_size: attr(int, "Number of series whose result is remembered; 0 with `cache_ttl`.", { default: 100_000 }),
  cache_ttl: attr(duration, "How long the result of a series is remembered, instead of a number of series.", {
    default: 0,
  }),
  rule: blocks(ruleArgs, "Rules, applied in order."),
} satisfies Shape;

/** Rewrites the labels of samples. */
export default component({
  name: "prometheus.relabel",
  stability: "generally-available",
  doc: "Rewrites the labels of samples, and drops samples, by relabeling rules.",
  args,
  exports: {
    receiver: attr(samples, "Takes samples."),
    rules: attr(relabelRules, "The rules, for other components to apply."),
  },
  examples: [
    `prometheus.relabel "default" {
  forward_to = [prometheus.echo.default.receiver]

  rule {
    source_labels = ["__name__"]
    regex         = "go_.*"
    action        = "drop"
  }
}

prometheus.echo "default" { }
`,
  ],
  check,
  create(first, ctx) {
    const { metrics } = ctx;
    const fanout = createFanout(first.forward_to, metrics);
    const processed = metrics.counter("prometheus_relabel_metrics_processed", "Total number of metrics processed");
    const written = metrics.counter("prometheus_relabel_metrics_written", "Total number of metrics written");
    const evictions = metrics.counter(
      "prometheus_relabel_cache_ttl_evictions",
      "Number of relabel cache entries removed by the periodic TTL scan. Always 0 when cache_ttl is unset.",
    );
    const counts = {
      hits: metrics.counter("prometheus_relabel_cache_hits", "Total number of cache hits"),
      misses: metrics.counter("prometheus_relabel_cache_misses", "Total number of cache misses"),
    };
    const cacheSize = metrics.gauge("prometheus_relabel_cache_size", "Total size of relabel cache.");
    metrics.beforeCollect(() => cacheSize.set(relabeler.cache.size));

    const build = (from: Infer<typeof args>): BatchRelabeler =>
      new BatchRelabeler(
        compileRules(from.rule),
        createSeriesCache(from.max_cache_size, from.cache_ttl, ctx.clock, (number) => evictions.inc(number)),
        counts,
      );
    let current = first;
    let relabeler = build(first);
    let rules = new RelabelRules(first.rule);
    ctx.export({
      rules,
      receiver: {
        consume(batch) {
          processed.inc(batch.row.length);
          const relabeled = relabeler.relabel(batch);
          if (relabeled.row.length === 0) return;
          written.inc(relabeled.row.length);
          return fanout.consume(relabeled);
        },
      },
    });
    ctx.health("healthy", "ready to relabel samples");
    return {
      update(next) {
        const same = equalRules(rules.rules, next.rule);
        const sameCache = current.max_cache_size === next.max_cache_size && current.cache_ttl === next.cache_ttl;
        const nextRelabeler = same && sameCache ? relabeler : build(next);
        const nextRules = same ? rules : new RelabelRules(next.rule);
        return {
          exports: { rules: nextRules },
          apply() {
            if (nextRelabeler !== relabeler) relabeler.cache.close();
            relabeler = nextRelabeler;
            rules = nextRules;
            current = next;
            fanout.point(next.forward_to);
          },
          discard() {
            if (nextRelabeler !== relabeler) nextRelabeler.cache.close();
          },
        };
      },
      stop: () => relabeler.cache.close(),
    };
  },
});

function check({ max_cache_size: cacheSize, cache_ttl: ttl, rule }: Infer<typeof args>): readonly Problem[] {
  const problems: Problem[] = [];
  if (cacheSize < 0)
    problems.push({ path: "max_cache_size", message: `max_cache_size must be >= 0; got ${cacheSize}` });
  if (ttl < 0) problems.push({ path: "cache_ttl", message: `cache_ttl must be >= 0; got ${ttl / 1000}s` });
  if (cacheSize > 0 && ttl > 0)
    problems.push({
      path: "cache_ttl",
      message:
        "max_cache_size and cache_ttl are mutually exclusive: set max_cache_size = 0 to use cache_ttl, or unset cache_ttl to keep the bounded LRU cache",
    });
  if (cacheSize === 0 && ttl === 0)
    problems.push({ path: "max_cache_size", message: "one of max_cache_size or cache_ttl must be set" });
  if (ttl > 0 && ttl < MIN_TTL)
    problems.push({ path: "cache_ttl", message: `cache_ttl must be at least 1m0s when set; got ${ttl / 1000}s` });
  return [...problems, ...checkRules(rule, "rule")];
}
