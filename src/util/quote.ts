const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const SHORT: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};
const PLAIN = /^[ !#-[\]-~]*$/;

/** Whether a character shows up on paper: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character);
}

/** Text in double quotes with escapes for what is not printable, as Go's `%q` writes it. With `ascii` everything else is escaped too. */
export function quote(text: string, options: { readonly ascii: boolean } = { ascii: false }): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const character of text) out += character === '"' ? '\\"' : escapeCharacter(character, options.ascii);
  return `${out}"`;
}

/** A character in single quotes, as Go's `%q` writes a number. */
export function quoteCharacter(codePoint: number, options: { readonly ascii: boolean } = { ascii: false }): string {
  const valid = codePoint >= 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
  const character = String.fromCodePoint(valid ? codePoint : 0xfffd);
  return `'${character === "'" ? "\\'" : escapeCharacter(character, options.ascii)}'`;
}

function escapeCharacter(character: string, ascii: boolean): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  if (isPrintable(character) && (!ascii || code < 0x80)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, "0");
}
