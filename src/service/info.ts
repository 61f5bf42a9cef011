/** Engine records as the HTTP API shows them (specification 7.5, and generations). */
import type { Engine, GenerationRecord, NodeDetail, NodeInfo } from "#src/runtime/types.ts";
import { encodePlain, type UiEntry } from "#src/schema/ui.ts";
import { isWatchable } from "./live.ts";

/** Kinds of nodes that count as components. */
const LISTED: ReadonlySet<NodeInfo["kind"]> = new Set(["component", "custom", "foreach"]);

/** Whether the API lists a node. */
export function isListed(node: NodeInfo): boolean {
  return LISTED.has(node.kind);
}

interface Bulk {
  readonly arguments: readonly UiEntry[];
  readonly exports: readonly UiEntry[];
  readonly debugInfo: readonly UiEntry[];
}

const NOTHING: Bulk = { arguments: [], exports: [], debugInfo: [] };

/** The components of a module, without their arguments; undefined if there is no such module. */
export function listComponents(engine: Engine, moduleId: string): unknown[] | undefined {
  const nodes = engine.nodes(moduleId);
  if (nodes === undefined) return undefined;
  const listed = nodes.filter(isListed);
  const ids = new Set(listed.map((node) => node.localId));
  return listed.map((node) => encodeInfo(node, ids, NOTHING));
}

/** One component with all there is to know; undefined if there is none of that global id. */
export function describeComponent(engine: Engine, globalId: string): unknown {
  const node = engine.node(globalId);
  if (node === undefined || !isListed(node)) return undefined;
  const siblings = engine.nodes(node.moduleId) ?? [];
  const ids = new Set(siblings.filter(isListed).map((sibling) => sibling.localId));
  return encodeInfo(node, ids, bulkOf(node));
}

function bulkOf(node: NodeDetail): Bulk {
  return { arguments: node.arguments, exports: node.exports, debugInfo: encodePlain(node.debug) };
}

function encodeInfo(node: NodeInfo, components: ReadonlySet<string>, bulk: Bulk): unknown {
  const known = (ids: readonly string[]): string[] => ids.filter((id) => components.has(id));
  return {
    name: node.name,
    type: "block",
    localID: node.localId,
    moduleID: node.moduleId,
    ...(node.label !== "" && { label: node.label }),
    referencesTo: known(node.references),
    referencedBy: known(node.referencedBy),
    dataFlowEdgesTo: known(node.dataFlowTo),
    health: {
      state: node.health.state,
      message: node.health.message,
      updatedTime: new Date(node.health.at).toISOString(),
    },
    original: "",
    ...bulk,
    ...(node.createdModuleIds.length > 0 && { createdModuleIDs: node.createdModuleIds }),
    liveDebuggingEnabled: isWatchable(node),
  };
}

/** A line of the history, without its plan. */
export function encodeGeneration(record: GenerationRecord): Record<string, unknown> {
  const { number, loader, revision, createdAt, verdict, cause, took } = record;
  const steps: Record<string, number> = {};
  for (const step of record.steps) steps[step.do] = (steps[step.do] ?? 0) + 1;
  return {
    number,
    loader,
    revision: { ...revision, at: revision.at.toISOString() },
    createdAt: new Date(createdAt).toISOString(),
    verdict,
    cause,
    took,
    steps,
    problems: record.diagnostics.length,
  };
}

/** A line of the history with its plan and diagnostics. */
export function encodeGenerationDetail(record: GenerationRecord): Record<string, unknown> {
  const { problems: _, ...summary } = encodeGeneration(record);
  return { ...summary, plan: record.steps, diagnostics: record.diagnostics };
}
