/** Fields of the `http` block (specification 7.4), and what no single field can say about them. */
import type { Problem } from "#src/component/define.ts";
import { attr, block, type Infer } from "#src/schema/field.ts";
import { bool, duration, list, oneOf, secret, string } from "#src/schema/type.ts";

const VERSIONS = ["", "TLS10", "TLS11", "TLS12", "TLS13"] as const;

const filterArgs = {
  paths: attr(list(string), "Beginnings of paths.", { default: [] }),
  authenticate_matching_paths: attr(
    bool,
    "Whether the paths are those that need a password, or those that do not. Without paths all need one.",
    { default: true },
  ),
};

const windowsFilter = {
  server: block(
    {
      store: attr(string, "Store of the server certificate.", { default: "" }),
      system_store: attr(string, "System store of the server certificate.", { default: "" }),
      issuer_common_names: attr(list(string), "Issuers to accept.", { default: [] }),
      template_id: attr(string, "Template of the certificate.", { default: "" }),
      refresh_interval: attr(duration, "How often the store is read.", { default: 300_000 }),
    },
    "Finds the server certificate.",
  ),
  client: block(
    {
      issuer_common_names: attr(list(string), "Issuers to accept.", { default: [] }),
      subject_regex: attr(string, "Subjects to accept.", { default: "" }),
      template_id: attr(string, "Template of the certificate.", { default: "" }),
    },
    "Judges client certificates.",
  ),
};

const tlsArgs = {
  cert_pem: attr(string, "Certificate of the server, as PEM text.", { default: "" }),
  cert_file: attr(string, "File of the server's certificate. It is read again when it changes.", { default: "" }),
  key_pem: attr(secret, "Key of the certificate, as PEM text.", { optional: true }),
  key_file: attr(string, "File of the certificate's key. It is read again when it changes.", { default: "" }),
  client_ca_pem: attr(string, "Authorities of client certificates, as PEM text.", { default: "" }),
  client_ca_file: attr(string, "File of the authorities of client certificates. It is read again when it changes.", {
    default: "",
  }),
  client_auth_type: attr(
    oneOf(
      "NoClientCert",
      "RequestClientCert",
      "RequireAnyClientCert",
      "VerifyClientCertIfGiven",
      "RequireAndVerifyClientCert",
    ),
    "Whether clients need a certificate, and whether it is verified.",
    { default: "NoClientCert" },
  ),
  cipher_suites: attr(list(string), "Cipher suites for TLS 1.2 and below, by their IANA names; good ones if empty.", {
    default: [],
  }),
  curve_preferences: attr(
    list(oneOf("CurveP256", "CurveP384", "CurveP521", "X25519")),
    "Curves in order of preference.",
    {
      default: [],
    },
  ),
  min_version: attr(oneOf(...VERSIONS), "Lowest TLS version to accept; TLS12 if empty.", { default: "" }),
  max_version: attr(oneOf(...VERSIONS), "Highest TLS version to accept; TLS13 if empty.", { default: "" }),
  windows_certificate_filter: block(windowsFilter, "Takes the certificate from the Windows store.", {
    unsupported: true,
  }),
};

export const httpArgs = {
  tls: block(tlsArgs, "Serves HTTPS."),
  auth: block(
    {
      basic: block(
        { username: attr(string, "User name."), password: attr(secret, "Password.") },
        "Asks for a user name and a password.",
      ),
      filter: block(filterArgs, "Says which paths need a password.", { absent: "defaults" }),
    },
    "Says who may use the server.",
  ),
};

export type HttpArgs = Infer<typeof httpArgs>;
export type ServerTlsArgs = Infer<typeof tlsArgs>;
export type AuthArgs = NonNullable<HttpArgs["auth"]>;

/** What is wrong with fields that are each fine, in Alloy's words. */
export function checkHttp({ tls }: HttpArgs): readonly Problem[] {
  if (tls === undefined) return [];
  const problems = [
    ...checkPair("client_ca", tls.client_ca_pem, tls.client_ca_file, false),
    ...checkPair("cert", tls.cert_pem, tls.cert_file, true),
    ...checkPair("key", tls.key_pem?.reveal() ?? "", tls.key_file, true),
  ];
  const ca = tls.client_ca_pem !== "" || tls.client_ca_file !== "";
  if (ca && tls.client_auth_type === "NoClientCert")
    problems.push({
      path: "tls.client_auth_type",
      message: "cannot specify client_ca_pem or client_ca_file when client_auth_type is NoClientCert",
    });
  return problems;
}

function checkPair(name: string, pem: string, file: string, needed: boolean): Problem[] {
  if (pem !== "" && file !== "")
    return [{ path: `tls.${name}_file`, message: `cannot specify both ${name}_pem and ${name}_file` }];
  if (!needed || pem !== "" || file !== "") return [];
  return [{ path: "tls", message: `must specify either ${name}_pem or ${name}_file` }];
}
