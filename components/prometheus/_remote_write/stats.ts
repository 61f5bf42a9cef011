/** Why items were not delivered. */
export type DropReason = "relabel" | "too_old" | "rejected" | "damaged" | "expired";

/** What an endpoint has done since the process began, in plain numbers that the hot path adds to. */
export class EndpointStats {
  /** Samples that waited in the log when the process began. */
  recovered = 0;
  delivered = 0;
  readonly dropped: Record<DropReason, number> = { relabel: 0, too_old: 0, rejected: 0, damaged: 0, expired: 0 };
  /** Samples taken from the log. */
  taken = 0;
  /** Samples in shards. */
  pending = 0;
  retried = 0;
  exemplars = { taken: 0, delivered: 0, failed: 0, dropped: 0, retried: 0, pending: 0 };
  metadata = { delivered: 0, failed: 0, bytes: 0 };
  bytes = 0;
  /** How often the shards were full and the log had to wait. */
  waits = 0;
  /** Milliseconds since 1970 of the newest sample that was delivered. */
  newest = 0;
  shards = 0;
  desiredShards = 0;
  /** Milliseconds spent on requests that were delivered, and the samples in them. */
  sendTime = 0;
  sentSamples = 0;
}
