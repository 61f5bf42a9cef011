/**
 * The argument group of everything that makes HTTP requests, once. Spread `httpClientArgs` into a component's `args`,
 * call `checkHttpClient` from its `check`, and give the decoded arguments to `createHttpClient`.
 */
import { attr, block, type Infer, type Shape } from "#src/schema/field.ts";
import { bool, list, map, oneOf, secret, string, text, type Type } from "#src/schema/type.ts";
import type { Secret } from "#src/value/secret.ts";
import { redactUrl } from "./redact.ts";

/** What is wrong with a group of arguments that are each fine: the same record as a component's `Problem`. */
export interface HttpArgsProblem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** An absolute URL, or nothing for an empty text. Prints without its credentials. */
export const optionalUrl: Type<URL | undefined> = text<URL | undefined>(
  "URL",
  (value) => {
    if (value === "") return undefined;
    if (!URL.canParse(value)) throw new Error("it is not an absolute URL such as https://host:port/path");
    return new URL(value);
  },
  (url) => (url === undefined ? "" : redactUrl(url)),
  (a, b) => a?.href === b?.href,
);

const proxyArgs = {
  proxy_url: attr(optionalUrl, "Proxy to send requests through, such as `http://proxy:3128`.", { optional: true }),
  no_proxy: attr(string, "Hosts, domains, addresses and CIDR ranges, separated by commas, that are reached directly.", {
    optional: true,
  }),
  proxy_from_environment: attr(bool, "Take the proxy from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.", { default: false }),
  proxy_connect_header: attr(map(list(secret)), "Headers to send to the proxy in CONNECT requests.", {
    optional: true,
  }),
} satisfies Shape;

export const tlsArgs = {
  ca_pem: attr(string, "Certificate authorities to trust, as PEM text.", { optional: true }),
  ca_file: attr(string, "File of certificate authorities to trust. It is read again when it changes.", {
    optional: true,
  }),
  cert_pem: attr(string, "Client certificate, as PEM text.", { optional: true }),
  cert_file: attr(string, "File of the client certificate. It is read again when it changes.", { optional: true }),
  key_pem: attr(secret, "Key of the client certificate, as PEM text.", { optional: true }),
  key_file: attr(string, "File of the client certificate's key. It is read again when it changes.", {
    optional: true,
  }),
  server_name: attr(string, "Name that the server's certificate must carry, instead of the URL's host.", {
    optional: true,
  }),
  insecure_skip_verify: attr(bool, "Accept any server certificate.", { default: false }),
  min_version: attr(oneOf("TLS10", "TLS11", "TLS12", "TLS13"), "Lowest TLS version to accept; TLS12 if not given.", {
    optional: true,
  }),
} satisfies Shape;

const basicAuthArgs = {
  username: attr(string, "User name.", { optional: true }),
  password: attr(secret, "Password.", { optional: true }),
  password_file: attr(string, "File that holds the password. It is read again when it changes.", { optional: true }),
} satisfies Shape;

const authorizationArgs = {
  type: attr(string, "Authentication scheme; `Bearer` if not given.", { optional: true }),
  credentials: attr(secret, "What follows the scheme in the Authorization header.", { optional: true }),
  credentials_file: attr(string, "File that holds the credentials. It is read again when it changes.", {
    optional: true,
  }),
} satisfies Shape;

const oauth2Args = {
  client_id: attr(string, "Client identifier.", { optional: true }),
  client_secret: attr(secret, "Client secret.", { optional: true }),
  client_secret_file: attr(string, "File that holds the client secret. It is read again when it changes.", {
    optional: true,
  }),
  scopes: attr(list(string), "Scopes to ask for.", { optional: true }),
  token_url: attr(optionalUrl, "Where tokens are fetched.", { optional: true }),
  endpoint_params: attr(map(string), "More parameters for the token request.", { optional: true }),
  ...proxyArgs,
  tls_config: block(tlsArgs, "TLS settings for the token request."),
} satisfies Shape;

/** Arguments and blocks of an HTTP client. */
export const httpClientArgs = {
  bearer_token: attr(secret, "Token for the Authorization header.", { optional: true }),
  bearer_token_file: attr(string, "File that holds the bearer token. It is read again when it changes.", {
    optional: true,
  }),
  enable_http2: attr(bool, "Use HTTP/2 where the server offers it over TLS.", { default: true }),
  follow_redirects: attr(bool, "Follow redirects. Credentials are never sent to another host.", { default: true }),
  http_headers: attr(map(list(secret)), "Headers to send with every request.", { optional: true }),
  ...proxyArgs,
  basic_auth: block(basicAuthArgs, "Authenticates with user name and password."),
  authorization: block(authorizationArgs, "Sets the Authorization header."),
  oauth2: block(oauth2Args, "Authenticates with OAuth 2.0 client credentials."),
  tls_config: block(tlsArgs, "TLS settings."),
} satisfies Shape;

export type HttpClientArgs = Infer<typeof httpClientArgs>;
export type TlsArgs = Infer<typeof tlsArgs>;
export type ProxyArgs = Infer<typeof proxyArgs>;
export type OAuth2Args = Infer<typeof oauth2Args>;

/** Headers that the client or the protocol above it sets itself. */
const RESERVED = new Set(
  (
    "authorization host content-encoding content-length content-type user-agent connection keep-alive " +
    "proxy-authenticate proxy-authorization www-authenticate accept-encoding x-prometheus-remote-write-version " +
    "x-prometheus-remote-read-version x-prometheus-scrape-timeout-seconds x-amz-date x-amz-security-token " +
    "x-amz-content-sha256"
  ).split(" "),
);

/** Whether a user gave a text: to Alloy an empty one is as good as none. */
export function given(value: string | Secret | undefined): boolean {
  return value !== undefined && (typeof value === "string" ? value : value.reveal()) !== "";
}

/** Checks what no single field can say. `prefix` is the dotted path of the block that holds the group, with its dot. */
export function checkHttpClient(args: HttpClientArgs, prefix = ""): readonly HttpArgsProblem[] {
  const problems: HttpArgsProblem[] = [];
  const say = (path: string, message: string, hint?: string): void => {
    problems.push({ path: prefix + path, message, ...(hint === undefined ? {} : { hint }) });
  };
  const methods = [
    args.basic_auth !== undefined && "basic_auth",
    args.authorization !== undefined && "authorization",
    args.oauth2 !== undefined && "oauth2",
    given(args.bearer_token) && "bearer_token",
    given(args.bearer_token_file) && "bearer_token_file",
  ].filter((name) => name !== false);
  if (methods.length > 1)
    say(
      methods[1]!,
      "at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured",
      `Keep one of ${methods.join(" and ")}.`,
    );
  const basic = args.basic_auth;
  if (basic !== undefined && given(basic.password) && given(basic.password_file))
    say("basic_auth.password_file", "at most one of basic_auth password & password_file must be configured");
  const authorization = args.authorization;
  if (authorization !== undefined) {
    if (given(authorization.credentials) && given(authorization.credentials_file))
      say(
        "authorization.credentials_file",
        "at most one of authorization credentials & credentials_file must be configured",
      );
    if (authorization.type?.trim().toLowerCase() === "basic")
      say("authorization.type", 'authorization type cannot be set to "basic", use "basic_auth" block instead');
  }
  for (const name of args.http_headers?.keys() ?? [])
    if (RESERVED.has(name.toLowerCase())) say("http_headers", `setting header ${JSON.stringify(name)} is not allowed`);
  checkProxy(args, "", say);
  checkTls(args.tls_config, "tls_config.", say);
  if (args.oauth2 !== undefined) checkOAuth2(args.oauth2, say);
  return problems;
}

type Say = (path: string, message: string) => void;

function checkOAuth2(args: OAuth2Args, say: Say): void {
  if (!given(args.client_id)) say("oauth2.client_id", "oauth2 client_id must be configured");
  if (args.token_url === undefined) say("oauth2.token_url", "oauth2 token_url must be configured");
  const [secretGiven, fileGiven] = [given(args.client_secret), given(args.client_secret_file)];
  if (!secretGiven && !fileGiven)
    say("oauth2.client_secret", "either oauth2 client_secret or client_secret_file must be configured");
  if (secretGiven && fileGiven)
    say("oauth2.client_secret_file", "at most one of oauth2 client_secret & client_secret_file must be configured");
  checkProxy(args, "oauth2.", say);
  checkTls(args.tls_config, "oauth2.tls_config.", say);
}

function checkProxy(args: ProxyArgs, prefix: string, say: Say): void {
  const url = args.proxy_url;
  if (url !== undefined && !/^(https?|socks5h?):$/.test(url.protocol))
    say(`${prefix}proxy_url`, `proxies of scheme ${JSON.stringify(url.protocol.slice(0, -1))} are not supported`);
  if ((args.proxy_connect_header?.size ?? 0) > 0 && !args.proxy_from_environment && url === undefined)
    say(
      `${prefix}proxy_connect_header`,
      "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured",
    );
  if (args.proxy_from_environment && url !== undefined)
    say(`${prefix}proxy_url`, "if proxy_from_environment is configured, proxy_url must not be configured");
  if (args.proxy_from_environment && given(args.no_proxy))
    say(`${prefix}no_proxy`, "if proxy_from_environment is configured, no_proxy must not be configured");
  if (url === undefined && !args.proxy_from_environment && given(args.no_proxy))
    say(`${prefix}no_proxy`, "if no_proxy is configured, proxy_url must also be configured");
}

function checkTls(args: TlsArgs | undefined, prefix: string, say: Say): void {
  if (args === undefined) return;
  const pairs = [
    ["ca", args.ca_pem, args.ca_file],
    ["cert", args.cert_pem, args.cert_file],
    ["key", args.key_pem, args.key_file],
  ] as const;
  for (const [name, pem, file] of pairs)
    if (given(pem) && given(file))
      say(`${prefix}${name}_file`, `at most one of ${name}_pem and ${name}_file must be configured`);
  const cert = given(args.cert_pem) || given(args.cert_file);
  const key = given(args.key_pem) || given(args.key_file);
  if (cert && !key)
    say(
      `${prefix}key_file`,
      "exactly one of key_pem or key_file must be configured when a client certificate is configured",
    );
  if (key && !cert)
    say(
      `${prefix}cert_file`,
      "exactly one of cert_pem or cert_file must be configured when a client key is configured",
    );
}
