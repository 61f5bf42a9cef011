const LETTER = /^\p{L}$/u;
const DIGIT = /^\p{Nd}$/u;
const IDENTIFIER = /^[A-Za-z_\p{L}][A-Za-z0-9_\p{L}\p{Nd}]*$/u;

/** Whether a code point may start an identifier: a Unicode letter or `_`. */
export function isLetter(code: number): boolean {
  if (code < 0x80) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
  return LETTER.test(String.fromCodePoint(code));
}

/** Whether a code point may continue an identifier: a letter, `_` or a decimal digit of any script. */
export function isLetterOrDigit(code: number): boolean {
  if (code >= 48 && code <= 57) return true;
  return isLetter(code) || (code >= 0x80 && DIGIT.test(String.fromCodePoint(code)));
}

/** Whether a text is an identifier of the language; `true`, `false` and `null` are not. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text) && !isKeyword(text);
}

/** Whether a word stands for a value and so cannot be a name. */
export function isKeyword(word: string): boolean {
  return word === "true" || word === "false" || word === "null";
}
