/**
 * The process' log: one line a record, logfmt or JSON, on stderr and to whoever else listens (specification 5.11). Until
 * `configure` is first called records wait, so that lines written before the configuration is read have its format.
 */
import { inspect } from "node:util";
import type { Level, LogFields, Logger } from "./log.ts";

export type LogFormat = "logfmt" | "json";

export interface LogRecord {
  readonly at: number;
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
  /** As it is written, without a line break. */
  readonly line: string;
}

export interface LogSettings {
  readonly level: Level;
  readonly format: LogFormat;
  /** Also get every line. A sink must not block and must not log. */
  readonly sinks: readonly ((record: LogRecord) => void)[];
}

export interface ProcessLog {
  readonly logger: Logger;
  /** Takes effect at once, for all loggers made from it. */
  readonly configure: (settings: Partial<LogSettings>) => void;
}

export interface ProcessLogOptions {
  readonly write?: (text: string) => void;
  readonly now?: () => number;
}

const RANK: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
/** Records kept before the first `configure`; older ones are dropped. */
const BUFFERED = 10_000;
/** Longest value of a field or message, in UTF-16 units. */
const LONGEST = 32_768;

/** The log of a process, silent until it is configured. */
export function createProcessLog(options: ProcessLogOptions = {}): ProcessLog {
  const write = options.write ?? ((text: string) => void process.stderr.write(text));
  const now = options.now ?? Date.now;
  let settings: LogSettings = { level: "info", format: "logfmt", sinks: [] };
  let waiting: Omit<LogRecord, "line">[] | undefined = [];

  const emit = (record: Omit<LogRecord, "line">): void => {
    if (RANK[record.level] > RANK[settings.level]) return;
    const line = settings.format === "json" ? formatJson(record) : formatLogfmt(record);
    write(`${line}\n`);
    for (const sink of settings.sinks) sink({ ...record, line });
  };
  const add = (level: Level, message: string, fields: LogFields): void => {
    const record = { at: now(), level, message, fields };
    if (waiting === undefined) return emit(record);
    if (waiting.length === BUFFERED) waiting.shift();
    waiting.push(record);
  };
  const loggerOf = (base: LogFields): Logger => {
    const at =
      (level: Level) =>
      (message: string, fields: LogFields = {}): void =>
        add(level, message, { ...base, ...fields });
    return {
      error: at("error"),
      warn: at("warn"),
      info: at("info"),
      debug: at("debug"),
      with: (fields) => loggerOf({ ...base, ...fields }),
      enabled: (level) => waiting !== undefined || RANK[level] <= RANK[settings.level],
    };
  };
  return {
    logger: loggerOf({}),
    configure(changes) {
      settings = { ...settings, ...changes };
      const records = waiting ?? [];
      waiting = undefined;
      for (const record of records) emit(record);
    },
  };
}

function formatLogfmt({ at, level, message, fields }: Omit<LogRecord, "line">): string {
  const parts = [`ts=${new Date(at).toISOString()}`, `level=${level}`, `msg=${quoteLogfmt(message)}`];
  for (const [key, value] of Object.entries(fields))
    if (value !== undefined) parts.push(`${key.replace(/[\s="]/g, "_")}=${quoteLogfmt(textOf(value))}`);
  return parts.join(" ");
}

function formatJson({ at, level, message, fields }: Omit<LogRecord, "line">): string {
  const record: Record<string, unknown> = { ts: new Date(at).toISOString(), level, msg: cut(message) };
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const plain = value === null || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
    record[key in record ? `${key}_` : key] = plain ? value : cut(textOf(value));
  }
  return JSON.stringify(record);
}

function quoteLogfmt(text: string): string {
  const short = cut(text);
  return short !== "" && /^[^\s="\p{Cc}\u{fffd}]+$/u.test(short) ? short : JSON.stringify(short);
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more)`;
}

/** Errors as their messages with those of their causes. Secrets print as `(secret)` by themselves. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return messageOf(value, 0);
  return typeof value === "object" && isPlain(value)
    ? inspect(value, { breakLength: Infinity, depth: 4 })
    : String(value as { toString(): string });
}

function messageOf(error: Error, depth: number): string {
  const { cause, message } = error;
  if (!(cause instanceof Error) || depth === 8) return message;
  const below = messageOf(cause, depth + 1);
  return message.includes(below) ? message : `${message}: ${below}`;
}

/** Whether an object has no text of its own. */
function isPlain(value: object | null): boolean {
  if (value === null) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Array.isArray(value) || value instanceof Map;
}
