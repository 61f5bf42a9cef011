/** What a label may be called: letters, digits and `_`, or since Prometheus 3 any text. */
export type NameScheme = "legacy" | "utf8";

const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export function isLabelName(name: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? LEGACY_LABEL.test(name) : isText(name);
}

export function isMetricName(name: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? LEGACY_METRIC.test(name) : isText(name);
}

function isText(name: string): boolean {
  return name !== "" && name.isWellFormed();
}
