import { component } from "#src/component/define.ts";
import { compileRules, type Relabel } from "#src/relabel/relabel.ts";
import { checkRules, equalRules, relabelRules, RelabelRules, ruleArgs, type Rule } from "#src/relabel/rule-args.ts";
import { attr, blocks } from "#src/schema/field.ts";
import { list, target } from "#src/schema/type.ts";
import { Labels } from "#src/signal/labels.ts";
import { Target } from "#src/value/target.ts";

/** Rules at work on targets. A target that they leave alone, and one that was seen before, comes out as the same object. */
interface Plan {
  readonly rules: RelabelRules;
  readonly relabel: Relabel;
  readonly known: WeakMap<Target, Target | "dropped">;
}

/** Rewrites the labels of targets. */
export default component({
  name: "discovery.relabel",
  stability: "generally-available",
  doc: "Rewrites the labels of targets, and drops targets, by relabeling rules.",
  args: {
    targets: attr(list(target), "Targets to relabel."),
    rule: blocks(ruleArgs, "Rules, applied in order."),
  },
  exports: {
    output: attr(list(target), "The targets after relabeling."),
    rules: attr(relabelRules, "The rules, for other components to apply."),
  },
  examples: [
    `discovery.relabel "default" {
  targets = [{"__address__" = "localhost:9100", "__meta_env" = "prod"}]

  rule {
    source_labels = ["__meta_env"]
    target_label  = "env"
  }
}
`,
  ],
  check: (args) => checkRules(args.rule, "rule"),
  create(args, ctx) {
    let plan = createPlan(args.rule);
    let output = run(plan, args.targets);
    ctx.export({ output, rules: plan.rules });
    ctx.health("healthy", "relabeled");
    return {
      update(next) {
        const nextPlan = equalRules(plan.rules.rules, next.rule) ? plan : createPlan(next.rule);
        const targets = run(nextPlan, next.targets);
        const same = targets.length === output.length && targets.every((each, i) => each === output[i]);
        const nextOutput = same ? output : targets;
        return {
          exports: { output: nextOutput, rules: nextPlan.rules },
          apply() {
            plan = nextPlan;
            output = nextOutput;
          },
        };
      },
      debug: () => ({ targets: output.length }),
    };
  },
});

function createPlan(rules: readonly Rule[]): Plan {
  return {
    rules: new RelabelRules(rules),
    relabel: compileRules(rules, { names: "utf8" }),
    known: new WeakMap(),
  };
}

function run(plan: Plan, targets: readonly Target[]): readonly Target[] {
  const output: Target[] = [];
  for (const from of targets) {
    let to = plan.known.get(from);
    if (to === undefined) {
      to = relabelTarget(plan.relabel, from);
      plan.known.set(from, to);
    }
    if (to !== "dropped") output.push(to);
  }
  return output;
}

function relabelTarget(relabel: Relabel, from: Target): Target | "dropped" {
  const before = Labels.from(from.labels);
  const after = relabel(before);
  if (after === undefined) return "dropped";
  return after === before && before.size === from.labels.size ? from : new Target(new Map(after.entries()));
}
