/** Which formats to ask for, and which one an answer is in. */
import type { ExpositionFormat } from "#src/wire/exposition.ts";

const HEADERS = {
  PrometheusProto: undefined,
  "PrometheusText0.0.4": "text/plain;version=0.0.4",
  "PrometheusText1.0.0": "text/plain;version=1.0.0",
  "OpenMetricsText0.0.1": "application/openmetrics-text;version=0.0.1",
  "OpenMetricsText1.0.0": "application/openmetrics-text;version=1.0.0",
} as const;

export type ScrapeProtocol = keyof typeof HEADERS;
export const PROTOCOLS = Object.keys(HEADERS) as ScrapeProtocol[];

/** The Accept header: the protocols in order of preference, then anything. */
export function printAccept(protocols: readonly ScrapeProtocol[], escaping: string): string {
  let weight = PROTOCOLS.length + 1;
  const accepted: string[] = [];
  for (const protocol of protocols) {
    const escapes = protocol === "PrometheusText1.0.0" || protocol === "OpenMetricsText1.0.0";
    accepted.push(`${HEADERS[protocol]}${escapes ? `;escaping=${escaping}` : ""};q=0.${weight--}`);
  }
  return [...accepted, `*/*;q=0.${weight}`].join(",");
}

/** The format of an answer by its Content-Type, else by the fallback; throws what is wrong where neither says it. */
export function chooseFormat(contentType: string, fallback: ScrapeProtocol | ""): ExpositionFormat {
  const media = /^\s*([^\s;,/]+\/[^\s;,/]+)\s*(?:;|$)/.exec(contentType)?.[1]?.toLowerCase();
  if (media === "text/plain") return "text";
  if (media === "application/openmetrics-text") return "openmetrics";
  if (media === "application/vnd.google.protobuf")
    throw new Error("the target answered in the protobuf format, which is not supported yet");
  if (fallback === "")
    throw new Error(
      contentType === ""
        ? "non-compliant scrape target sending blank Content-Type and no scrape_fallback_protocol specified for target"
        : `received unsupported Content-Type ${JSON.stringify(contentType)} and no scrape_fallback_protocol specified for target`,
    );
  return fallback.startsWith("OpenMetrics") ? "openmetrics" : "text";
}
