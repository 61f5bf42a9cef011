import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certs {
  readonly folder: string;
  readonly ca: string;
  /** Signs a certificate for a name; gives its PEM texts. */
  sign(name: string, alternatives: string): { readonly cert: string; readonly key: string };
  dispose(): void;
}

/** Whether certificates can be made here; without `openssl` the tests that need them are skipped, and fail in CI. */
export const canMakeCerts: boolean = process.env["CI"] === "true" || spawnSync("openssl", ["version"]).status === 0;

/** A certificate authority for one test file. */
export function makeCerts(): Certs {
  const folder = mkdtempSync(join(tmpdir(), "invar-certs-"));
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=test-ca");
  return {
    folder,
    ca: readFileSync(join(folder, "ca.crt"), "utf8"),
    sign(name, alternatives) {
      openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      writeFileSync(join(folder, "san.ext"), `subjectAltName=${alternatives}\n`);
      const from = ["-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"];
      openssl("x509", "-req", ...from, "-days", "2", "-extfile", "san.ext", "-out", `${name}.crt`);
      const read = (ending: string): string => readFileSync(join(folder, `${name}.${ending}`), "utf8");
      return { cert: read("crt"), key: read("key") };
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
