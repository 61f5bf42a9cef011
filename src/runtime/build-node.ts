import type { CompiledNode } from "#src/compile/types.ts";
import { buildComponent } from "./build-component.ts";
import type { Change } from "./change.ts";
import { buildArgument, buildDeclare, buildExport, buildService } from "./config-blocks.ts";
import { buildCustom } from "./custom.ts";
import { buildForeach } from "./foreach.ts";
import { buildImport } from "./import.ts";
import type { Host } from "./host.ts";
import type { NodeState } from "./module.ts";
import { adoptNode, failNode, nothing, type Stage } from "./stage.ts";

/** Evaluates one node; `forced` says why a component is to be built anew whatever its arguments. Never rejects: why it failed stands in the change. */
export function buildNode(stage: Stage, change: Change, compiled: CompiledNode, forced?: string): void | Promise<void> {
  if (!stage.build.tolerant && compiled.needs.some((need) => stage.failed.has(need))) {
    stage.failed.add(compiled.id);
    return;
  }
  try {
    const evaluating = evaluate(stage, change, compiled, forced);
    if (evaluating instanceof Promise) {
      return evaluating
        .catch((error: unknown) => failNode(change, compiled, error))
        .then(() => concludeNode(stage, change, compiled));
    }
  } catch (error) {
    failNode(change, compiled, error);
  }
  return concludeNode(stage, change, compiled);
}

/** What a failure means for the node itself and for those that need it. */
function concludeNode(stage: Stage, change: Change, compiled: CompiledNode): void | Promise<void> {
  if (!change.failed) return;
  if (stage.build.tolerant && !stage.live) return keepLast(stage, change, compiled);
  // What an import does not hold is said again, with its name, by those who use it.
  if (compiled.of.kind !== "import") stage.failed.add(compiled.id);
}

function evaluate(
  stage: Stage,
  change: Change,
  compiled: CompiledNode,
  forced: string | undefined,
): void | Promise<void> {
  const { of } = compiled;
  switch (of.kind) {
    case "component":
      return buildComponent(stage, change, compiled, of, forced);
    case "custom":
      return buildCustom(stage, change, compiled, of);
    case "import":
      return buildImport(stage, change, compiled, of);
    case "declare":
      return buildDeclare(stage, change, compiled);
    case "block":
      if (of.def.name === "foreach") return buildForeach(stage, change, compiled, of);
      if (of.def.name === "argument") return buildArgument(stage, change, compiled, of);
      if (of.def.name === "export") return buildExport(stage, change, compiled, of);
      return buildService(stage, change, compiled, of);
  }
}

/** Under the `alloy` policy a node that fails goes on with its last good arguments, and a new one waits for a change of its inputs. */
async function keepLast(stage: Stage, change: Change, compiled: CompiledNode): Promise<void> {
  await change.drop();
  const message = change.diagnostics.map((d) => d.message).join("; ");
  const node = adoptNode(stage, compiled, () => ({ kind: "plain", args: undefined }));
  stage.build.contents.delete(node);
  if (node.exports !== nothing) stage.scope.set(node.id, node.exports);
  change.step(node.globalId, "keep", "evaluation failed");
  change.commit(() => markFailed(stage.build.host, node, message));
}

/** The node stays as it was and shows why its last evaluation failed. */
export function markFailed(host: Host, node: NodeState, message: string): void {
  node.evaluated = {
    state: "unhealthy",
    message: `component evaluation failed: ${message}`,
    fault: "own",
    at: host.clock.now(),
  };
  host.healthChanged(node);
}
