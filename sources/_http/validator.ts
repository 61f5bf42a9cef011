/** Validators of HTTP caching: what a server said of a content, and the condition that asks for anything newer (RFC 9110, 8.8 and 13.1). */
export interface Validator {
  readonly condition: "if-none-match" | "if-modified-since";
  readonly text: string;
}

const ETAG = /^(?:W\/)?"[\x21\x23-\x7e]{1,200}"$/;
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
/** Milliseconds by which a Last-Modified must be older than the answer: within a second, content may change again unnoticed. */
const SETTLED = 60_000;

/** The validator of an answer: its ETag, or a Last-Modified that is old enough to be trusted. */
export function validatorOf(headers: Readonly<Record<string, unknown>>): Validator | undefined {
  const { etag, date } = headers;
  if (typeof etag === "string" && ETAG.test(etag)) return { condition: "if-none-match", text: etag };
  const modified = headers["last-modified"];
  if (typeof modified !== "string" || typeof date !== "string" || !DATE.test(modified)) return undefined;
  if (!(Date.parse(date) - Date.parse(modified) >= SETTLED)) return undefined;
  return { condition: "if-modified-since", text: modified };
}

/** The validator that a revision is named after, if it is one: a collector that starts asks with what it kept. */
export function readValidator(id: string): Validator | undefined {
  if (ETAG.test(id)) return { condition: "if-none-match", text: id };
  return DATE.test(id) ? { condition: "if-modified-since", text: id } : undefined;
}
