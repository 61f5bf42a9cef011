import { createHash } from "node:crypto";
import type { Problem } from "#src/component/define.ts";
import { checkHttpClient } from "#src/net/http-args.ts";
import { checkRules } from "#src/relabel/rule-args.ts";
import type { RemoteWriteArgs } from "./args.ts";
import type { EndpointSettings, QueueSettings, Settings } from "./settings.ts";

type EndpointArgs = RemoteWriteArgs["endpoint"][number];

/** Headers that the protocol sets; a user's would be overwritten. */
const RESERVED = /^(content-encoding|content-type|x-prometheus-remote-write-version|host|content-length)$/i;

/** What no single field can say. */
export function checkRemoteWrite(args: RemoteWriteArgs): readonly Problem[] {
  const problems: Problem[] = [];
  const names = new Set<string>();
  args.endpoint.forEach((endpoint, index) => {
    const path = `endpoint[${index}].`;
    if (!URL.canParse(endpoint.url) || !/^https?:$/.test(new URL(endpoint.url).protocol))
      problems.push({
        path: `${path}url`,
        message: "must be the absolute URL of an HTTP server",
        hint: "Write it as in https://host:9009/api/v1/push.",
      });
    const { name } = endpoint;
    if (name !== undefined && name !== "") {
      if (names.has(name))
        problems.push({ path: `${path}name`, message: `two endpoints are named ${JSON.stringify(name)}` });
      names.add(name);
    }
    for (const header of endpoint.headers?.keys() ?? [])
      if (RESERVED.test(header))
        problems.push({ path: `${path}headers`, message: `${header} is a header that remote write itself sets` });
    problems.push(
      ...checkQueue(endpoint.queue_config, `${path}queue_config.`),
      ...checkHttpClient(endpoint, path),
      ...checkRules(endpoint.write_relabel_config, `${path}write_relabel_config`),
    );
    if (endpoint.metadata_config.max_samples_per_send < 1)
      problems.push({ path: `${path}metadata_config.max_samples_per_send`, message: "must be greater than 0" });
    if (endpoint.metadata_config.send_interval <= 0)
      problems.push({ path: `${path}metadata_config.send_interval`, message: "must be greater than 0" });
  });
  const { wal } = args;
  if (wal.truncate_frequency === 0)
    problems.push({ path: "wal.truncate_frequency", message: "truncate_frequency must not be 0" });
  if (wal.max_keepalive_time <= wal.min_keepalive_time)
    problems.push({
      path: "wal.min_keepalive_time",
      message: "min_keepalive_time must be smaller than max_keepalive_time",
    });
  return problems;
}

function checkQueue(queue: QueueSettings, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  for (const field of ["capacity", "max_shards", "min_shards", "max_samples_per_send"] as const)
    if (queue[field] < 1) problems.push({ path: path + field, message: "must be greater than 0" });
  for (const field of ["batch_send_deadline", "min_backoff", "max_backoff"] as const)
    if (queue[field] <= 0) problems.push({ path: path + field, message: "must be greater than 0" });
  if (queue.min_shards > queue.max_shards)
    problems.push({ path: `${path}min_shards`, message: "must not be greater than max_shards" });
  if (queue.min_backoff > queue.max_backoff)
    problems.push({ path: `${path}min_backoff`, message: "must not be greater than max_backoff" });
  return problems;
}

/** The settings that arguments mean. */
export function settingsOf(args: RemoteWriteArgs): Settings {
  const taken = new Map<string, number>();
  const external = args.external_labels ?? new Map<string, string>();
  return {
    endpoints: args.endpoint.map((endpoint): EndpointSettings => {
      const base = identityOf(endpoint);
      const count = (taken.get(base) ?? 0) + 1;
      taken.set(base, count);
      return {
        identity: count === 1 ? base : `${base}#${count}`,
        name: endpoint.name || createHash("sha256").update(endpoint.url).digest("hex").slice(0, 6),
        url: endpoint.url,
        http: endpoint,
        headers: endpoint.headers ?? new Map(),
        timeout: endpoint.remote_timeout,
        sendExemplars: endpoint.send_exemplars,
        external,
        rules: endpoint.write_relabel_config,
        queue: endpoint.queue_config,
        metadata: endpoint.metadata_config,
      };
    }),
    wal: args.wal,
  };
}

function identityOf(endpoint: EndpointArgs): string {
  return endpoint.name === undefined || endpoint.name === "" ? `url:${endpoint.url}` : `name:${endpoint.name}`;
}
