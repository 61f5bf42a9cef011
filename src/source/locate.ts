/** The start-up SOURCE: one text that says where the configuration comes from. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { defaultsOf } from "#src/schema/defaults.ts";
import { redactUrl } from "#src/net/redact.ts";
import { Secret } from "#src/value/secret.ts";
import { quote } from "./bundle.ts";
import { findSource } from "./catalog.ts";
import type { SourceDef } from "./define.ts";

export interface Located {
  readonly def: SourceDef;
  /** What the fields of `def` decode to. */
  readonly args: unknown;
  /** The text without credentials, for logs and errors. */
  readonly name: string;
  /** What `module_path` means at the top: a folder of this machine, a URL up to its last `/`, or `""` for the root of the bundle. */
  readonly modulePath: string;
}

/** Kinds of sources that are planned; naming one is answered so, rather than as a file that is not there. */
const PLANNED = new Set(["s3", "oci", "fleet"]);

const HELP =
  "a path, https://HOST/PATH, git+https://HOST/REPO.git//PATH?ref=REF, git+ssh://… or git+file:///REPO//PATH?ref=REF";
const GIT_TRANSPORTS = new Set(["git+https", "git+http", "git+ssh", "git+file"]);

/** Takes a SOURCE apart. Throws an `Error` for people when it is not one. */
export async function locate(text: string): Promise<Located> {
  if (text === "") throw new Error(`the source is empty: give ${HELP}`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return locateFile(text);
  if (scheme === "file") return locateFile(decode(new URL(text).pathname));
  if (GIT_TRANSPORTS.has(scheme)) return locateGit(text);
  if (scheme === "http" || scheme === "https") return locateHttp(text);
  const shown = JSON.stringify(`${scheme}://`);
  if (/^git|^ssh$/.test(scheme))
    throw new Error(`${shown} is not a kind of source: a repository is git+https://, git+ssh:// or git+file://`);
  if (!PLANNED.has(scheme)) throw new Error(`${shown} is not a kind of source: give ${HELP}`);
  throw new Error(`a source ${shown} is not supported yet`);
}

async function locateFile(path: string): Promise<Located> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined && /^[^/]+@[^/:]+:/.test(path)) {
    throw new Error(`${quote(path)} looks like a repository behind ssh: write git+ssh://USER@HOST/PATH//FILE`);
  }
  const def = await getSource("file");
  return {
    def,
    args: decodeGiven(def, { filename: path }),
    name: path,
    modulePath: info?.isDirectory() === true ? path : dirname(path),
  };
}

async function locateGit(text: string): Promise<Located> {
  const def = await getSource("git");
  const parts = splitGit(text.slice("git+".length));
  const { url: repository, credentials } = takeCredentials(parts.repository);
  const given = { repository, path: parts.path, revision: parts.ref ?? "", basic_auth: credentials };
  const ref = parts.ref === undefined ? "" : `?ref=${parts.ref}`;
  const path = parts.path === "" ? "" : `//${parts.path}`;
  return { def, args: decodeGiven(def, given), name: `git+${repository}${path}${ref}`, modulePath: "" };
}

async function locateHttp(text: string): Promise<Located> {
  const def = await getSource("http");
  const { url, credentials } = takeCredentials(text);
  const [address = ""] = url.split("?");
  if (/\.git(\/\/|$)/.test(address)) {
    throw new Error(`${quote(address)} looks like a repository: write git+https://HOST/REPO.git//PATH?ref=REF`);
  }
  const given: Record<string, unknown> = { url };
  if (credentials !== undefined) {
    const { client } = defaultsOf(def.args) as { readonly client: object };
    given["client"] = { ...client, basic_auth: { ...credentials, password_file: undefined } };
  }
  const modulePath = url.slice(0, url.lastIndexOf("/") + 1);
  return { def, args: decodeGiven(def, given), name: redactUrl(url), modulePath };
}

/** `REPO//PATH?ref=REF`, PATH and REF percent-decoded; the repository keeps its encoding. */
function splitGit(text: string): { repository: string; path: string; ref: string | undefined } {
  const [address = "", ...queries] = text.split("?");
  const start = address.indexOf("://") + 3;
  const cut = address.indexOf("//", start);
  const repository = cut < 0 ? address : address.slice(0, cut);
  const path = cut < 0 ? "" : decode(address.slice(cut + 2)).replace(/^\/+/, "");
  let ref: string | undefined;
  for (const part of queries.join("?").split("&")) {
    const [name = "", ...value] = part.split("=");
    if (name === "ref") ref = decode(value.join("="));
    else if (part !== "") throw new Error(`the source has an unknown parameter ${quote(name)}: it may have "ref"`);
  }
  if (ref === "") throw new Error('the source has an empty "ref": leave it out for the default branch');
  return { repository, path, ref };
}

/** Credentials in a URL become secrets at once, so that nothing shows them. */
function takeCredentials(address: string) {
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return { url: address, credentials: undefined };
  const url = new URL(address);
  if (url.username === "" && url.password === "") return { url: address, credentials: undefined };
  const credentials = { username: decode(url.username), password: new Secret(decode(url.password)) };
  url.username = "";
  url.password = "";
  return { url: url.href, credentials };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("the source holds a wrong percent encoding");
  }
}

async function getSource(name: string): Promise<SourceDef> {
  const def = await findSource(name);
  if (def === undefined) throw new Error(`source ${name} is missing from this build`);
  return def;
}

/** Fills in the defaults of a definition and lets it check the result. */
function decodeGiven(def: SourceDef, given: Readonly<Record<string, unknown>>): unknown {
  const args = { ...defaultsOf(def.args), ...given };
  const [problem] = def.check?.(args) ?? [];
  if (problem !== undefined) throw new Error(`the source is refused: ${problem.message}`);
  return args;
}
