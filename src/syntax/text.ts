import { isUtf8 } from "node:buffer";
import type { Diagnostic, Position } from "#src/diag/diagnostic.ts";
import { SourceText } from "#src/diag/source-text.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Byte order marks of encodings that configurations may not have; the longer ones first. */
const FOREIGN_MARKS = [
  { name: "UTF32LittleEndian", bytes: [0xff, 0xfe, 0, 0] },
  { name: "UTF32BigEndian", bytes: [0, 0, 0xfe, 0xff] },
  { name: "UTF16LittleEndian", bytes: [0xff, 0xfe] },
  { name: "UTF16BigEndian", bytes: [0xfe, 0xff] },
] as const;

/**
 * The text of a main configuration, which must be UTF-8 with or without a byte order mark (specification 1.1).
 * A text that has the mark is left to the scanner, as module texts are: it finds bad bytes and their places.
 */
export function decodeText(name: string, bytes: Uint8Array): { text: string } | { diagnostic: Diagnostic } {
  for (const mark of FOREIGN_MARKS) {
    if (mark.bytes.every((byte, i) => bytes[i] === byte)) {
      return refuse(name, `configuration is encoded with ${mark.name} but must be utf8`);
    }
  }
  const text = decodeLoosely(bytes);
  if (text.startsWith("\uFEFF") || text.isWellFormed()) return { text };
  return refuse(name, "unknown encoding for config", new SourceText(name, text).position(text.search(/\p{Cs}/u)));
}

function refuse(name: string, message: string, start?: Position): { diagnostic: Diagnostic } {
  return {
    diagnostic: {
      severity: "error",
      code: "unsupported-encoding",
      message,
      hint: "Save the file as UTF-8.",
      start: start ?? { file: name, offset: 0, line: 1, column: 1 },
    },
  };
}

/** Bytes as text; each byte that is not UTF-8 becomes a lone surrogate, which the scanner reports where it stands. */
export function decodeLoosely(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return decoder.decode(bytes);
  let text = "";
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length > 0) at += length;
    else {
      text += decoder.decode(bytes.subarray(start, at)) + String.fromCharCode(0xdc00 + bytes[at]!);
      at += 1;
      start = at;
    }
  }
  return text + decoder.decode(bytes.subarray(start));
}

/** How many bytes the UTF-8 sequence at an offset has; 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return isUtf8(bytes.subarray(at, at + length)) && at + length <= bytes.length ? length : 0;
}
