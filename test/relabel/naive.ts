import { createHash } from "node:crypto";
import { toLower, toUpper } from "#src/util/letter-case.ts";
import type { Rule } from "#src/relabel/rule-args.ts";
import { Labels } from "#src/signal/labels.ts";

/** Relabeling read word for word, one rule after the other, over a map: the peer of the compiled plans. */
export function naiveRelabel(rules: readonly Rule[], labels: Labels): Labels | undefined {
  const base = new Map(labels.entries());
  const added = new Map<string, string>();
  const get = (name: string): string => added.get(name) ?? base.get(name) ?? "";
  const set = (name: string, value: string): void => {
    if (get(name) === value) return;
    base.delete(name);
    if (value === "") added.delete(name);
    else added.set(name, value);
  };
  const all = (): [string, string][] => [...base, ...added];
  for (const rule of rules) {
    const text = (rule.source_labels ?? []).map(get).join(rule.separator);
    const match = rule.regex.match(text);
    switch (rule.action) {
      case "replace": {
        if (match === undefined) break;
        const name = rule.regex.expand(rule.target_label, match);
        if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) set(name, rule.regex.expand(rule.replacement, match));
        break;
      }
      case "keep":
        if (match === undefined) return undefined;
        break;
      case "drop":
        if (match !== undefined) return undefined;
        break;
      case "keepequal":
        if (get(rule.target_label) !== text) return undefined;
        break;
      case "dropequal":
        if (get(rule.target_label) === text) return undefined;
        break;
      case "lowercase":
        set(rule.target_label, toLower(text));
        break;
      case "uppercase":
        set(rule.target_label, toUpper(text));
        break;
      case "hashmod": {
        const sum = createHash("md5").update(text).digest().readBigUInt64BE(8);
        set(rule.target_label, String(sum % BigInt(rule.modulus)));
        break;
      }
      case "labelmap":
        for (const [name, value] of all()) {
          const found = rule.regex.match(name);
          const to = found === undefined ? "" : rule.regex.expand(rule.replacement, found);
          if (to !== "") set(to, value);
        }
        break;
      case "labeldrop":
        for (const [name] of all()) if (rule.regex.test(name)) set(name, "");
        break;
      case "labelkeep":
        for (const [name] of all()) if (!rule.regex.test(name)) set(name, "");
        break;
    }
  }
  return Labels.from([...base, ...added]);
}
