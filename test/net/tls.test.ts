import { writeFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { createServer } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createHttpClient, type HttpClient } from "#src/net/http-client.ts";
import type { TlsArgs } from "#src/net/http-args.ts";
import { Secret } from "#src/value/secret.ts";
import { canMakeCerts, makeCerts, type Certs } from "#test/kit/certs.ts";
import { fakeClock } from "#test/kit/clock.ts";
import { httpArgs, listen, serve, tlsArgs, type TestServer } from "#test/kit/http.ts";

describe.skipIf(!canMakeCerts)("TLS", () => {
  let certs: Certs;
  let local: { readonly cert: string; readonly key: string };
  beforeAll(() => {
    certs = makeCerts();
    local = certs.sign("local", "IP:127.0.0.1");
  });
  afterAll(() => certs.dispose());
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  const clock = fakeClock();
  const client = (tls: Partial<TlsArgs>): HttpClient => {
    const made = createHttpClient(httpArgs({ tls_config: tlsArgs(tls) }), { userAgent: "t", clock });
    cleanups.push(() => made.close());
    return made;
  };
  const secure = async (options: object): Promise<TestServer> => {
    const s = await serve(
      (request, response) => {
        const socket = request.socket as TLSSocket;
        response.end(`${String(socket.getPeerCertificate().subject?.CN ?? "nobody")} ${socket.getProtocol()}`);
      },
      (listener) => createServer(options, listener),
      "https",
    );
    cleanups.push(() => s.close());
    return s;
  };
  const get = async (c: HttpClient, url: string): Promise<string> =>
    Buffer.from((await c.request({ method: "GET", url })).body).toString();

  test("only servers of a trusted authority are talked to, unless told otherwise", async () => {
    const s = await secure(local);
    await expect(get(client({}), s.url)).rejects.toThrow("unable to verify");
    expect(await get(client({ ca_pem: certs.ca }), s.url)).toContain("nobody");
    expect(await get(client({ insecure_skip_verify: true }), s.url)).toContain("nobody");
  });

  test("the certificate must carry server_name where one is given", async () => {
    const s = await secure(certs.sign("named", "DNS:metrics.internal"));
    await expect(get(client({ ca_pem: certs.ca }), s.url)).rejects.toThrow("altnames");
    expect(await get(client({ ca_pem: certs.ca, server_name: "metrics.internal" }), s.url)).toContain("nobody");
  });

  test("a client certificate is shown, and read again when its file changes", async () => {
    const s = await secure({ ...local, ca: certs.ca, requestCert: true, rejectUnauthorized: true });
    const [one, two] = [certs.sign("one", "DNS:one"), certs.sign("two", "DNS:two")];
    const [certFile, keyFile] = [join(certs.folder, "client.crt"), join(certs.folder, "client.key")];
    writeFileSync(certFile, one.cert);
    writeFileSync(keyFile, one.key);
    const c = client({ ca_pem: certs.ca, cert_file: certFile, key_file: keyFile });
    expect(await get(c, s.url)).toContain("one");
    writeFileSync(certFile, two.cert);
    writeFileSync(keyFile, two.key);
    await clock.advance(1000);
    expect(await get(c, s.url)).toContain("two");
    expect(await get(client({ ca_pem: certs.ca, cert_pem: one.cert, key_pem: new Secret(one.key) }), s.url)).toContain(
      "one",
    );
  });

  test("versions below min_version are refused", async () => {
    const s = await secure({ ...local, maxVersion: "TLSv1.2" });
    expect(await get(client({ ca_pem: certs.ca }), s.url)).toContain("TLSv1.2");
    await expect(get(client({ ca_pem: certs.ca, min_version: "TLS13" }), s.url)).rejects.toThrow();
  });

  test("HTTP/2 is spoken where it is offered and allowed", async () => {
    const server = createSecureServer({ ...local, allowHTTP1: true }, (request, response) =>
      response.end(request.httpVersion),
    );
    const sessions = new Set<{ destroy(): void }>();
    server.on("session", (session) => sessions.add(session));
    const url = `https://127.0.0.1:${await listen(server)}/`;
    cleanups.push(async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    for (const [http2, version] of [
      [true, "2.0"],
      [false, "1.1"],
    ] as const) {
      const args = httpArgs({ enable_http2: http2, tls_config: tlsArgs({ ca_pem: certs.ca }) });
      const c = createHttpClient(args, { userAgent: "t", clock });
      expect(await get(c, url)).toBe(version);
      await c.close();
    }
  });
});
