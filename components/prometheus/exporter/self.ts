import { metricsExporter } from "./_family.ts";

export default metricsExporter({
  name: "prometheus.exporter.self",
  stability: "generally-available",
  doc: "Exposes the metrics of this process itself, the same that `/metrics` shows.",
  args: {},
  examples: [`prometheus.exporter.self "default" { }`],
  open: (_args, ctx) => ({ collect: () => ctx.selfMetrics() }),
});
