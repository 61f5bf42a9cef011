/** Which proxy a request goes through, by the rules that Go programs follow for HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
import { BlockList, isIP } from "node:net";
import { given, type ProxyArgs } from "./http-args.ts";

/** The proxy for a URL; undefined for a direct connection. */
export type ProxyChooser = (url: URL) => URL | undefined;

export function chooseProxy(args: ProxyArgs, env: Readonly<Record<string, string | undefined>>): ProxyChooser {
  if (args.proxy_from_environment) {
    const http = parseProxy(env["HTTP_PROXY"] || env["http_proxy"]);
    const https = parseProxy(env["HTTPS_PROXY"] || env["https_proxy"]);
    const bypass = bypassFor(env["NO_PROXY"] || env["no_proxy"] || "");
    return (url) => (bypass(url) ? undefined : url.protocol === "https:" ? https : http);
  }
  const proxy = args.proxy_url;
  if (proxy === undefined) return () => undefined;
  if (!given(args.no_proxy)) return () => proxy;
  const bypass = bypassFor(args.no_proxy ?? "");
  return (url) => (bypass(url) ? undefined : proxy);
}

function parseProxy(text: string | undefined): URL | undefined {
  if (text === undefined || text === "") return undefined;
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw new Error("the proxy address in the environment is not a valid URL");
  return new URL(full);
}

type Matcher = (host: string, port: string) => boolean;

function bypassFor(list: string): (url: URL) => boolean {
  const matchers: Matcher[] = [isLoopback];
  for (const part of list.split(",")) {
    const entry = part.trim().toLowerCase();
    if (entry === "*") return () => true;
    if (entry !== "") matchers.push(matcherFor(entry));
  }
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
    return matchers.some((matches) => matches(host, port));
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function matcherFor(entry: string): Matcher {
  const range = /^(.+)\/(\d+)$/.exec(entry);
  if (range !== null && isIP(range[1]!) !== 0) return rangeMatcher(range[1]!, Number(range[2]));
  const withPort = /^\[?(.*?)\]?:(\d+)$/.exec(entry);
  const bracketed = entry.replace(/^\[|\]$/g, "");
  const [name, port] =
    withPort === null || isIP(bracketed) === 6 ? [bracketed, undefined] : [withPort[1]!, withPort[2]!];
  const fits = (own: string): boolean => port === undefined || port === own;
  if (isIP(name) !== 0) return (host, own) => host === name && fits(own);
  const bare = name.startsWith("*.") ? name.slice(1) : name;
  const suffix = bare.startsWith(".") ? bare : `.${bare}`;
  return (host, own) => fits(own) && (host.endsWith(suffix) || (host === bare && !bare.startsWith(".")));
}

function rangeMatcher(address: string, prefix: number): Matcher {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (prefix > (family === "ipv6" ? 128 : 32)) return () => false;
  const ranges = new BlockList();
  ranges.addSubnet(address, prefix, family);
  return (host) => isIP(host) !== 0 && ranges.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
