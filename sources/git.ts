import { attr, block, type Infer } from "#src/schema/field.ts";
import { duration, int, secret, size, string } from "#src/schema/type.ts";
import { source, SourceError, type ConfigSource, type SourceContext } from "#src/source/define.ts";
import type { Clock } from "#src/util/clock.ts";
import type { GitBackend, GitLimits } from "./_git/backend.ts";
import { parseLocation, type Location } from "./_git/location.ts";
import { createResolver, revisionProblem } from "./_git/revision.ts";

const args = {
  repository: attr(
    string,
    "The repository: `https://`, `http://`, `ssh://`, `user@host:path`, `file://`, or a path on this machine, which is read in place.",
  ),
  revision: attr(
    string,
    "A tag, a branch, a commit or its beginning, or a range of versions such as `^1.2`. Without it `main`, or the default branch of a repository that has no `main`.",
    { optional: true },
  ),
  path: attr(string, "The file or folder in the repository."),
  pull_frequency: attr(duration, "How often to look for a new commit; `0s` for never again.", { default: 60_000 }),
  bearer_token: attr(secret, "A token that is sent as `Authorization: Bearer`.", { optional: true }),
  basic_auth: block(
    {
      username: attr(string, "The user name. Most forges take any name beside a token."),
      password: attr(secret, "The password or token."),
    },
    "Credentials for http and https.",
  ),
  ssh_key: block(
    {
      username: attr(string, "The user name."),
      key: attr(secret, "The private key.", { optional: true }),
      key_file: attr(string, "A file with the private key.", { default: "" }),
      passphrase: attr(secret, "The passphrase of the key.", { optional: true }),
      known_hosts_file: attr(string, "A file with the host keys to accept, instead of the user's own.", {
        default: "",
      }),
    },
    "The key for ssh, which needs the programs `git` and `ssh`.",
  ),
  limits: block(
    {
      transfer: attr(size, "Bytes that one download may bring.", { default: 128 << 20 }),
      entries: attr(int, "Files and folders that the commit may have.", { default: 200_000 }),
      files: attr(int, "Configuration files that the commit may have.", { default: 10_000 }),
      file_size: attr(size, "Bytes that one configuration file may have.", { default: 4 << 20 }),
    },
    "What the repository may cost. More is an error, and what ran before goes on.",
    { absent: "defaults" },
  ),
} as const;

type Args = Infer<typeof args>;

export default source({
  name: "git",
  doc: "A file or folder of a Git repository. All `.alloy` files of the repository come with it, so that modules may import one another.",
  args,
  examples: [
    `import.git "math" {
  repository     = "https://git.example.com/telemetry/modules.git"
  revision       = "^1.2"
  path           = "math.alloy"
  pull_frequency = "5m"

  basic_auth {
    username = "invar"
    password = sys.env("GIT_TOKEN")
  }
}`,
  ],
  check,
  interval: ({ pull_frequency }) => pull_frequency,
  open,
});

function check(args: Args): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  const add = (path: string, message: string): void => void problems.push({ path, message });
  let location: Location | undefined;
  try {
    location = parseLocation(args.repository);
  } catch (error) {
    add("repository", (error as Error).message);
  }
  const revision = args.revision === undefined ? undefined : revisionProblem(args.revision);
  if (revision !== undefined) add("revision", revision);
  if (args.pull_frequency < 0) add("pull_frequency", "pull_frequency must not be negative");
  if (location !== undefined) checkCredentials(args, location, add);
  for (const [name, value] of Object.entries(args.limits)) {
    if (value <= 0) add(`limits.${name}`, `${name} must be greater than 0`);
  }
  return problems;
}

function checkCredentials(
  { basic_auth, bearer_token, ssh_key }: Args,
  location: Location,
  add: (path: string, message: string) => void,
): void {
  const both = "only one of basic_auth, bearer_token and credentials in the URL may be given";
  const inUrl = location.kind === "http" && location.username !== undefined;
  if (basic_auth !== undefined && (bearer_token !== undefined || inUrl)) add("basic_auth", both);
  if (bearer_token !== undefined && inUrl) add("bearer_token", both);
  if (location.kind === "ssh" && basic_auth !== undefined) add("basic_auth", "basic_auth is for http and https");
  if (location.kind === "ssh" && bearer_token !== undefined) add("bearer_token", "bearer_token is for http and https");
  if (ssh_key === undefined) return;
  if (ssh_key.key !== undefined && ssh_key.key_file !== "") add("ssh_key", "only one of key and key_file may be given");
  const user = location.kind === "ssh" ? location.username : undefined;
  if (user !== undefined && user !== ssh_key.username) {
    add("ssh_key.username", `the repository names another user, ${JSON.stringify(user)}`);
  }
}

async function open(args: Args, context: SourceContext): Promise<ConfigSource> {
  const [problem] = check(args);
  if (problem !== undefined) throw new SourceError("content", problem.message);
  const location = parseLocation(args.repository);
  const { transfer, entries, files, file_size } = args.limits;
  const limits: GitLimits = { transfer, entries, files, fileBytes: file_size };
  const backend = await openBackend(location, args, limits, context);
  const resolve = createResolver(args.revision, location.display);
  const { readBundle } = await import("./_git/commit.ts");
  return {
    name: location.display,
    async fetch(known, signal) {
      const wanted = await resolve(backend, signal);
      if (known?.id === wanted.commit) return "unchanged";
      return backend.withCommit(wanted, signal, (objects, commit) =>
        readBundle(objects, commit, args.path, limits, signal),
      );
    },
    ...(backend.watch === undefined ? {} : { watch: (hint, signal) => backend.watch!(hint, signal) }),
    close: () => backend.close(),
  };
}

async function openBackend(
  location: Location,
  args: Args,
  limits: GitLimits,
  { dataDir, clock }: { readonly dataDir: string; readonly clock: Clock },
): Promise<GitBackend> {
  switch (location.kind) {
    case "local": {
      const { openLocal } = await import("./_git/local.ts");
      return openLocal(location.path, location.display, clock);
    }
    case "http": {
      const { openHttp } = await import("./_git/http.ts");
      const { url, display } = location;
      return openHttp({ url, display, authorization: authorization(args, location), dataDir, limits });
    }
    case "ssh": {
      const { openSsh } = await import("./_git/ssh.ts");
      const { url, display } = location;
      return openSsh({ url, display, username: location.username, key: args.ssh_key, dataDir, limits });
    }
  }
}

function authorization(
  { basic_auth, bearer_token }: Args,
  location: Extract<Location, { kind: "http" }>,
): string | undefined {
  if (bearer_token !== undefined) return `Bearer ${bearer_token.reveal()}`;
  const username = basic_auth?.username ?? location.username;
  if (username === undefined) return undefined;
  const password = (basic_auth?.password ?? location.password)?.reveal() ?? "";
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
