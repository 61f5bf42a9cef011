/** Prometheus relabeling: rules compiled once to a plan that runs over label sets. */
import { hash } from "node:crypto";
import type { Labels } from "#src/signal/labels.ts";
import { toLower, toUpper } from "#src/util/letter-case.ts";
import { Frame, type NameRule } from "./frame.ts";
import { isLabelName, type NameScheme } from "./names.ts";
import type { Rule } from "./rule-args.ts";

/** The labels after all rules; the very same object if nothing changed, undefined if they are dropped. */
export type Relabel = (labels: Labels) => Labels | undefined;

export interface RelabelOptions {
  /** Which names `replace` may write: `legacy` for metrics and logs (the default), `utf8` for targets. Others are left alone. */
  readonly names?: NameScheme;
}

/** One rule at work; false drops the labels. */
type Step = (frame: Frame) => boolean;

/**
 * Compiles rules, with the first labels that come. What a plan remembers is bounded, and the plan may be kept for as long
 * as the rules stand.
 */
export function compileRules(rules: readonly Rule[], options: RelabelOptions = {}): Relabel {
  if (rules.length === 0) return (labels) => labels;
  let plan: Relabel | undefined;
  return (labels) => (plan ??= planRules(rules, options))(labels);
}

function planRules(rules: readonly Rule[], options: RelabelOptions): Relabel {
  const slots = new Slots();
  const steps = rules.map((rule) => compileRule(rule, slots, options.names ?? "legacy"));
  const frame = new Frame(slots.names);
  return (labels) => {
    frame.load(labels);
    for (const step of steps) if (!step(frame)) return undefined;
    return frame.labels(labels);
  };
}

/** Numbers for the label names that rules use. */
class Slots {
  readonly names: string[] = [];
  of(name: string): number {
    const at = this.names.indexOf(name);
    return at >= 0 ? at : this.names.push(name) - 1;
  }
}

function compileRule(rule: Rule, slots: Slots, scheme: NameScheme): Step {
  const source = compileSource(rule, slots);
  switch (rule.action) {
    case "replace":
      return compileReplace(rule, source, slots, scheme);
    case "keep":
    case "drop": {
      const keeps = rule.action === "keep";
      const { regex } = rule;
      const test = regex.engine === "none" ? regex.test : remember(regex.test);
      return (frame) => test(source(frame)) === keeps;
    }
    case "keepequal":
    case "dropequal": {
      const keeps = rule.action === "keepequal";
      const target = slots.of(rule.target_label);
      return (frame) => (frame.get(target) === source(frame)) === keeps;
    }
    case "lowercase":
    case "uppercase":
    case "hashmod": {
      const target = slots.of(rule.target_label);
      const modulus = BigInt(rule.modulus);
      const change =
        rule.action === "lowercase"
          ? toLower
          : rule.action === "uppercase"
            ? toUpper
            : (text: string) => hashMod(text, modulus);
      const changed = remember(change);
      return (frame) => {
        frame.set(target, changed(source(frame)));
        return true;
      };
    }
    case "labeldrop":
    case "labelkeep": {
      const drops = rule.action === "labeldrop";
      const chosen: NameRule = (name) => (rule.regex.test(name) === drops ? true : undefined);
      return (frame) => {
        frame.drop(chosen);
        return true;
      };
    }
    case "labelmap": {
      const expand = rule.regex.template(rule.replacement);
      const renamed: NameRule = (name) => {
        const match = rule.regex.match(name);
        return match === undefined ? undefined : expand(match);
      };
      return (frame) => {
        frame.copy(renamed);
        return true;
      };
    }
  }
}

function compileSource(rule: Rule, slots: Slots): (frame: Frame) => string {
  const [first, ...others] = (rule.source_labels ?? []).map((name) => slots.of(name));
  const { separator } = rule;
  if (first === undefined) return () => "";
  if (others.length === 0) return (frame) => frame.get(first);
  return (frame) => {
    let text = frame.get(first);
    for (const slot of others) text += separator + frame.get(slot);
    return text;
  };
}

function compileReplace(rule: Rule, source: (frame: Frame) => string, slots: Slots, scheme: NameScheme): Step {
  const { regex, target_label: target } = rule;
  const value = regex.template(rule.replacement);
  if (target.includes("$")) {
    const name = regex.template(target);
    return (frame) => {
      const match = regex.match(source(frame));
      if (match === undefined) return true;
      const written = name(match);
      if (isLabelName(written, scheme)) frame.setName(written, value(match));
      return true;
    };
  }
  if (!isLabelName(target, scheme)) return () => true;
  const slot = slots.of(target);
  // The commonest rule of all copies what it looks at.
  const copies = regex.source === "(.*)" && (rule.replacement === "$1" || rule.replacement === "${1}");
  // Remembered also where matching is cheap: series with equal results then share one text.
  const replaced: (text: string) => string | undefined = copies
    ? (text) => text
    : remember((text) => {
        const match = regex.match(text);
        return match === undefined ? undefined : value(match);
      });
  return (frame) => {
    const result = replaced(source(frame));
    if (result !== undefined) frame.set(slot, result);
    return true;
  };
}

/** The last eight bytes of the MD5 sum, as Prometheus has always taken them. */
function hashMod(text: string, modulus: bigint): string {
  return (hash("md5", text, "buffer").readBigUInt64BE(8) % modulus).toString();
}

const MAX_REMEMBERED = 2000;

/** Remembers the results of a function of a text: values repeat from series to series. */
function remember<R>(compute: (text: string) => R): (text: string) => R {
  const known = new Map<string, R>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined || known.has(text)) return before as R;
    const result = compute(text);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, result);
    return result;
  };
}
