/** Blocks that are not components: those of the language (`argument`, `foreach` …) and those of the process (`logging`, `http` …). */
import { languageBlocks } from "#src/compile/language-blocks.ts";
import type { BlockDef } from "#src/compile/types.ts";
import { httpClientArgs } from "#src/net/http-args.ts";
import { attr, block } from "#src/schema/field.ts";
import { bool, duration, handle, int, list, map, number, oneOf, string } from "#src/schema/type.ts";
import { checkHttp, httpArgs } from "./http-args.ts";
import { refuseAll } from "./refuse.ts";

const isObject = (host: unknown): host is object => typeof host === "object" && host !== null;
const logsReceiver = handle("LogsReceiver", isObject);
const otelConsumer = handle("otelcol.Consumer", isObject);

export const loggingArgs = {
  level: attr(oneOf("error", "warn", "info", "debug"), "The least important lines to write.", { default: "info" }),
  format: attr(oneOf("logfmt", "json"), "How lines are written.", { default: "logfmt" }),
  destination: attr(oneOf("stderr", "windows_event_log"), "Where lines go.", { default: "stderr", unsupported: true }),
  write_to: attr(list(logsReceiver), "Receivers of log entries that also get every line.", {
    default: [],
    unsupported: true,
  }),
};

export const livedebuggingArgs = {
  enabled: attr(bool, "Whether data that flows through components, and the targets they export, may be looked at.", {
    default: false,
  }),
};

const tracingArgs = refuseAll({
  sampling_fraction: attr(number, "Fraction of traces to keep.", { default: 0.1 }),
  write_to: attr(list(otelConsumer), "Consumers of the process' own traces.", { default: [] }),
  send_traceparent: attr(bool, "Whether requests carry the context of the trace.", { default: false }),
  sampler: block(
    {
      jaeger_remote: block(
        {
          url: attr(string, "Where the strategy is fetched.", { default: "http://127.0.0.1:5778/sampling" }),
          max_operations: attr(int, "Operations to sample separately.", { default: 256 }),
          refresh_interval: attr(duration, "How often the strategy is fetched.", { default: 60_000 }),
        },
        "Fetches the strategy from a Jaeger service.",
      ),
    },
    "Chooses the traces to keep.",
  ),
});

const remotecfgArgs = refuseAll({
  url: attr(string, "Where configuration is fetched.", { default: "" }),
  id: attr(string, "Identifies the collector.", { optional: true }),
  name: attr(string, "Name of the collector for people.", { default: "" }),
  attributes: attr(map(string), "What the server may match the collector by.", { default: new Map() }),
  poll_frequency: attr(duration, "How often configuration is fetched.", { default: 60_000 }),
  ...httpClientArgs,
});

const ofProcess = { stability: "generally-available", label: "none", places: ["root"], service: true } as const;

const definitions: readonly BlockDef[] = [
  ...languageBlocks,
  { name: "logging", doc: "Sets what the process logs, and how.", args: loggingArgs, ...ofProcess },
  { name: "http", doc: "Secures the server of the process.", args: httpArgs, check: checkHttp, ...ofProcess },
  { name: "livedebugging", doc: "Allows looking at data as it flows.", args: livedebuggingArgs, ...ofProcess },
  {
    name: "labelstore",
    doc: "Has no settings. It is accepted for configurations that carry it.",
    args: {},
    ...ofProcess,
  },
  { name: "tracing", doc: "Sets where traces of the process itself go.", args: tracingArgs, ...ofProcess },
  { name: "remotecfg", doc: "Fetches configuration from a fleet server.", args: remotecfgArgs, ...ofProcess },
];

const byName = new Map(definitions.map((def) => [def.name, Object.freeze(def)]));

/** Names of all blocks that are not components, imports or declares. */
export const blockNames: readonly string[] = [...byName.keys()];

/** The definition of a config or service block. */
export function findBlock(name: string): BlockDef | undefined {
  return byName.get(name);
}
