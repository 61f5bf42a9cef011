import { describe, expect, test } from "vitest";
import { chooseProxy } from "#src/net/proxy.ts";
import { httpArgs } from "#test/kit/http.ts";

const proxy = new URL("http://proxy:3128");
const through = (noProxy: string | undefined, url: string): boolean =>
  chooseProxy(httpArgs({ proxy_url: proxy, no_proxy: noProxy }), {})(new URL(url)) !== undefined;

describe("which proxy a request takes", () => {
  test.each([
    [undefined, "http://127.0.0.1/", true],
    ["x", "http://127.0.0.1/", false],
    ["x", "http://localhost:9090/", false],
    ["x", "http://[::1]/", false],
    ["*", "http://anything.example/", false],
    ["example.com", "http://example.com/", false],
    ["example.com", "http://a.example.com/", false],
    ["example.com", "http://notexample.com/", true],
    [".example.com", "http://example.com/", true],
    [".example.com", "http://a.example.com/", false],
    ["*.example.com", "http://a.example.com/", false],
    ["EXAMPLE.com", "http://example.COM/", false],
    ["example.com:8080", "http://example.com/", true],
    ["example.com:8080", "http://example.com:8080/", false],
    ["example.com:443", "https://example.com/", false],
    ["10.0.0.0/8", "http://10.1.2.3/", false],
    ["10.0.0.0/8", "http://11.1.2.3/", true],
    ["192.0.2.1", "http://192.0.2.1:99/", false],
    ["192.0.2.1:80", "http://192.0.2.1:99/", true],
    ["2001:db8::/32", "http://[2001:db8::1]/", false],
    ["a.example, b.example", "http://b.example/", false],
  ])("no_proxy %j, %s: through the proxy %j", (noProxy, url, expected) => {
    expect(through(noProxy, url)).toBe(expected);
  });

  test("the environment names one proxy for each scheme", () => {
    const env = { HTTP_PROXY: "plain:1", https_proxy: "http://secure:2", NO_PROXY: "direct.example" };
    const choose = chooseProxy(httpArgs({ proxy_from_environment: true }), env);
    expect(choose(new URL("http://a.example"))?.href).toBe("http://plain:1/");
    expect(choose(new URL("https://a.example"))?.href).toBe("http://secure:2/");
    expect(choose(new URL("https://direct.example"))).toBeUndefined();
  });
});
