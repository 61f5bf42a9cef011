import type { Handler } from "#src/component/define.ts";
import type { Bundle, Revision } from "#src/source/define.ts";
import type { Engine, Generation, GenerationRecord, NodeDetail, NodeInfo, Outcome } from "#src/runtime/types.ts";
import { Taps } from "#src/signal/taps.ts";
import { SourceText } from "#src/diag/source-text.ts";

/** An engine made of data, for readers of what engines show. Change its fields at will. */
export interface FakeEngine extends Engine {
  current: Generation | undefined;
  readonly history: GenerationRecord[];
  readonly details: NodeDetail[];
  readonly handlers: Map<string, Handler>;
  readonly rollbacks: (number | undefined)[];
  outcome: Outcome;
}

export const revision: Revision = { id: "abc", digest: "sha256:1", at: new Date(0), note: "first" };

export const generation: Generation = { number: 1, revision, nodes: new Map(), order: [], warnings: [] };

/** A node with everything a test does not care about filled in. */
export function fakeNode(id: string, changes: Partial<NodeDetail> = {}): NodeDetail {
  const source = new SourceText("main.alloy", "");
  const dot = id.lastIndexOf(".");
  return {
    name: id.slice(0, dot),
    localId: id,
    moduleId: "",
    globalId: id,
    label: id.slice(dot + 1),
    kind: "component",
    health: { state: "healthy", message: "started component", fault: "own", at: 0 },
    references: [],
    referencedBy: [],
    dataFlowTo: [],
    createdModuleIds: [],
    traffic: { batches: false, targets: [] },
    arguments: [],
    exports: [],
    debug: undefined,
    body: {
      kind: "block",
      source,
      start: 0,
      end: 0,
      name: "",
      label: "",
      labelStart: undefined,
      body: [],
      lcurly: 0,
      rcurly: 0,
    },
    ...changes,
  };
}

/** An engine that runs nothing and knows the given nodes. */
export function fakeEngine(details: NodeDetail[] = []): FakeEngine {
  const engine: FakeEngine = {
    current: undefined,
    history: [],
    details,
    handlers: new Map(),
    rollbacks: [],
    outcome: { ok: true, generation, steps: [] },
    load: (_bundle: Bundle, _cause: string) => Promise.resolve(engine.outcome),
    rollback(number) {
      engine.rollbacks.push(number);
      return Promise.resolve(engine.outcome);
    },
    nodes(moduleId): readonly NodeInfo[] | undefined {
      const found = engine.details.filter((node) => node.moduleId === moduleId);
      return found.length > 0 || moduleId === "" ? found : undefined;
    },
    node: (globalId) => engine.details.find((node) => node.globalId === globalId),
    handler(path) {
      const id = [...engine.handlers.keys()].sort().findLast((key) => path === key || path.startsWith(`${key}/`));
      return id === undefined ? undefined : { handler: engine.handlers.get(id)!, rest: path.slice(id.length) };
    },
    taps: new Taps(),
    onChange: () => () => undefined,
    stop: () => Promise.resolve(),
  };
  return engine;
}
