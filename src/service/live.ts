/** Looking at data as it flows (specification 5.13): switched on by the `livedebugging` block, read by the UI's API. */
import type { Engine } from "#src/runtime/types.ts";
import type { Clock } from "#src/util/clock.ts";

export type DataType = "target" | "prometheus_metric" | "loki_log" | "otel_metric" | "otel_log" | "otel_trace";

export interface FlowEdge {
  readonly componentID: string;
  readonly targetComponentIDs: readonly string[];
  readonly type: DataType;
  /** Items a second. */
  readonly rate: number;
}

export interface LiveDebugging {
  /** What the `livedebugging` block says; the returned function puts it in force. */
  prepare(args: { readonly enabled: boolean }): () => void;
  /** Hands on texts of what flows through a component until the signal aborts. Throws an `Error` for the user when that cannot be. */
  watch(globalId: string, emit: (text: string) => void, signal: AbortSignal): void;
  /** Hands on, once in each window, what flowed between the components of a module. Throws likewise. */
  measure(moduleId: string, windowMs: number, emit: (edges: readonly FlowEdge[]) => void, signal: AbortSignal): void;
}

/** Live debugging of components that do not show their data: it says so of each, and measures no flow. */
export function createLiveDebugging(engine: () => Engine, clock: Clock): LiveDebugging {
  let enabled = false;
  const demandEnabled = (): void => {
    if (!enabled)
      throw new Error("the live debugging service is disabled. Check the documentation to find out how to enable it");
  };
  return {
    prepare: (args) => () => {
      enabled = args.enabled;
    },
    watch(globalId) {
      demandEnabled();
      const node = engine().node(globalId);
      if (node === undefined) throw new Error(`component ${JSON.stringify(globalId)} not found`);
      throw new Error(`the component ${JSON.stringify(node.name)} does not support live debugging`);
    },
    measure(moduleId, windowMs, emit, signal) {
      demandEnabled();
      if (engine().nodes(moduleId) === undefined) throw new Error(`module ${JSON.stringify(moduleId)} not found`);
      const tick = (): void => {
        emit([]);
        cancel = clock.after(windowMs, tick);
      };
      let cancel = clock.after(windowMs, tick);
      signal.addEventListener("abort", () => cancel());
    },
  };
}
