import { expect, test } from "vitest";
import { defaultsOf } from "#src/schema/defaults.ts";
import { checkHttp, httpArgs } from "#src/service/http-args.ts";
import { Secret } from "#src/value/secret.ts";

test.for([
  [{ cert_file: "/x" }, "tls.cert_file", "cannot specify both cert_pem and cert_file"],
  [{ cert_pem: "" }, "tls", "must specify either cert_pem or cert_file"],
  [{ key_file: "/x" }, "tls.key_file", "cannot specify both key_pem and key_file"],
  [{ key_pem: undefined }, "tls", "must specify either key_pem or key_file"],
  [
    { client_ca_pem: "x", client_ca_file: "/x", client_auth_type: "RequestClientCert" },
    "tls.client_ca_file",
    "cannot specify both client_ca_pem and client_ca_file",
  ],
  [
    { client_ca_pem: "x" },
    "tls.client_auth_type",
    "cannot specify client_ca_pem or client_ca_file when client_auth_type is NoClientCert",
  ],
] as const)("fields of tls that do not go together are told: %j", ([changes, path, message]) => {
  const tls = { ...defaultsOf(httpArgs.tls.shape), cert_pem: "x", key_pem: new Secret("x"), ...changes };
  expect(checkHttp({ tls, auth: undefined })).toEqual([{ path, message }]);
});

test("a certificate with its key is all that tls needs", () => {
  const tls = { ...defaultsOf(httpArgs.tls.shape), cert_file: "/x", key_file: "/y" };
  expect(checkHttp({ tls, auth: undefined })).toEqual([]);
  expect(checkHttp({ tls: undefined, auth: undefined })).toEqual([]);
});
