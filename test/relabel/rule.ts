import { compileRegex } from "#src/regex/regex.ts";
import { ruleArgs, type Rule } from "#src/relabel/rule-args.ts";

/** A rule as a test writes it: the regex as text, defaults for what is not said. */
export type RuleText = Partial<Omit<Rule, "regex">> & { readonly regex?: string };

/** Fills in the defaults, as decoding would. */
export function rule({ regex, ...given }: RuleText): Rule {
  return {
    action: ruleArgs.action.default!,
    source_labels: undefined,
    separator: ruleArgs.separator.default!,
    modulus: ruleArgs.modulus.default!,
    target_label: ruleArgs.target_label.default!,
    replacement: ruleArgs.replacement.default!,
    regex: regex === undefined ? ruleArgs.regex.default! : compileRegex(regex, { anchored: true }),
    ...given,
  };
}
