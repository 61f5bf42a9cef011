import type { Counter, Gauge, Metrics } from "#src/util/metrics.ts";

/** What is counted of scraping, under Prometheus' own names. */
export interface ScrapeMetrics {
  readonly targets: Gauge;
  readonly poolTargets: Gauge;
  readonly poolTargetLimit: Gauge;
  readonly syncs: Counter;
  readonly syncFailures: Counter;
  readonly exceededTargetLimit: Counter;
  readonly exceededBodySize: Counter;
  readonly exceededSampleLimit: Counter;
  readonly exceededLabelLimits: Counter;
  readonly duplicates: Counter;
  readonly outOfBounds: Counter;
  readonly missed: Counter;
  observeInterval(interval: string, seconds: number): void;
}

const INTERVAL_BUCKETS = [0.01, 0.1, 1, 10];

/** Makes the instruments of one component. */
export function createScrapeMetrics(metrics: Metrics): ScrapeMetrics {
  const counter = (name: string, help: string): Counter => metrics.counter(`prometheus_target_${name}`, help);
  return {
    targets: metrics.gauge(
      "prometheus_scrape_targets_gauge",
      "Number of targets this component is configured to scrape",
    ),
    poolTargets: metrics.gauge(
      "prometheus_target_scrape_pool_targets",
      "Current number of targets in this scrape pool.",
    ),
    poolTargetLimit: metrics.gauge(
      "prometheus_target_scrape_pool_target_limit",
      "Maximum number of targets allowed in this scrape pool.",
    ),
    syncs: counter("scrape_pool_sync_total", "Total number of syncs that were executed on a scrape pool."),
    syncFailures: counter("sync_failed_total", "Total number of target sync failures."),
    exceededTargetLimit: counter(
      "scrape_pool_exceeded_target_limit_total",
      "Total number of times scrape pools hit the target limit, during sync or config reload.",
    ),
    exceededBodySize: counter(
      "scrapes_exceeded_body_size_limit_total",
      "Total number of scrapes that hit the body size limit",
    ),
    exceededSampleLimit: counter(
      "scrapes_exceeded_sample_limit_total",
      "Total number of scrapes that hit the sample limit and were rejected.",
    ),
    exceededLabelLimits: counter(
      "scrape_pool_exceeded_label_limits_total",
      "Total number of times scrape pools hit the label limits, during sync or config reload.",
    ),
    duplicates: counter(
      "scrapes_sample_duplicate_timestamp_total",
      "Total number of samples rejected due to duplicate timestamps but different values.",
    ),
    outOfBounds: counter(
      "scrapes_sample_out_of_bounds_total",
      "Total number of samples rejected due to timestamp falling outside of the time bounds.",
    ),
    missed: counter(
      "scrapes_missed_total",
      "Total number of scrapes left out because a scrape, or the delivery of its samples, outlasted the interval.",
    ),
    observeInterval: (interval, seconds) =>
      metrics
        .histogram(
          "prometheus_target_interval_length_histogram_seconds",
          "Actual intervals between scrapes.",
          INTERVAL_BUCKETS,
          {
            interval,
          },
        )
        .observe(seconds),
  };
}
