/** TLS as the `http` block asks for it. Files are looked at again for every connection, and read again when they changed. */
import { readFileSync, statSync } from "node:fs";
import { createServer, type SecureContextOptions, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { ServerTlsArgs } from "./http-args.ts";

/** Largest certificate, key or authority file, in bytes. */
const LARGEST_FILE = 1024 * 1024;

const VERSIONS = { "": undefined, TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;
const CURVES = { CurveP256: "P-256", CurveP384: "P-384", CurveP521: "P-521", X25519: "X25519" } as const;

/** OpenSSL's names of the suites that Go knows. Those of TLS 1.3 are always on. */
const SUITES: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_AES_128_CBC_SHA: "AES128-SHA",
  TLS_RSA_WITH_AES_256_CBC_SHA: "AES256-SHA",
  TLS_RSA_WITH_AES_128_GCM_SHA256: "AES128-GCM-SHA256",
  TLS_RSA_WITH_AES_256_GCM_SHA384: "AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: "ECDHE-ECDSA-AES128-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: "ECDHE-ECDSA-AES256-SHA",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: "ECDHE-RSA-AES256-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
};
const TLS13_SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/** A server that never listens: it is handed connections, and hands on those that are secure. */
export interface TlsFront {
  readonly server: Server;
  /** Reads changed files again. A set that does not fit together leaves the last good one in place. */
  refresh(): void;
}

/** Makes a TLS server from a block. Throws when a file cannot be read or does not hold what it should. */
export function createTlsFront(
  args: ServerTlsArgs,
  onConnection: (socket: TLSSocket) => void,
  onProblem: (error: Error) => void,
): TlsFront {
  const fixed = fixedOptions(args);
  const files = [args.cert_file, args.key_file, args.client_ca_file].filter((path) => path !== "");
  let seen = stamp(files);
  const server = createServer({ ...fixed, ...readMaterial(args) });
  server.on("tlsClientError", () => undefined);
  server.on("secureConnection", (socket) => {
    if (isWelcome(args.client_auth_type, socket)) onConnection(socket);
    else socket.destroy();
  });
  return {
    server,
    refresh() {
      const now = stamp(files);
      if (now === seen) return;
      seen = now;
      try {
        server.setSecureContext({ ...fixed, ...readMaterial(args) });
      } catch (error) {
        onProblem(new Error("reading changed certificates again", { cause: error }));
      }
    },
  };
}

function fixedOptions(args: ServerTlsArgs): TlsOptions {
  const kind = args.client_auth_type;
  const suites = args.cipher_suites.filter((name) => !TLS13_SUITES.includes(name));
  const unknown = suites.find((name) => !Object.hasOwn(SUITES, name));
  if (unknown !== undefined) throw new Error(`unknown cipher suite ${JSON.stringify(unknown)}`);
  const maxVersion = VERSIONS[args.max_version];
  return {
    requestCert: kind !== "NoClientCert",
    rejectUnauthorized: kind === "RequireAndVerifyClientCert",
    minVersion: VERSIONS[args.min_version] ?? "TLSv1.2",
    ...(maxVersion !== undefined && { maxVersion }),
    ...(suites.length > 0 && { ciphers: [...TLS13_SUITES, ...suites.map((name) => SUITES[name]!)].join(":") }),
    ...(args.curve_preferences.length > 0 && { ecdhCurve: args.curve_preferences.map((c) => CURVES[c]).join(":") }),
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: 10_000,
  };
}

function readMaterial(args: ServerTlsArgs): SecureContextOptions {
  const ca = args.client_ca_pem === "" ? readPem(args.client_ca_file) : args.client_ca_pem;
  const keyPem = args.key_pem?.reveal() ?? "";
  return {
    cert: args.cert_pem === "" ? readPem(args.cert_file)! : args.cert_pem,
    key: keyPem === "" ? readPem(args.key_file)! : keyPem,
    ...(ca !== undefined && { ca }),
  };
}

function readPem(path: string): string | undefined {
  if (path === "") return undefined;
  if (statSync(path).size > LARGEST_FILE) throw new Error(`${path} is larger than ${LARGEST_FILE} bytes`);
  return readFileSync(path, "utf8");
}

function stamp(files: readonly string[]): string {
  return files
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? "gone" : `${found.ino}:${found.mtimeMs}:${found.size}`;
    })
    .join(" ");
}

function isWelcome(kind: ServerTlsArgs["client_auth_type"], socket: TLSSocket): boolean {
  if (kind !== "RequireAnyClientCert" && kind !== "VerifyClientCertIfGiven") return true;
  const given = Object.keys(socket.getPeerCertificate()).length > 0;
  return kind === "RequireAnyClientCert" ? given : !given || socket.authorized;
}
