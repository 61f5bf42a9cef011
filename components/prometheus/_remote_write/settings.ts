import type { HttpClientArgs } from "#src/net/http-args.ts";
import type { Rule } from "#src/relabel/rule-args.ts";

/** What an endpoint's queue may hold and how it sends. Times are milliseconds. */
export interface QueueSettings {
  readonly capacity: number;
  readonly max_shards: number;
  readonly min_shards: number;
  readonly max_samples_per_send: number;
  readonly batch_send_deadline: number;
  readonly min_backoff: number;
  readonly max_backoff: number;
  readonly retry_on_http_429: boolean;
  readonly sample_age_limit: number;
}

export interface MetadataSettings {
  readonly send: boolean;
  readonly send_interval: number;
  readonly max_samples_per_send: number;
}

export interface EndpointSettings {
  /** What its place in the log is kept under: its name, or its URL. */
  readonly identity: string;
  /** As metrics and messages name it. */
  readonly name: string;
  readonly url: string;
  readonly http: HttpClientArgs;
  readonly headers: ReadonlyMap<string, string>;
  readonly timeout: number;
  readonly sendExemplars: boolean;
  readonly external: ReadonlyMap<string, string>;
  readonly rules: readonly Rule[];
  readonly queue: QueueSettings;
  readonly metadata: MetadataSettings;
}

export interface Settings {
  readonly endpoints: readonly EndpointSettings[];
  readonly wal: {
    readonly truncate_frequency: number;
    readonly min_keepalive_time: number;
    readonly max_keepalive_time: number;
  };
}
