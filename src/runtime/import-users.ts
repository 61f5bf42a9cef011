import { equal } from "#src/value/equal.ts";
import { buildModule } from "./build.ts";
import type { Change } from "./change.ts";
import type { NodeState } from "./module.ts";
import { publish, type Build } from "./stage.ts";

/** The import that brings all the imports around this one. */
export function outermost(node: NodeState): NodeState {
  let at = node;
  while (at.module.compiled?.kind === "import" && at.module.owner !== undefined) at = at.module.owner;
  return at;
}

/** Evaluates all that uses an import, and all that follows from it, in the module where the import stands. */
export async function rebuildUsers(build: Build, change: Change, node: NodeState): Promise<void> {
  const { module } = node;
  const exports = await buildModule(build, change.part(), module, {
    compiled: module.compiled!,
    definitions: { ...module.definitions!, nodes: new Map() },
    variables: module.variables,
    outer: module.outer,
    args: module.args,
    environmentChanged: false,
    dirty: [node.id],
  });
  const { owner } = module;
  if (owner === undefined) return;
  change.commit(() => {
    if (!equal(owner.exports, exports)) publish(build.host, owner, exports);
  });
}
