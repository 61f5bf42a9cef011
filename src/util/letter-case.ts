/** Upper and lower case as Go's `strings` has them: letter by letter, each becoming exactly one, whatever stands around it. */

// eslint-disable-next-line no-control-regex
const ASCII = /^[\0-\x7f]*$/;
/** Letters whose full mapping has several letters although a single one exists. */
const SINGLE_UPPER = new Map<string, string>(
  [
    ...rangeOf(0x1f80, 0x1f87, 8),
    ...rangeOf(0x1f90, 0x1f97, 8),
    ...rangeOf(0x1fa0, 0x1fa7, 8),
    ...rangeOf(0x1fb3, 0x1fb3, 9),
    ...rangeOf(0x1fc3, 0x1fc3, 9),
    ...rangeOf(0x1ff3, 0x1ff3, 9),
  ].map(([from, to]) => [String.fromCharCode(from), String.fromCharCode(to)]),
);

export function toUpper(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : mapLetters(text, (c) => SINGLE_UPPER.get(c) ?? c.toUpperCase());
}

export function toLower(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : mapLetters(text, (c) => (c === "\u0130" ? "i" : c.toLowerCase()));
}

function mapLetters(text: string, map: (letter: string) => string): string {
  let out = "";
  for (const letter of text) {
    const mapped = map(letter);
    out += mapped.length === letter.length || Array.from(mapped).length === 1 ? mapped : letter;
  }
  return out;
}

function* rangeOf(from: number, to: number, shift: number): Iterable<[number, number]> {
  for (let code = from; code <= to; code++) yield [code, code + shift];
}
