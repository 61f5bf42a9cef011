import { httpClientArgs } from "#src/net/http-args.ts";
import { ruleArgs } from "#src/relabel/rule-args.ts";
import { attr, block, blocks, type Infer, type Shape } from "#src/schema/field.ts";
import { bool, duration, int, map, oneOf, secret, string } from "#src/schema/type.ts";

const queueArgs = {
  capacity: attr(int, "Samples that each shard holds ready for sending.", { default: 10_000 }),
  max_shards: attr(int, "Most requests to send at a time.", { default: 50 }),
  min_shards: attr(int, "Number of shards to start with and to keep at least.", { default: 1 }),
  max_samples_per_send: attr(int, "Most samples in a request.", { default: 2000 }),
  batch_send_deadline: attr(duration, "Longest time that samples wait for a request to fill up.", { default: 5000 }),
  min_backoff: attr(duration, "Shortest wait before a request is sent again.", { default: 30 }),
  max_backoff: attr(duration, "Longest wait before a request is sent again.", { default: 5000 }),
  retry_on_http_429: attr(bool, "Send again what the server has answered with status 429.", { default: true }),
  sample_age_limit: attr(duration, "Age beyond which samples are dropped instead of sent; 0 for no limit.", {
    default: 0,
  }),
} satisfies Shape;

const metadataArgs = {
  send: attr(bool, "Send the metadata of metrics.", { default: true }),
  send_interval: attr(duration, "How often to send it.", { default: 60_000 }),
  max_samples_per_send: attr(int, "Most metadata entries in a request.", { default: 2000 }),
} satisfies Shape;

const sigv4Args = {
  access_key: attr(string, "AWS access key.", { optional: true }),
  external_id: attr(string, "External ID to pass when a role is assumed.", { optional: true }),
  profile: attr(string, "Named AWS profile.", { optional: true }),
  region: attr(string, "AWS region.", { optional: true }),
  role_arn: attr(string, "Role to assume.", { optional: true }),
  secret_key: attr(secret, "AWS secret key.", { optional: true }),
  service_name: attr(string, "Service to sign for.", { default: "aps" }),
  use_fips_sts_endpoint: attr(bool, "Use the FIPS endpoint of STS.", { default: false }),
} satisfies Shape;

const azureArgs = {
  cloud: attr(string, "Azure cloud.", { default: "AzurePublic" }),
  scope: attr(string, "OAuth scope to ask for.", { default: "" }),
  managed_identity: block({ client_id: attr(string, "Client ID.") }, "Authenticates as a managed identity."),
  oauth: block(
    {
      client_id: attr(string, "Client ID."),
      client_secret: attr(secret, "Client secret."),
      tenant_id: attr(string, "Tenant ID."),
    },
    "Authenticates with OAuth.",
  ),
  sdk: block({ tenant_id: attr(string, "Tenant ID.") }, "Authenticates as the Azure SDK does."),
  workload_identity: block(
    {
      client_id: attr(string, "Client ID."),
      tenant_id: attr(string, "Tenant ID."),
      token_file_path: attr(string, "File of the token.", {
        default: "/var/run/secrets/azure/tokens/azure-identity-token",
      }),
    },
    "Authenticates as a workload.",
  ),
} satisfies Shape;

const endpointArgs = {
  url: attr(string, "Where to send to."),
  name: attr(string, "Name for messages and metrics. The place in the log is kept under it.", { optional: true }),
  headers: attr(map(string), "Headers to send with every request.", { optional: true }),
  remote_timeout: attr(duration, "Longest time for a request.", { default: 30_000 }),
  send_exemplars: attr(bool, "Send exemplars.", { default: true }),
  send_native_histograms: attr(bool, "Send native histograms.", { default: false, unsupported: true }),
  round_robin_dns: attr(bool, "Take turns among the addresses of the host.", { default: false, unsupported: true }),
  protobuf_message: attr(
    oneOf("prometheus.WriteRequest", "io.prometheus.write.v2.Request"),
    "Message to send: remote write 1.0 or 2.0.",
    { default: "prometheus.WriteRequest", unsupported: true },
  ),
  ...httpClientArgs,
  enable_http2: attr(bool, "Use HTTP/2 where the server offers it over TLS.", { default: false }),
  queue_config: block(queueArgs, "How samples are queued and sent.", { absent: "defaults" }),
  metadata_config: block(metadataArgs, "How metadata is sent.", { absent: "defaults" }),
  write_relabel_config: blocks(ruleArgs, "Rewrites or drops series before they are sent."),
  sigv4: block(sigv4Args, "Signs requests for AWS.", { unsupported: true }),
  azuread: block(azureArgs, "Authenticates with Azure Active Directory.", { unsupported: true }),
  google_iam: block(
    { credentials_file: attr(string, "File of the credentials.", { optional: true }) },
    "Authenticates with Google Cloud IAM.",
    { unsupported: true },
  ),
} satisfies Shape;

export const remoteWriteArgs = {
  external_labels: attr(map(string), "Labels to add to series that have none of that name.", { optional: true }),
  endpoint: blocks(endpointArgs, "Where samples are sent. Each endpoint gets all of them."),
  wal: block(
    {
      truncate_frequency: attr(duration, "How often the log is looked through for what can be deleted.", {
        default: 2 * 3600_000,
      }),
      min_keepalive_time: attr(duration, "Delivered samples stay in the log for at least this long.", {
        default: 5 * 60_000,
      }),
      max_keepalive_time: attr(duration, "Samples leave the log after this long, delivered or not.", {
        default: 8 * 3600_000,
      }),
    },
    "The write-ahead log. It takes at most 16 GiB of disk; when it is full, producers are held up until endpoints have caught up.",
    { absent: "defaults" },
  ),
} satisfies Shape;

export type RemoteWriteArgs = Infer<typeof remoteWriteArgs>;
