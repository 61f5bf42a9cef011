/** Every code a diagnostic can have, and what it says. Codes are stable: tools may rely on them. */
export const CODES = {
  "argument-not-supported": "An argument of Alloy's that Invar knows but does not implement yet.",
  "attribute-expected": "A block stands where an attribute of that name belongs.",
  "block-as-expression": "A block stands where a value belongs, mostly because of an equals sign before its brace.",
  "block-expected": "An attribute stands where a block of that name belongs.",
  "block-not-supported": "A block of Alloy's that Invar knows but does not implement yet.",
  "claim-conflict": "Two components want something that only one can have, such as a port or a file.",
  "community-component": "The component is maintained by the community and needs a flag to be enabled.",
  "component-not-supported": "A component of Alloy's that Invar knows but does not implement yet.",
  cycle: "Components or modules refer to each other in a circle, or one to itself.",
  "deprecated-attribute": "The attribute still works, but another one has taken its place.",
  "deprecated-function": "The function still works, but has a new name.",
  "duplicate-attribute": "An attribute is set more than once in the same block.",
  "duplicate-block": "Two blocks have the same name and label, or one that may be there once is there again.",
  "evaluation-failed": "A value could not be computed, or a component did not start with what was computed.",
  "file-too-large": "The text is longer than what is read.",
  "generation-unhealthy":
    "A generation was called back, because components got worse by their own fault while it settled.",
  "illegal-character": "A character that the language does not have, a NUL, or bytes that are not UTF-8.",
  "import-failed": "An imported module could not be fetched or read.",
  "incomplete-exponent": "A number ends after its `e`, before any digit of the exponent.",
  "incomplete-operator": "A single `|` or `&` where the language has only `||` and `&&`.",
  "invalid-arguments": "The arguments of a block do not fit together, or one is not acceptable.",
  "invalid-attribute-name": "An attribute's name has a dot or a label; both are for blocks.",
  "invalid-escape": "A backslash sequence that strings do not have.",
  "invalid-label": "A block's label is not an identifier in double quotes.",
  "misplaced-attribute": "An attribute stands where only blocks may be.",
  "misplaced-block": "The block is known, but not allowed in this place.",
  "missing-attribute": "A required attribute is not set.",
  "missing-block": "A required block is not there.",
  "missing-comma": "Two elements of a list or an object have no comma between them, or the last one needs one.",
  "missing-entry": "The revision holds no file or folder of the name to start from.",
  "missing-label": "The block needs a label and has none.",
  "nested-too-deeply": "Blocks, brackets or operators are nested deeper than what is read.",
  "not-checked": "A module could not be looked into before it runs, so mistakes in it show only then.",
  "reserved-label": "The label is a word that means something else there.",
  "shadowed-stdlib": "A component or module has the name of a standard function, which it hides.",
  "single-quoted-string": "A string in single quotes; only double quotes and backticks are quotes.",
  stability: "The feature is less stable than what `--stability.level` allows.",
  "too-many-errors": "The text has so many errors that the rest of it was not read.",
  "unexpected-block": "A block stands where none may be.",
  "unexpected-label": "The block has a label and must not have one.",
  "unexpected-token": "Something else belongs in this place of the text.",
  "unknown-argument": "A module is given an argument that it does not declare.",
  "unknown-attribute": "The block has no attribute of this name.",
  "unknown-block": "The block has no inner block of this name.",
  "unknown-component": "There is no component, module or declare of this name.",
  "unknown-export": "The component does not export a field of this name.",
  "unknown-generation": "There is no earlier generation of that number to go back to, or it is not kept any more.",
  "unknown-reference": "Nothing of this name can be seen from here.",
  "unreadable-file": "A file could not be read or written.",
  "unsupported-encoding": "The file is not UTF-8.",
  "unterminated-comment": "A block comment has no end.",
  "unterminated-string": "A string has no closing quote, on its line where it is in double quotes.",
  "wrong-type": "The value is not of the type that belongs there.",
} as const satisfies Readonly<Record<string, string>>;

/** The stable name of a kind of problem. */
export type DiagnosticCode = keyof typeof CODES;

/** The page `docs/diagnostics.md`. */
export function describeCodes(): string {
  const rows = Object.entries(CODES).map(([code, sentence]) => `- \`${code}\`: ${sentence}`);
  return `# Diagnostics

Each problem that Invar finds in a configuration has a code. \`--json\` prints it with message, severity and place; codes do not change.

${rows.join("\n")}
`;
}
