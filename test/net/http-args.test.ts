import { describe, expect, test } from "vitest";
import { checkHttpClient, httpClientArgs, optionalUrl, type HttpClientArgs } from "#src/net/http-args.ts";
import { equalArguments } from "#src/schema/equal.ts";
import { Secret } from "#src/value/secret.ts";
import { httpArgs, tlsArgs } from "#test/kit/http.ts";

const basic = (over: object = {}) => ({ username: "u", password: undefined, password_file: undefined, ...over });
const oauth2 = (over: object = {}): NonNullable<HttpClientArgs["oauth2"]> => ({
  client_id: "id",
  client_secret: new Secret("s"),
  client_secret_file: undefined,
  scopes: undefined,
  token_url: new URL("http://127.0.0.1/token"),
  endpoint_params: undefined,
  proxy_url: undefined,
  no_proxy: undefined,
  proxy_from_environment: false,
  proxy_connect_header: undefined,
  tls_config: undefined,
  ...over,
});
const proxy = new URL("http://proxy:3128");

const cases: readonly (readonly [string, Partial<HttpClientArgs>, string])[] = [
  ["two methods", { basic_auth: basic(), bearer_token: new Secret("t") }, "bearer_token: at most one of basic_auth"],
  [
    "password twice",
    { basic_auth: basic({ password: new Secret("p"), password_file: "/p" }) },
    "basic_auth.password_file: at most one of basic_auth password & password_file",
  ],
  [
    "credentials twice",
    { authorization: { type: undefined, credentials: new Secret("c"), credentials_file: "/c" } },
    "authorization.credentials_file: at most one of authorization credentials & credentials_file",
  ],
  [
    "type basic",
    { authorization: { type: " Basic ", credentials: new Secret("c"), credentials_file: undefined } },
    'authorization.type: authorization type cannot be set to "basic"',
  ],
  [
    "a reserved header",
    { http_headers: new Map([["Authorization", [new Secret("x")]]]) },
    'http_headers: setting header "Authorization" is not allowed',
  ],
  ["client id missing", { oauth2: oauth2({ client_id: "" }) }, "oauth2.client_id: oauth2 client_id must be"],
  ["token URL missing", { oauth2: oauth2({ token_url: undefined }) }, "oauth2.token_url: oauth2 token_url must be"],
  ["no client secret", { oauth2: oauth2({ client_secret: undefined }) }, "oauth2.client_secret: either oauth2"],
  ["secret twice", { oauth2: oauth2({ client_secret_file: "/s" }) }, "oauth2.client_secret_file: at most one of"],
  ["oauth2's no_proxy alone", { oauth2: oauth2({ no_proxy: "x" }) }, "oauth2.no_proxy: if no_proxy is configured"],
  ["no_proxy alone", { no_proxy: "x" }, "no_proxy: if no_proxy is configured, proxy_url must also be configured"],
  [
    "two proxies",
    { proxy_from_environment: true, proxy_url: proxy },
    "proxy_url: if proxy_from_environment is configured, proxy_url must not be configured",
  ],
  [
    "no_proxy beside the environment",
    { proxy_from_environment: true, no_proxy: "x" },
    "no_proxy: if proxy_from_environment is configured, no_proxy must not be configured",
  ],
  [
    "headers for no proxy",
    { proxy_connect_header: new Map([["X", [new Secret("x")]]]) },
    "proxy_connect_header: if proxy_connect_header is configured",
  ],
  ["a foreign proxy", { proxy_url: new URL("ftp://proxy") }, 'proxy_url: proxies of scheme "ftp" are not supported'],
  ["CA twice", { tls_config: tlsArgs({ ca_pem: "a", ca_file: "b" }) }, "tls_config.ca_file: at most one of ca_pem"],
  ["certificate without key", { tls_config: tlsArgs({ cert_file: "b" }) }, "tls_config.key_file: exactly one of key"],
  [
    "key without certificate",
    { tls_config: tlsArgs({ key_pem: new Secret("k") }) },
    "tls_config.cert_file: exactly one of cert_pem",
  ],
];

describe("HTTP client arguments", () => {
  test.each(cases)("%s is refused at its field", (_name, args, expected) => {
    const problems = checkHttpClient(httpArgs(args)).map((p) => `${p.path}: ${p.message}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  test("an empty text is as good as none", () => {
    const args = httpArgs({
      bearer_token: new Secret(""),
      bearer_token_file: "",
      no_proxy: "",
      basic_auth: basic({ password: new Secret(""), password_file: "/p" }),
      tls_config: tlsArgs({ ca_pem: "", ca_file: "/ca", cert_file: "", key_pem: new Secret("") }),
    });
    expect(checkHttpClient(args)).toEqual([]);
  });

  test("all problems are told at once, below the block's path", () => {
    const args = httpArgs({ no_proxy: "x", tls_config: tlsArgs({ cert_file: "b" }) });
    expect(checkHttpClient(args, "endpoint.").map((p) => p.path)).toEqual([
      "endpoint.no_proxy",
      "endpoint.tls_config.key_file",
    ]);
  });

  test("a URL prints without its password", () => {
    if (optionalUrl.kind !== "text") throw new Error("not a text");
    const url = optionalUrl.parse("http://user:hunter2@proxy:3128/a?key=hunter2");
    expect(optionalUrl.print(url as never)).toBe("http://user:xxxxx@proxy:3128/a?…");
    expect(optionalUrl.parse("")).toBeUndefined();
    expect(() => (optionalUrl as { parse(text: string): unknown }).parse("proxy")).toThrow("absolute URL");
  });
});

test("a changed credential in proxy_url is a change, though it prints the same", () => {
  const [before, after] = ["one", "two"].map((password) => new URL(`http://user:${password}@proxy:3128`));
  const shape = { proxy_url: httpClientArgs.proxy_url };
  expect(equalArguments(shape, { proxy_url: before }, { proxy_url: after })).toBe(false);
  expect(equalArguments(shape, { proxy_url: before }, { proxy_url: new URL(before!) })).toBe(true);
  expect(equalArguments(shape, { proxy_url: before }, { proxy_url: undefined })).toBe(false);
});
