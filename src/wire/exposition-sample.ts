/** What stands behind a series: its value, and in the rarer case a time and an exemplar. */
import type { Labels } from "#src/signal/labels.ts";
import { parseFloatText } from "./exposition-number.ts";
import { LineError, sortUnique, type LineReader } from "./exposition-series.ts";

export interface LineExemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly time: number | undefined;
}

export interface Sample {
  readonly value: number;
  /** Milliseconds since 1970, or NaN. */
  readonly time: number;
  readonly exemplar: LineExemplar | undefined;
}

const NEWLINE = 10;

/** Reads what follows a series; the reader ends behind the line break. */
export function readSample(reader: LineReader): Sample {
  return reader.format === "text" ? readTextSample(reader) : readOpenMetricsSample(reader);
}

function readTextSample(reader: LineReader): Sample {
  reader.skipSpaces();
  const value = readNumber(reader, "a value after the metric");
  reader.skipSpaces();
  let time = NaN;
  if (!atLineEnd(reader)) {
    const text = reader.word();
    if (!/^[0-9]{1,19}$/.test(text))
      throw new LineError(`expected a timestamp in milliseconds, got ${JSON.stringify(text)}`);
    time = Number(text);
    reader.skipSpaces();
    if (!atLineEnd(reader)) throw reader.fail("a line break after the timestamp");
  }
  reader.at += 1;
  return { value, time, exemplar: undefined };
}

function atLineEnd(reader: LineReader): boolean {
  return reader.at >= reader.page.length || reader.page[reader.at] === NEWLINE;
}

function readOpenMetricsSample(reader: LineReader): Sample {
  skipOneSpace(reader);
  const value = readNumber(reader, "a value after the metric");
  let time = NaN;
  let exemplar: LineExemplar | undefined;
  if (reader.page[reader.at] === 32 && !startsExemplar(reader)) {
    skipOneSpace(reader);
    time = readSeconds(reader);
  }
  if (startsExemplar(reader)) {
    reader.at += 4;
    exemplar = readExemplar(reader);
  }
  if (reader.at >= reader.page.length) throw new LineError("data does not end with # EOF");
  if (reader.page[reader.at] !== NEWLINE) throw reader.fail("a timestamp, an exemplar or a line break");
  reader.at += 1;
  return { value, time, exemplar };
}

function readExemplar(reader: LineReader): LineExemplar {
  const entries: [string, string][] = [];
  reader.labels(entries, true);
  skipOneSpace(reader);
  const value = readNumber(reader, "a value after the exemplar's labels");
  let time: number | undefined;
  if (reader.page[reader.at] === 32) {
    skipOneSpace(reader);
    time = readSeconds(reader);
  }
  return { labels: sortUnique(entries), value, time };
}

/** ` # {` */
function startsExemplar({ page, at }: LineReader): boolean {
  return page[at] === 32 && page[at + 1] === 35 && page[at + 2] === 32 && page[at + 3] === 123;
}

function skipOneSpace(reader: LineReader): void {
  if (reader.page[reader.at] !== 32) throw reader.fail("a space");
  reader.at += 1;
}

function readNumber(reader: LineReader, expected: string): number {
  const text = reader.word();
  if (text === "") throw reader.fail(expected);
  const value = parseFloatText(text);
  if (value === undefined) throw new LineError(`${JSON.stringify(text.slice(0, 200))} is not a number`);
  return value;
}

function readSeconds(reader: LineReader): number {
  const seconds = readNumber(reader, "a timestamp");
  if (!Number.isFinite(seconds)) throw new LineError(`invalid timestamp ${seconds}`);
  return Math.trunc(seconds * 1000);
}
