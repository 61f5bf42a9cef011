import type { Clock } from "#src/util/clock.ts";
import { given, type HttpClientArgs } from "./http-args.ts";
import { createTokenSource, type PostForm } from "./oauth2.ts";
import { TextFile } from "./text-file.ts";

/** Where the Authorization header comes from. */
export interface Auth {
  /** Undefined: no authentication. */
  header(): Promise<string | undefined>;
  /** A server has refused the credentials: those in files and tokens are looked at again. */
  forget(): void;
}

export function createAuth(args: HttpClientArgs, post: PostForm, clock: Clock): Auth {
  const { basic_auth: basic, authorization, oauth2 } = args;
  if (oauth2 !== undefined) return createTokenSource(oauth2, post, clock);
  if (basic !== undefined)
    return fromText(basic.password?.reveal(), basic.password_file, clock, (password) => {
      return `Basic ${Buffer.from(`${basic.username ?? ""}:${password}`).toString("base64")}`;
    });
  if (authorization !== undefined) {
    const scheme = authorization.type?.trim() || "Bearer";
    return fromText(authorization.credentials?.reveal(), authorization.credentials_file, clock, (credentials) =>
      credentials === "" ? scheme : `${scheme} ${credentials}`,
    );
  }
  if (given(args.bearer_token) || given(args.bearer_token_file))
    return fromText(args.bearer_token?.reveal(), args.bearer_token_file, clock, (token) => `Bearer ${token}`);
  return { header: () => Promise.resolve(undefined), forget() {} };
}

function fromText(
  text: string | undefined,
  path: string | undefined,
  clock: Clock,
  print: (credentials: string) => string,
): Auth {
  if (path === undefined || path === "") {
    const header = print(text ?? "");
    return { header: () => Promise.resolve(header), forget() {} };
  }
  const file = new TextFile(path, clock);
  return { header: async () => print((await file.read()).trim()), forget: () => file.forget() };
}
