import { createSecureContext, type SecureContext, type SecureVersion } from "node:tls";
import type { Clock } from "#src/util/clock.ts";
import { given, type TlsArgs } from "./http-args.ts";
import { TextFile } from "./text-file.ts";

const VERSIONS: Readonly<Record<NonNullable<TlsArgs["min_version"]>, SecureVersion>> = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
};

/** How to connect with TLS, in the words of `tls.connect`. */
export interface TlsOptions {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly servername?: string;
}

/** What a TLS connection needs, kept up to date with the files it comes from. */
export interface TlsMaterial {
  /** The same object until a file changes. Rejects when a file cannot be read or does not hold what it should. */
  load(): Promise<TlsOptions>;
}

export function createTlsMaterial(args: TlsArgs | undefined, clock: Clock): TlsMaterial {
  const part = (pem: string | undefined, path: string | undefined): (() => Promise<string | undefined>) => {
    if (path !== undefined && path !== "") {
      const file = new TextFile(path, clock);
      return () => file.read();
    }
    const text = given(pem) ? pem : undefined;
    return () => Promise.resolve(text);
  };
  const parts = [
    part(args?.ca_pem, args?.ca_file),
    part(args?.cert_pem, args?.cert_file),
    part(args?.key_pem?.reveal(), args?.key_file),
  ];
  let known: { readonly texts: readonly (string | undefined)[]; readonly options: TlsOptions } | undefined;
  return {
    async load() {
      const texts = await Promise.all(parts.map((read) => read()));
      if (known === undefined || texts.some((text, i) => text !== known!.texts[i]))
        known = { texts, options: connectionOptions(args, texts) };
      return known.options;
    },
  };
}

function connectionOptions(args: TlsArgs | undefined, texts: readonly (string | undefined)[]): TlsOptions {
  const [ca, cert, key] = texts;
  const minVersion = VERSIONS[args?.min_version ?? "TLS12"];
  return {
    secureContext: createSecureContext({
      minVersion,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    }),
    rejectUnauthorized: args?.insecure_skip_verify !== true,
    ...(given(args?.server_name) ? { servername: args!.server_name! } : {}),
  };
}
