/** Instances of custom components: a module of their own, made of a `declare` and the arguments of its caller (specification 5.3). */
import { problemAt } from "#src/diag/problem-at.ts";
import { spanOf } from "#src/syntax/spans.ts";
import type { CompiledModule, CompiledNode } from "#src/compile/types.ts";
import { DiagnosticError, type Diagnostic } from "#src/diag/diagnostic.ts";
import type { Block } from "#src/syntax/ast.ts";
import { equal } from "#src/value/equal.ts";
import { buildModule } from "./build.ts";
import type { Change } from "./change.ts";
import { findTemplate } from "./definitions.ts";
import { evaluateAttributes } from "./language.ts";
import { createModule, type CustomKind, type Module, type NodeState } from "./module.ts";
import { retireNode } from "./retire.ts";
import { adoptNode, commitEvaluated, showExports, type Stage } from "./stage.ts";

type Of = Extract<CompiledNode["of"], { readonly kind: "custom" }>;

const isModulePath = (name: string): boolean => name === "module_path";

export async function buildCustom(stage: Stage, change: Change, compiled: CompiledNode, of: Of): Promise<void> {
  const { host, contents } = stage.build;
  const args = evaluateAttributes(compiled.block, stage.scope);
  const template = findTemplate(stage.definitions, of.namespace, of.name, contents);
  if (template === undefined) {
    const name = `namespace: ${JSON.stringify(of.namespace ?? "")}, componentName: ${JSON.stringify(of.name)}`;
    const what = "custom component config not found in the registry";
    throw new Error(`loading custom component controller: ${what}, ${name}`);
  }
  const { block, definitions } = template;
  const body = await host.bodies.compile("declare", block, definitions.registry, isModulePath, "");
  const wrong = checkCall(compiled.block, body);
  if (wrong.length > 0) throw new DiagnosticError(wrong);

  const running = stage.module.nodes.get(compiled.id);
  const before = running?.of.kind === "custom" ? running.of.child : undefined;
  const node = adoptNode(stage, compiled, () => ({ kind: "plain", args: undefined }));
  const child = before ?? createChild(node);
  const { origin } = definitions;
  const exports = await buildModule(stage.build, change, child, {
    compiled: body,
    definitions: { registry: body.registry, origin, outer: definitions, nodes: new Map() },
    variables: new Map([["module_path", origin.modulePath]]),
    outer: undefined,
    args,
    environmentChanged: before?.definitions?.origin.modulePath !== origin.modulePath,
  });
  if (change.failed) return;
  if (before !== undefined) {
    change.step(
      node.globalId,
      equal(before.args, args) ? "keep" : "update",
      equal(before.args, args) ? "" : "arguments",
    );
  } else {
    change.step(node.globalId, running === undefined ? "create" : "replace", running === undefined ? "" : "definition");
    if (running !== undefined) retireNode(host, change, running, false);
    const kind: CustomKind = { kind: "custom", child };
    change.commit(() => void (node.of = kind));
  }
  showExports(stage, change, node, exports);
  commitEvaluated(stage, change, node, compiled);
}

function createChild(node: NodeState): Module {
  return createModule({ id: node.globalId, owner: node, measured: node.module.measured }, undefined);
}

/** What is wrong with a call is said at the call, all of it at once. */
function checkCall(call: Block, body: CompiledModule): Diagnostic[] {
  const wrong: Diagnostic[] = [];
  for (const statement of call.body) {
    if (body.nodes.has(`argument.${statement.name}`)) continue;
    const message = `Provided argument "${statement.name}" is not defined in the module`;
    const known = [...body.nodes.values()].filter(({ block }) => block.name === "argument").map(({ label }) => label);
    const hint = known.length === 0 ? "It takes no arguments." : `It takes ${known.join(", ")}.`;
    wrong.push(problemAt(spanOf(statement), "unknown-argument", message, { hint }));
  }
  return wrong;
}
