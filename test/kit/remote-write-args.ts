import type { RemoteWriteArgs } from "#components/prometheus/_remote_write/args.ts";
import { httpArgs } from "./http.ts";

export type EndpointArgs = RemoteWriteArgs["endpoint"][number];

/** What an `endpoint` block with just a URL decodes to, with some laid over it. */
export function endpointArgs(
  over: Partial<EndpointArgs> & { readonly url: string },
  queue: Partial<EndpointArgs["queue_config"]> = {},
): EndpointArgs {
  return {
    ...httpArgs(),
    name: undefined,
    headers: undefined,
    remote_timeout: 30_000,
    send_exemplars: true,
    send_native_histograms: false,
    round_robin_dns: false,
    protobuf_message: "prometheus.WriteRequest",
    enable_http2: false,
    queue_config: {
      capacity: 10_000,
      max_shards: 50,
      min_shards: 1,
      max_samples_per_send: 2000,
      batch_send_deadline: 5000,
      min_backoff: 30,
      max_backoff: 5000,
      retry_on_http_429: true,
      sample_age_limit: 0,
      ...queue,
    },
    metadata_config: { send: true, send_interval: 60_000, max_samples_per_send: 2000 },
    write_relabel_config: [],
    sigv4: undefined,
    azuread: undefined,
    google_iam: undefined,
    ...over,
  };
}

/** Arguments of a component with one endpoint. */
export function remoteWriteArgs(
  endpoint: Partial<EndpointArgs> & { readonly url: string },
  queue: Partial<EndpointArgs["queue_config"]> = {},
): RemoteWriteArgs {
  const wal = { truncate_frequency: 7_200_000, min_keepalive_time: 300_000, max_keepalive_time: 28_800_000 };
  return { external_labels: undefined, endpoint: [endpointArgs(endpoint, queue)], wal };
}
