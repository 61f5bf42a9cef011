/** Flags of Alloy's that Invar does not have (specification 7.2). */

interface AlloyFlag {
  /** It may stand without a value, which then is true. */
  readonly switch: boolean;
  /** The value that asks for what Invar does anyway; undefined where any value does, because the flag has no effect. */
  readonly inert: string | undefined;
}

const off: AlloyFlag = { switch: true, inert: "false" };
const empty: AlloyFlag = { switch: false, inert: "" };

const FLAGS: Readonly<Record<string, AlloyFlag>> = {
  "--server.http.enable-pprof": off,
  "--server.http.disable-support-bundle": { switch: true, inert: "true" },
  "--server.http.enable-graphql": off,
  "--server.http.enable-graphql-playground": off,
  "--config.bypass-conversion-errors": off,
  "--config.extra-args": empty,
  "--windows.priority": { switch: false, inert: "normal" },
  "--feature.prometheus.direct-fanout.enabled": off,
  "--feature.prometheus.metric-validation-scheme": { switch: false, inert: undefined },
  "--cluster.use-discovery-v1": { switch: true, inert: undefined },
  "--cluster.enabled": off,
  "--cluster.enable-tls": off,
  "--cluster.wait-for-size": { switch: false, inert: "0" },
};

/** Whole words of switches that `run`, `validate` and `plan` have themselves. */
export const SWITCHES: readonly string[] = ["--feature.community-components.enabled", "--disable-reporting"];

export interface Judged {
  readonly argv: readonly string[];
  readonly warnings: readonly string[];
  /** Why the program does not go on. */
  readonly refusal: string | undefined;
}

/** Takes those of Alloy's flags out of the words of a command line that ask for nothing, and refuses the others by name. */
export function judgeAlloyFlags(words: readonly string[]): Judged {
  const argv: string[] = [];
  const warnings: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const [name = "", ...rest] = word.split("=");
    if (name === "--config.format") {
      const format = rest.length > 0 ? rest.join("=") : words[at + 1];
      if (format !== undefined && /^(otelcol|prometheus|promtail|static)$/.test(format))
        return { argv, warnings, refusal: `--config.format=${format} is not supported yet` };
    }
    const flag = FLAGS[name] ?? (name.startsWith("--cluster.") ? empty : undefined);
    if (flag === undefined) {
      argv.push(word);
      continue;
    }
    const value = rest.length > 0 ? rest.join("=") : flag.switch ? "true" : words[++at];
    if (flag.inert === undefined) warnings.push(`${name} is deprecated and has no effect`);
    else if (value !== flag.inert) return { argv, warnings, refusal: `${name} is not supported yet` };
  }
  return { argv, warnings, refusal: undefined };
}
