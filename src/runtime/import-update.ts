/** New content of an import while it runs: a generation of its own, refused or called back without touching anything else. */
import { formatDiagnostic, type Diagnostic } from "#src/diag/diagnostic.ts";
import type { Bundle } from "#src/source/define.ts";
import { Change } from "./change.ts";
import type { Host } from "./host.ts";
import { originOf } from "./import-origin.ts";
import { loadContent, refusal } from "./import.ts";
import { outermost, rebuildUsers } from "./import-users.ts";
import type { History } from "./history.ts";
import { isRunning, type ImportContent, type ImportKind, type NodeState } from "./module.ts";
import type { Serial } from "./serial.ts";
import { listBad } from "./node-health.ts";
import { isWithin, type Settling } from "./settle.ts";
import type { Build } from "./stage.ts";
import { enact, findConflicts } from "./swap.ts";
import type { EngineMetrics } from "./engine-metrics.ts";

export interface ImportUpdates {
  arrived(node: NodeState): void;
}

export interface ImportUpdateTools {
  readonly serial: Serial;
  readonly history: History;
  readonly settling: Settling;
  readonly metrics: EngineMetrics;
}

export function createImportUpdates(host: () => Host, tools: ImportUpdateTools): ImportUpdates {
  const { serial, history, settling, metrics } = tools;
  const waiting = new Set<NodeState>();
  const numbers = new Map<string, number>();
  const watches = new Map<string, () => void>();

  const look = async (node: NodeState): Promise<void> => {
    if (host().signal.aborted || !isRunning(node) || node.of.kind !== "import") return;
    const { feed, content, refused } = node.of;
    host().healthChanged(node);
    if (feed === undefined || feed.current.revision.digest === refused?.digest) return;
    if (
      feed.current.revision.digest === content.bundle.revision.digest &&
      feed.current.entry === content.bundle.entry
    ) {
      node.of = { ...node.of, refused: undefined };
      return;
    }
    await apply(node, feed.current, "source");
  };

  const apply = async (node: NodeState, bundle: Bundle, cause: string): Promise<boolean> => {
    const before = node.of as ImportKind;
    const number = (numbers.get(node.globalId) ?? 0) + 1;
    numbers.set(node.globalId, number);
    const began = performance.now();
    const change = new Change();
    const build: Build = { host: host(), contents: new Map(), tolerant: false };
    await buildContent(build, change, node, before, bundle);
    const gathered = change.gather();
    const { steps } = gathered;
    const diagnostics = gathered.diagnostics.length > 0 ? gathered.diagnostics : findConflicts(host(), gathered);
    const failed = diagnostics.length > 0;
    history.add({
      number,
      revision: bundle.revision,
      loader: node.globalId,
      createdAt: host().clock.now(),
      verdict: failed ? "refused" : host().options.grace > 0 ? "settling" : "healthy",
      steps: failed ? [] : steps,
      diagnostics,
      took: { build: performance.now() - began },
      cause,
    });
    if (failed) {
      host().background(change.drop());
      metrics.refused("build");
      refuse(node, bundle, diagnostics);
      return false;
    }
    metrics.planned(steps);
    const exempt = listBad(outermost(node).module);
    watches.get(node.globalId)?.();
    enact(host(), gathered, () => {
      if (host().options.grace > 0) watch(node, bundle, before.content.bundle, number, exempt, cause);
    });
    return true;
  };

  const watch = (
    node: NodeState,
    bundle: Bundle,
    previous: Bundle,
    number: number,
    exempt: ReadonlySet<string>,
    cause: string,
  ): void => {
    const users = new Set(listUsers(node));
    let ended = false;
    const end = settling.begin({
      module: outermost(node).module,
      exempt,
      covers: (at) => [...users].some((user) => isWithin(at, user)),
      healthy: () => {
        ended = true;
        history.judge(node.globalId, number, "healthy");
      },
      failed: (at, health) => {
        ended = true;
        const message = `${at.globalId} turned ${health.state}: ${health.message}`;
        const diagnostics: Diagnostic[] = [{ severity: "error", code: "generation-unhealthy", message }];
        void serial.run(async () => {
          const back = cause !== "rollback" && isRunning(node) && (await apply(node, previous, "rollback"));
          history.judge(node.globalId, number, back ? "rolled-back" : "unhealthy", diagnostics);
          if (!back) return;
          metrics.rolledBack();
          refuse(node, bundle, diagnostics);
        });
      },
    });
    watches.set(node.globalId, () => {
      watches.delete(node.globalId);
      if (ended) return;
      end();
      history.judge(node.globalId, number, "superseded");
    });
  };

  const refuse = (node: NodeState, bundle: Bundle, diagnostics: readonly Diagnostic[]): void => {
    const refused = refusal(host(), bundle, diagnostics);
    node.of = { ...(node.of as ImportKind), refused };
    host().log.error("the new content of an import is refused; what it held stays in use", {
      node_id: node.globalId,
      revision: bundle.revision.id,
      err: diagnostics.map(formatDiagnostic).join("; "),
    });
    host().healthChanged(node);
  };

  return {
    arrived(node) {
      if (waiting.has(node)) return;
      waiting.add(node);
      void serial.run(() => {
        waiting.delete(node);
        return look(node);
      });
    },
  };
}

async function buildContent(
  build: Build,
  change: Change,
  node: NodeState,
  before: ImportKind,
  bundle: Bundle,
): Promise<void> {
  const around = node.module.definitions!.origin;
  const origin = originOf(before.def, before.args, bundle, around);
  const content = await loadContent(build, change.part(), node, before.content, bundle, origin);
  if (content === undefined) return;
  build.contents.set(node, content);
  change.commit(() => install(build.host, node, content));
  await rebuildUsers(build, change, outermost(node));
}

function install(host: Host, node: NodeState, content: ImportContent): void {
  node.of = { ...(node.of as ImportKind), content, refused: undefined };
  host.installed(node, content);
}

/** Nodes that may run what an import holds, and the import itself. */
function listUsers(node: NodeState): NodeState[] {
  const top = outermost(node);
  const { compiled, nodes } = top.module;
  return [top, ...(compiled?.dependants.get(top.id) ?? []).flatMap((id) => nodes.get(id) ?? [])];
}
