/** OAuth 2.0 client credentials (RFC 6749, 4.4): one token, shared by all requests, fetched again before it runs out. */
import type { Clock } from "#src/util/clock.ts";
import type { OAuth2Args } from "./http-args.ts";
import { redactUrl } from "./redact.ts";
import { TextFile } from "./text-file.ts";

const EARLY_MS = 10_000;
const DEFAULT_LIFE_MS = 3600_000;

/** Sends the token request; redirects are not followed. */
export type PostForm = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  form: string,
) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

export interface TokenSource {
  /** The value of the Authorization header. */
  header(): Promise<string>;
  /** Forgets the token: a server has refused it. */
  forget(): void;
}

interface Token {
  readonly header: string;
  readonly until: number;
}

export function createTokenSource(args: OAuth2Args, post: PostForm, clock: Clock): TokenSource {
  const secretFile =
    args.client_secret_file === undefined || args.client_secret_file === ""
      ? undefined
      : new TextFile(args.client_secret_file, clock);
  /** Servers disagree on where they want the client's credentials; what worked is kept. */
  let inHeader: boolean | undefined;
  let token: Token | undefined;
  let fetching: Promise<Token> | undefined;

  const ask = async (url: URL, secret: string, header: boolean) => {
    const form = new URLSearchParams([["grant_type", "client_credentials"]]);
    if ((args.scopes?.length ?? 0) > 0) form.set("scope", args.scopes!.join(" "));
    for (const [name, value] of args.endpoint_params ?? []) form.set(name, value);
    const headers: Record<string, string> = {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    };
    const id = args.client_id ?? "";
    if (header) {
      const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
      headers["authorization"] = `Basic ${Buffer.from(pair).toString("base64")}`;
    } else {
      form.set("client_id", id);
      if (secret !== "") form.set("client_secret", secret);
    }
    return post(url, headers, form.toString());
  };

  const fetchToken = async (): Promise<Token> => {
    const url = args.token_url!;
    const secret = secretFile === undefined ? (args.client_secret?.reveal() ?? "") : (await secretFile.read()).trim();
    let header = inHeader ?? true;
    let answer = await ask(url, secret, header);
    if (answer.status !== 200 && inHeader === undefined) {
      header = false;
      answer = await ask(url, secret, header);
    }
    if (answer.status !== 200)
      throw new Error(`fetching a token from ${redactUrl(url)}: the server answered with status ${answer.status}`);
    inHeader = header;
    return readToken(answer.body, url, clock.now());
  };

  return {
    async header() {
      if (token !== undefined && clock.now() < token.until) return token.header;
      fetching ??= fetchToken().finally(() => (fetching = undefined));
      token = await fetching;
      return token.header;
    },
    forget() {
      token = undefined;
      secretFile?.forget();
    },
  };
}

function readToken(body: Uint8Array, url: URL, now: number): Token {
  const text = Buffer.from(body).toString("utf8");
  let fields: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(text);
    fields = typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    fields = Object.fromEntries(new URLSearchParams(text));
  }
  const access = fields["access_token"];
  if (typeof access !== "string" || access === "")
    throw new Error(`fetching a token from ${redactUrl(url)}: the answer holds no access_token`);
  const kind = typeof fields["token_type"] === "string" ? fields["token_type"] : "";
  const life = Number(fields["expires_in"]) * 1000;
  const lasts = Number.isFinite(life) && life > 0 ? life : DEFAULT_LIFE_MS;
  const scheme = kind === "" || kind.toLowerCase() === "bearer" ? "Bearer" : kind;
  return { header: `${scheme} ${access}`, until: now + Math.max(lasts - EARLY_MS, lasts / 2) };
}
