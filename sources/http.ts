import { isUtf8 } from "node:buffer";
import { attr, block, type Infer } from "#src/schema/field.ts";
import { duration, map, string } from "#src/schema/type.ts";
import { checkHttpClient, httpClientArgs } from "#src/net/http-args.ts";
import { createHttpClient, HttpError, type HttpResponse } from "#src/net/http-client.ts";
import { redactUrl } from "#src/net/redact.ts";
import { defaultLimits, digestFiles, makeBundle } from "#src/source/bundle.ts";
import {
  source,
  SourceError,
  type Bundle,
  type ConfigSource,
  type Revision,
  type SourceContext,
  type SourceErrorKind,
} from "#src/source/define.ts";
import { version } from "#src/util/version.ts";
import { readValidator, type Validator, validatorOf } from "./_http/validator.ts";

const args = {
  url: attr(string, "Where the configuration is: `https://` or `http://`."),
  method: attr(string, "Method of the request.", { default: "GET" }),
  headers: attr(
    map(string),
    "Headers to send with the request. `Host`, `Content-Length` and others that describe the connection are left out.",
    { default: new Map() },
  ),
  body: attr(string, "Body of the request.", { default: "" }),
  poll_frequency: attr(duration, "How often to ask whether the configuration has changed.", { default: 60_000 }),
  poll_timeout: attr(duration, "How long one request may take, redirects and the body included.", { default: 10_000 }),
  client: block(httpClientArgs, "How to reach the server.", { absent: "defaults" }),
} as const;

type Args = Infer<typeof args>;

export default source({
  name: "http",
  doc: "A configuration file behind http or https.",
  args,
  examples: [
    `import.http "math" {
  url            = "https://config.example.com/modules/math.alloy"
  poll_frequency = "5m"

  client {
    bearer_token = sys.env("CONFIG_TOKEN")
  }
}`,
  ],
  check,
  interval: ({ poll_frequency }) => poll_frequency,
  open,
});

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What belongs to the connection rather than to the request. */
const HOP = new Set(
  "host content-length transfer-encoding trailer connection keep-alive upgrade expect te proxy-connection".split(" "),
);

function check(args: Args): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  const add = (path: string, message: string): void => void problems.push({ path, message });
  if (!URL.canParse(args.url)) add("url", "url must be an absolute URL such as https://host/config.alloy");
  else if (!/^https?:$/.test(new URL(args.url).protocol)) add("url", "url must begin with https:// or http://");
  else if (credentialsOf(new URL(args.url)) === undefined) add("url", "url holds a wrong percent encoding");
  if (args.method !== "" && !TOKEN.test(args.method)) add("method", `${JSON.stringify(args.method)} is not a method`);
  for (const [name, value] of args.headers) {
    if (!TOKEN.test(name)) add("headers", `${JSON.stringify(name)} is not the name of a header`);
    else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      add("headers", `the value of ${name} cannot be sent as a header`);
  }
  if (args.poll_frequency <= 0) add("poll_frequency", "poll_frequency must be greater than 0");
  if (args.poll_timeout <= 0) add("poll_timeout", "poll_timeout must be greater than 0");
  return [...problems, ...checkHttpClient(args.client, "client.")];
}

function open(args: Args, { clock }: SourceContext): ConfigSource {
  const [problem] = check(args);
  if (problem !== undefined) throw new SourceError("content", problem.message);
  const url = new URL(args.url);
  const authorization = credentialsOf(url);
  url.username = "";
  url.password = "";
  const name = redactUrl(url);
  const entry = entryOf(url);
  const method = args.method || "GET";
  const headers: Record<string, string> = authorization ? { authorization } : {};
  for (const [key, value] of args.headers) if (!HOP.has(key.toLowerCase())) headers[key.toLowerCase()] = value;
  const client = createHttpClient(args.client, { userAgent: `Invar/${version}`, clock, connections: 2 });
  /** What the server said last, of the content with this digest. */
  let latest: { readonly digest: string; readonly validator: Validator | undefined } | undefined;

  const conditionsFor = (known: Revision | undefined): Readonly<Record<string, string>> => {
    if (known === undefined || (method !== "GET" && method !== "HEAD")) return {};
    const validator = latest?.digest === known.digest ? latest.validator : readValidator(known.id);
    return validator === undefined ? {} : { [validator.condition]: validator.text };
  };

  return {
    name,
    async fetch(known, signal): Promise<Bundle | "unchanged"> {
      signal.throwIfAborted();
      const conditions = conditionsFor(known);
      let response: HttpResponse;
      try {
        response = await client.request({
          method,
          url,
          headers: { ...headers, ...conditions },
          ...(args.body === "" ? {} : { body: args.body }),
          signal,
          timeout: args.poll_timeout,
          maxBytes: defaultLimits.fileBytes,
        });
      } catch (cause) {
        signal.throwIfAborted();
        throw asSourceError(cause as HttpError);
      }
      const asked = Object.keys(conditions).length > 0;
      if (response.status === 304 && asked) return "unchanged";
      if (response.status !== 200) throw refusal(response.status, name);
      const content = readContent(response.body, name);
      const files = new Map([[entry, content]]);
      const digest = digestFiles(files);
      const validator = validatorOf(response.headers);
      latest = { digest, validator };
      if (known?.digest === digest) return "unchanged";
      const id = validator?.text ?? digest.slice("sha256:".length).slice(0, 16);
      return makeBundle({ id, at: modifiedAt(response, clock.now()), entry, files });
    },
    close: () => client.close(),
  };
}

/** The Authorization header of a user name and password in a URL: empty where there is none, undefined if they cannot be decoded. */
function credentialsOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return "";
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString("base64")}`;
  } catch {
    return undefined;
  }
}

/** The last part of the path, where it can be the name of a file. */
function entryOf({ pathname }: URL): string {
  const last = pathname.slice(pathname.lastIndexOf("/") + 1);
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // It is shown as it was written.
  }
  return /^(?!\.\.?$)[^/\\\p{Cc}]{1,255}$/u.test(name) ? name : "config.alloy";
}

/** The body without white space around it, as Alloy takes it; what cannot be a configuration is refused here, with the reason. */
function readContent(body: Uint8Array, name: string): Uint8Array {
  if (!isUtf8(body)) throw new SourceError("content", `${name}: what it serves is not UTF-8 text`);
  const text = Buffer.from(body).toString().trim();
  if (text === "") throw new SourceError("content", `${name}: what it serves is empty`);
  if (text.startsWith("<")) {
    const hint = "a sign-in or error page of a server or proxy looks like this";
    throw new SourceError("content", `${name}: what it serves is an HTML or XML page, not a configuration; ${hint}`);
  }
  return Buffer.from(text);
}

function modifiedAt({ headers }: HttpResponse, now: number): Date {
  const text = headers["last-modified"];
  const at = typeof text === "string" ? Date.parse(text) : NaN;
  return new Date(Number.isNaN(at) ? now : at);
}

function refusal(status: number, name: string): SourceError {
  const answers = `${name} answers ${status}`;
  if (status === 401 || status === 403)
    return new SourceError("auth", `${answers}: it wants credentials, or does not accept those of the configuration`);
  if (status === 404 || status === 410) return new SourceError("not-found", `${answers}: nothing is there`);
  if (status === 304)
    return new SourceError("content", `${answers} to a request that asked for the content whatever its age`);
  if (status >= 300 && status < 400) return new SourceError("content", `${answers}, a redirect that is not followed`);
  const passing = status >= 500 || [408, 425, 429].includes(status);
  return new SourceError(passing ? "network" : "content", `${answers}: only 200 brings a configuration`);
}

const KINDS: Readonly<Record<HttpError["kind"], SourceErrorKind>> = {
  aborted: "network",
  timeout: "network",
  network: "network",
  "too-large": "limit",
  redirect: "content",
  credentials: "auth",
};
const UNVERIFIED = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|INVALID_CA|HOSTNAME_)/;

function asSourceError(cause: HttpError): SourceError {
  const { code } = (cause.cause ?? {}) as { readonly code?: unknown };
  const unverified = cause.kind === "network" && typeof code === "string" && UNVERIFIED.test(code);
  return new SourceError(unverified ? "verification" : KINDS[cause.kind], `fetching ${cause.message}`, { cause });
}
