/** What to scrape: a discovered target with the labels and the address that follow from it and from the arguments. */
import { redactUrl } from "#src/net/redact.ts";
import { Labels } from "#src/signal/labels.ts";
import type { Target } from "#src/value/target.ts";
import { parsePrometheusDuration, printPrometheusDuration } from "./duration.ts";

/** The arguments that shape targets. */
export interface TargetArgs {
  readonly scheme: string;
  readonly metrics_path: string;
  readonly params: ReadonlyMap<string, readonly string[]> | undefined;
  readonly scrape_interval: number;
  readonly scrape_timeout: number;
}

export interface ScrapeTarget {
  /** Equal for targets whose series and address are equal. */
  readonly key: string;
  readonly url: string;
  /** The URL without credentials. */
  readonly shown: string;
  readonly address: string;
  /** Path and query. */
  readonly path: string;
  /** What is added to each series. */
  readonly labels: Labels;
  /** Milliseconds. */
  readonly interval: number;
  readonly timeout: number;
}

const RESERVED = "__";
const PARAM = "__param_";

/** Makes the targets to scrape, each once; those that cannot be scraped are told apart by what is wrong with them. */
export function buildTargets(
  discovered: readonly Target[],
  args: TargetArgs,
  job: string,
): { readonly targets: readonly ScrapeTarget[]; readonly failures: readonly string[] } {
  const targets = new Map<string, ScrapeTarget>();
  const failures: string[] = [];
  for (const [index, target] of discovered.entries()) {
    try {
      const built = buildTarget(target.labels, args, job);
      targets.set(built.key, built);
    } catch (error) {
      failures.push(`target ${index}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { targets: [...targets.values()], failures };
}

function buildTarget(given: ReadonlyMap<string, string>, args: TargetArgs, job: string): ScrapeTarget {
  const get = (name: string, otherwise: string): string => given.get(name) || otherwise;
  const address = get("__address__", "");
  if (address === "") throw new Error("no address");
  if (address.includes("/")) throw new Error(`${JSON.stringify(address)} is not a valid hostname`);
  const interval = readDuration("interval", get("__scrape_interval__", printPrometheusDuration(args.scrape_interval)));
  const timeout = readDuration("timeout", get("__scrape_timeout__", printPrometheusDuration(args.scrape_timeout)));
  if (timeout > interval)
    throw new Error(
      `scrape timeout cannot be greater than scrape interval (${printPrometheusDuration(timeout)} > ${printPrometheusDuration(interval)})`,
    );
  const labels = Labels.from([
    ["job", get("job", job)],
    ["instance", get("instance", address)],
    ...[...given].filter(([name, value]) => !name.startsWith(RESERVED) && value !== ""),
  ]);
  for (const [name, value] of labels.entries())
    if (!value.isWellFormed())
      throw new Error(`invalid label value for ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const path = `${encodePath(get("__metrics_path__", args.metrics_path))}${encodeParams(given, args)}`;
  const url = `${get("__scheme__", args.scheme)}://${address}${path}`;
  if (!URL.canParse(url)) throw new Error(`${JSON.stringify(redactUrl(url))} is not a URL`);
  const key = `${url}\n${labels.key}`;
  return { key, url, shown: redactUrl(url), address, path, labels, interval, timeout };
}

function readDuration(what: string, text: string): number {
  const duration = parsePrometheusDuration(text);
  if (duration === undefined)
    throw new Error(`error parsing scrape ${what}: not a valid duration string: ${JSON.stringify(text)}`);
  if (duration === 0) throw new Error(`scrape ${what} cannot be 0`);
  return duration;
}

function encodePath(path: string): string {
  const encoded = encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
  return encoded.startsWith("/") ? encoded : `/${encoded}`;
}

/** The configured parameters; a `__param_` label takes the place of the first value. */
function encodeParams(given: ReadonlyMap<string, string>, args: TargetArgs): string {
  const params = new Map<string, readonly string[]>(args.params);
  for (const [name, value] of given) {
    if (!name.startsWith(PARAM) || value === "") continue;
    const key = name.slice(PARAM.length);
    params.set(key, [value, ...(params.get(key)?.slice(1) ?? [])]);
  }
  const query = new URLSearchParams();
  for (const key of [...params.keys()].sort()) for (const value of params.get(key)!) query.append(key, value);
  return query.size === 0 ? "" : `?${query.toString()}`;
}
