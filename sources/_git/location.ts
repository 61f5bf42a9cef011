/** Where a repository is, taken apart once: nothing else looks at the text that a user wrote. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { redactUrl } from "#src/net/redact.ts";
import { Secret } from "#src/value/secret.ts";

export type Location =
  | { readonly kind: "local"; readonly path: string; readonly display: string }
  | {
      readonly kind: "http";
      /** Without credentials. */
      readonly url: string;
      readonly username: string | undefined;
      readonly password: Secret | undefined;
      readonly display: string;
    }
  | {
      readonly kind: "ssh";
      /** `ssh://host:port/path`, without a user. */
      readonly url: string;
      readonly username: string | undefined;
      readonly display: string;
    };

const FORMS = "a path, file://, https://, http://, ssh:// or user@host:path";
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;
const HOST = /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?$|^\[[0-9A-Fa-f:.]+\]$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@+-]*$/;

/** Takes a repository apart, or throws an `Error` that says why it is refused. */
export function parseLocation(repository: string): Location {
  if (repository === "") throw new Error("the repository is empty");
  if (hasControls(repository)) throw new Error("the repository holds control characters");
  if (repository.startsWith("-")) throw new Error("the repository begins with a dash, as an option does");
  // `ext::sh -c …` and its like would run programs.
  if (/^[A-Za-z0-9+.-]+::/.test(repository)) {
    throw new Error(
      `the transport ${JSON.stringify(repository.slice(0, repository.indexOf("::") + 2))} is refused: use ${FORMS}`,
    );
  }
  const scheme = SCHEME.exec(repository)?.[1]?.toLowerCase();
  if (scheme === undefined) return parseSchemeless(repository);
  if (!URL.canParse(repository)) throw new Error("the repository is not a valid URL");
  const url = new URL(repository);
  const path = decode(url.pathname);
  if (hasControls(path)) throw new Error("the repository holds control characters");
  if (url.hash !== "") throw new Error("the repository has a fragment (#…): name the branch in revision");
  switch (scheme) {
    case "file":
      if (url.host !== "" && url.host !== "localhost") throw new Error("a file:// repository cannot have a host");
      url.host = "";
      return localLocation(fileURLToPath(url));
    case "http":
    case "https":
      return httpLocation(url);
    case "ssh":
      if (url.password !== "") throw new Error("ssh takes no password in the URL: use a key");
      return sshLocation(url.hostname, url.port, decode(url.username), path);
    default:
      throw new Error(`the transport "${scheme}://" is not supported: use ${FORMS}`);
  }
}

function parseSchemeless(repository: string): Location {
  // As git does: a colon before any slash is `host:path`.
  const [, authority, path] = /^([^/:]+):(.*)$/s.exec(repository) ?? [];
  if (authority === undefined || path === undefined) return localLocation(repository);
  const at = authority.lastIndexOf("@");
  const username = at < 0 ? "" : authority.slice(0, at);
  return sshLocation(authority.slice(at + 1), "", username, path.startsWith("/") ? path : `/~/${path}`);
}

function localLocation(path: string): Location {
  return { kind: "local", path: resolve(path), display: path };
}

function httpLocation(url: URL): Location {
  const username = url.username === "" ? undefined : decode(url.username);
  const password = url.password === "" ? undefined : new Secret(decode(url.password));
  url.username = "";
  url.password = "";
  const text = url.href.replace(/\/+$/, "");
  return { kind: "http", url: text, username, password, display: redactUrl(text) };
}

function sshLocation(host: string, port: string, username: string, path: string): Location {
  if (!HOST.test(host)) throw new Error(`${JSON.stringify(host)} is not a host name`);
  if (username !== "" && !USER.test(username)) throw new Error(`${JSON.stringify(username)} is not a user name`);
  if (/^\/(~\/)?-/.test(path) || path.length < 2)
    throw new Error(`${JSON.stringify(path)} is not the path of a repository`);
  const place = `${host}${port === "" ? "" : `:${port}`}${encodeURI(path)}`;
  const user = username === "" ? "" : `${username}@`;
  return { kind: "ssh", url: `ssh://${place}`, username: username || undefined, display: `ssh://${user}${place}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("the repository holds a wrong percent encoding");
  }
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
