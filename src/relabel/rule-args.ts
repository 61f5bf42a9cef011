/**
 * The arguments of every block that rewrites labels: `rule`, `write_relabel_config`. Use them as
 * `blocks(ruleArgs, "…")` and call `checkRules` from the component's `check`.
 */
import { compileRegex, type Regex } from "#src/regex/regex.ts";
import { attr, type Infer, type Shape } from "#src/schema/field.ts";
import { handle, list, oneOf, string, text, uint, type Type } from "#src/schema/type.ts";

const regex: Type<Regex> = text(
  "regular expression",
  (source) => compileRegex(source, { anchored: true }),
  (compiled) => compiled.source,
);

const DEFAULT_SEPARATOR = ";";
const DEFAULT_REGEX = "(.*)";
const DEFAULT_REPLACEMENT = "$1";

export const ruleArgs = {
  action: attr(
    oneOf(
      "replace",
      "keep",
      "drop",
      "hashmod",
      "labelmap",
      "labeldrop",
      "labelkeep",
      "lowercase",
      "uppercase",
      "keepequal",
      "dropequal",
    ),
    "What the rule does.",
    { default: "replace" },
  ),
  source_labels: attr(list(string), "Labels whose values, joined with the separator, the rule looks at.", {
    optional: true,
  }),
  separator: attr(string, "Text between the values of the source labels.", { default: DEFAULT_SEPARATOR }),
  regex: attr(regex, "RE2 expression that the whole text must match.", {
    default: compileRegex(DEFAULT_REGEX, { anchored: true }),
  }),
  modulus: attr(uint, "Divisor for `hashmod`.", { default: 0 }),
  target_label: attr(string, "Label that the rule writes or compares with.", { default: "" }),
  replacement: attr(string, "New value, or new name for `labelmap`; `$1` stands for the first group of the regex.", {
    default: DEFAULT_REPLACEMENT,
  }),
} satisfies Shape;

/** One rule, decoded. */
export type Rule = Infer<typeof ruleArgs>;

/** The rules that a component exports for others to apply. Treated as one value: compare by identity. */
export class RelabelRules {
  readonly rules: readonly Rule[];
  constructor(rules: readonly Rule[]) {
    this.rules = rules;
  }
}

/** The type of `rules` exports and of the arguments that take them. */
export const relabelRules: Type<RelabelRules> = handle(
  "RelabelRules",
  (host): host is RelabelRules => host instanceof RelabelRules,
);

/** Whether two lists of rules mean the same. */
export function equalRules(a: readonly Rule[], b: readonly Rule[]): boolean {
  return a.length === b.length && a.every((rule, i) => print(rule) === print(b[i]!));
}

function print(rule: Rule): string {
  return JSON.stringify({ ...rule, regex: rule.regex.source });
}

/** What is wrong with a rule: the same record as a component's `Problem`. */
export interface RuleProblem {
  readonly path: string;
  readonly message: string;
}

/** A name made of letters, digits and groups of the regex. */
const NAME_WITH_GROUPS = /^(?:[a-zA-Z_]|\$\{\w+\}|\$\w)(?:\w|\$\{\w+\}|\$\w)*$/;
const WITH_TARGET = new Set(["replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"]);
const WITHOUT_REPLACEMENT = new Set(["lowercase", "uppercase", "keepequal", "dropequal"]);

/** Checks what no single field of a rule can say. `block` is the dotted path of the blocks, such as `rule`. */
export function checkRules(rules: readonly Rule[], block: string): readonly RuleProblem[] {
  return rules.flatMap((rule, index) => {
    const found = checkRule(rule);
    return found === undefined ? [] : [{ path: `${block}[${index}].${found[0]}`, message: found[1] }];
  });
}

function checkRule(rule: Rule): readonly [field: keyof Rule, message: string] | undefined {
  const { action, target_label: target } = rule;
  const untouched =
    rule.modulus === 0 && rule.separator === DEFAULT_SEPARATOR && rule.replacement === DEFAULT_REPLACEMENT;
  if (action === "hashmod" && rule.modulus === 0)
    return ["modulus", "relabel configuration for hashmod requires non-zero modulus"];
  if (WITH_TARGET.has(action) && target === "")
    return ["target_label", `relabel configuration for ${action} action requires 'target_label' value`];
  if (action === "replace" && target.includes("$") && !NAME_WITH_GROUPS.test(target))
    return ["target_label", `${JSON.stringify(target)} is invalid 'target_label' for ${action} action`];
  if (WITHOUT_REPLACEMENT.has(action) && rule.replacement !== DEFAULT_REPLACEMENT)
    return ["replacement", `'replacement' can not be set for ${action} action`];
  if (action === "labelmap" && !NAME_WITH_GROUPS.test(rule.replacement))
    return ["replacement", `${JSON.stringify(rule.replacement)} is invalid 'replacement' for ${action} action`];
  if (
    (action === "labeldrop" || action === "labelkeep") &&
    (rule.source_labels !== undefined || target !== "" || !untouched)
  )
    return ["action", `${action} action requires only 'regex', and no other fields`];
  if ((action === "keepequal" || action === "dropequal") && (rule.regex.source !== DEFAULT_REGEX || !untouched))
    return ["action", `${action} action requires only 'source_labels' and 'target_label', and no other fields`];
  return undefined;
}
