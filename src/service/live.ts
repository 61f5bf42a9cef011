/** Looking at data as it flows (specification 5.13): switched on by the `livedebugging` block, read by the UI's API. */
import type { Engine, NodeInfo } from "#src/runtime/types.ts";
import type { UiEntry } from "#src/schema/ui.ts";
import type { Clock } from "#src/util/clock.ts";
import { quote } from "#src/util/quote.ts";
import { findFormat, more, SHOWN, type DataType } from "./live-formats.ts";

export interface FlowEdge {
  /** Global id of the sender. */
  readonly componentID: string;
  readonly targetComponentIDs: readonly string[];
  readonly type: DataType;
  /** Items a second. */
  readonly rate: number;
}

export interface LiveDebugging {
  /** What the `livedebugging` block says; the returned function puts it in force. Switched off, it ends what is watched. */
  prepare(args: { readonly enabled: boolean }): () => void;
  /**
   * Hands on texts of what flows into and out of a component until the signal aborts; a text is made when it is called
   * for. Throws an `Error` for the user when that cannot be.
   */
  watch(globalId: string, emit: (text: () => string) => void, signal: AbortSignal): void;
  /**
   * Hands on, once in each window, what flowed between the components of a module. It shows numbers only, so it needs no
   * switch. Throws likewise.
   */
  measure(moduleId: string, windowMs: number, emit: (edges: readonly FlowEdge[]) => void, signal: AbortSignal): void;
}

/** How often exported targets are compared with those shown before, in milliseconds. */
const LOOK = 1000;

/** Whether there is anything to see of a component. */
export function isWatchable({ traffic }: NodeInfo): boolean {
  return traffic !== undefined && (traffic.batches || traffic.targets.length > 0);
}

/** Live debugging of what an engine runs. Nothing is done to the flow while nobody watches. */
export function createLiveDebugging(engine: () => Engine, clock: Clock): LiveDebugging {
  let enabled = false;
  const watching = new Set<() => void>();
  return {
    prepare: (args) => () => {
      enabled = args.enabled;
      if (!enabled) for (const end of watching) end();
    },
    watch(globalId, emit, signal) {
      if (!enabled)
        throw new Error("the live debugging service is disabled. Check the documentation to find out how to enable it");
      const node = engine().node(globalId);
      if (node === undefined) throw new Error(`component ${JSON.stringify(globalId)} not found`);
      if (!isWatchable(node))
        throw new Error(`the component ${JSON.stringify(node.name)} does not support live debugging`);
      const ends = [watchBatches(engine(), globalId, emit), watchTargets(engine(), clock, globalId, emit)];
      const end = (): void => {
        watching.delete(end);
        for (const each of ends) each();
      };
      watching.add(end);
      signal.addEventListener("abort", end, { once: true });
    },
    measure(moduleId, windowMs, emit, signal) {
      if (engine().nodes(moduleId) === undefined) throw new Error(`module ${JSON.stringify(moduleId)} not found`);
      const counter = new EdgeCounter(moduleId);
      const untap = engine().taps.add((sender, port, batch) => counter.count(sender, port.owner, port.capsule, batch));
      const tick = (): void => {
        emit(counter.take(windowMs / 1000));
        cancel = clock.after(windowMs, tick);
      };
      let cancel = clock.after(windowMs, tick);
      signal.addEventListener(
        "abort",
        () => {
          untap();
          cancel();
        },
        { once: true },
      );
    },
  };
}

type Emit = (text: () => string) => void;

function watchBatches(engine: Engine, globalId: string, emit: Emit): () => void {
  return engine.taps.add((sender, port, batch) => {
    if (sender !== globalId && port.owner !== globalId) return;
    const format = findFormat(port.capsule);
    if (format === undefined || format.count(batch) === 0) return;
    emit(() => `${sender} -> ${port.owner}: ${format.print(batch)}`);
  });
}

/** Shows the targets that a component exports: at once, and again whenever they have changed. */
function watchTargets(engine: Engine, clock: Clock, globalId: string, emit: Emit): () => void {
  const shown = new Map<string, string>();
  const look = (): void => {
    const node = engine.node(globalId);
    for (const name of node?.traffic?.targets ?? []) {
      const targets = listTargets(node!.exports.find((one) => one.name === name));
      const all = targets.join("\n");
      if (all === shown.get(name)) continue;
      shown.set(name, all);
      const some = targets.slice(0, SHOWN);
      emit(() =>
        [`${globalId}.${name}: ${targets.length} targets${more(some.length, targets.length)}`, ...some].join("\n"),
      );
    }
    cancel = clock.after(LOOK, look);
  };
  let cancel = (): void => undefined;
  look();
  return () => cancel();
}

/** One line for each target. */
function listTargets(entry: UiEntry | undefined): string[] {
  if (entry?.type !== "attr" || entry.value.type !== "array") return [];
  return entry.value.value.map((target) => {
    const labels = target.type === "object" ? target.value : [];
    return `{${labels.map(({ key, value }) => `${quote(key)} = ${quote(value.type === "string" ? value.value : "")}`).join(", ")}}`;
  });
}

/** What went from node to node of one module. What lies inside of a node (a custom component's, a `foreach`'s) counts as that node. */
class EdgeCounter {
  readonly #prefix: string;
  #counts = new Map<string, { readonly from: string; readonly to: string; readonly type: DataType; items: number }>();

  constructor(moduleId: string) {
    this.#prefix = moduleId === "" ? "" : `${moduleId}/`;
  }

  count(sender: string, owner: string, capsule: string, batch: unknown): void {
    const [from, to, format] = [this.#nodeOf(sender), this.#nodeOf(owner), findFormat(capsule)];
    if (from === undefined || to === undefined || from === to || format === undefined) return;
    const key = `${from}\0${to}\0${format.type}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { from, to, type: format.type, items: format.count(batch) });
    else known.items += format.count(batch);
  }

  /** What there was since the last call. */
  take(seconds: number): FlowEdge[] {
    const counts = this.#counts;
    this.#counts = new Map();
    return Array.from(counts.values(), ({ from, to, type, items }) => ({
      componentID: from,
      targetComponentIDs: [to],
      type,
      rate: items / seconds,
    }));
  }

  #nodeOf(globalId: string): string | undefined {
    if (!globalId.startsWith(this.#prefix)) return undefined;
    const end = globalId.indexOf("/", this.#prefix.length);
    return end < 0 ? globalId : globalId.slice(0, end);
  }
}
