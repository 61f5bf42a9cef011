/** Flags, width and precision of one formatting directive. */
export interface Flags {
  width: number | undefined;
  precision: number | undefined;
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%#v`: the value in Go syntax. */
  sharpV: boolean;
}

export function emptyFlags(): Flags {
  return {
    width: undefined,
    precision: undefined,
    minus: false,
    plus: false,
    sharp: false,
    space: false,
    zero: false,
    sharpV: false,
  };
}

/** Fills up to the width, which counts characters: with spaces, or on the left with zeros if the flag says so. */
export function pad(text: string, flags: Flags): string {
  if (flags.width === undefined) return text;
  const missing = flags.width - countCharacters(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + " ".repeat(missing);
  return (flags.zero ? "0" : " ").repeat(missing) + text;
}

/** `pad` without zeros. */
export function padSpaces(text: string, flags: Flags): string {
  return pad(text, { ...flags, zero: false });
}

/** The first characters, as many as the precision says. */
export function truncate(text: string, flags: Flags): string {
  if (flags.precision === undefined || flags.precision >= text.length) return text;
  let end = 0;
  for (let count = 0; count < flags.precision && end < text.length; count++)
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

function countCharacters(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; count++) i += text.codePointAt(i)! > 0xffff ? 2 : 1;
  return count;
}
