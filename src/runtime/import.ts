/** `import.*`: a source is opened and its content becomes definitions that other nodes use (specification 5.4). */
import type { CompiledNode } from "#src/compile/types.ts";
import { parseBundle } from "#src/compile/bundle.ts";
import type { Bundle, SourceDef } from "#src/source/define.ts";
import type { Feed } from "#src/source/feed.ts";
import { DiagnosticError, formatDiagnostic, hasErrors, type Diagnostic } from "#src/diag/diagnostic.ts";
import { compileImport } from "#src/compile/compile.ts";
import { buildModule } from "./build.ts";
import type { Change } from "./change.ts";
import type { Origin } from "#src/compile/definitions.ts";
import type { Host } from "./host.ts";
import { checkRemoteImport, cutBundle, originOf, stringArgument } from "./import-origin.ts";
import { equalArguments } from "#src/schema/equal.ts";
import { checkProblems, decodeArguments } from "./language.ts";
import { createModule, type ImportContent, type ImportKind, type NodeState } from "./module.ts";
import { retireNode } from "./retire.ts";
import { adoptNode, commitEvaluated, failNode, nothing, type Build, type Stage } from "./stage.ts";

type Of = Extract<CompiledNode["of"], { readonly kind: "import" }>;

export async function buildImport(stage: Stage, change: Change, compiled: CompiledNode, of: Of): Promise<void> {
  const { build } = stage;
  const { def } = of;
  const { origin: around } = stage.definitions;
  const args = decodeArguments(compiled.block, def.args, stage.scope);
  checkProblems(def.check, args, compiled.block);
  checkRemoteImport(def, args, around);

  const running = stage.module.nodes.get(compiled.id);
  const before = running?.of.kind === "import" ? running.of : undefined;
  const node = adoptNode(stage, compiled, () => ({ kind: "plain", args: undefined }));
  const source = await openSource(stage, change, node, before, { def, args, around });

  const staged = build.contents.get(node);
  let refused = staged === undefined && source.feed === before?.feed ? before?.refused : undefined;
  let content = staged ?? before?.content;
  if (staged === undefined && (content === undefined || !isContent(content, source.bundle, source.origin))) {
    const first = change.part();
    content = await loadContent(build, first, node, before?.content, source.bundle, source.origin);
    const good = content === undefined && before === undefined ? await source.feed?.lastGood() : undefined;
    if (good !== undefined && good.revision.digest !== source.bundle.revision.digest) {
      refused = refusal(build.host, source.bundle, first.diagnostics);
      await change.forget(first);
      content = await loadContent(build, change.part(), node, undefined, good, originOf(def, args, good, around));
    }
  }
  if (content === undefined) return;
  if (content !== before?.content) {
    build.contents.set(node, content);
    stage.dirty.add(compiled.id);
  }
  const changed = content !== before?.content || source.feed !== before?.feed;
  change.step(
    node.globalId,
    running === undefined ? "create" : changed ? "update" : "keep",
    changed && running !== undefined ? "content" : "",
  );
  if (running !== undefined && before === undefined) retireNode(build.host, change, running, false);
  const kind: ImportKind = { kind: "import", def, args, feed: source.feed, content, refused };
  change.commit(() => {
    node.of = kind;
    node.exports = nothing;
    if (source.feed !== before?.feed) source.feed?.subscribe(() => build.host.arrived(node));
    if (kind.content !== before?.content) build.host.installed(node, kind.content);
    if (refused !== before?.refused) build.host.healthChanged(node);
  });
  commitEvaluated(stage, change, node, compiled);
}

interface Opened {
  readonly feed: Feed | undefined;
  readonly bundle: Bundle;
  readonly origin: Origin;
}

async function openSource(
  stage: Stage,
  change: Change,
  node: NodeState,
  before: ImportKind | undefined,
  { def, args, around }: { readonly def: SourceDef; readonly args: unknown; readonly around: Origin },
): Promise<Opened> {
  if (def.name === "file" && around.bundle !== undefined) {
    const bundle = cutBundle(around.bundle, around, stringArgument(args, "filename"));
    closeAfterSwap(change, node, before?.feed);
    return { feed: undefined, bundle, origin: originOf(def, args, bundle, around) };
  }
  if (before?.feed !== undefined && before.def === def && equalArguments(def.args, before.args, args)) {
    const { bundle } = before.content;
    return { feed: before.feed, bundle, origin: originOf(def, args, bundle, around) };
  }
  const { host } = stage.build;
  const feed = await host.options.openFeed(def, args, {
    globalId: node.globalId,
    log: host.log.with({ config_path: `/${stage.module.id}`, config_id: node.id }),
    signal: host.signal,
  });
  change.discard(() => feed.close());
  closeAfterSwap(change, node, before?.feed);
  return { feed, bundle: feed.current, origin: originOf(def, args, feed.current, around) };
}

function closeAfterSwap(change: Change, node: NodeState, feed: Feed | undefined): void {
  if (feed !== undefined) change.stop({ rank: [0], name: node.globalId, stop: () => feed.close() });
}

function isContent(content: ImportContent, bundle: Bundle, origin: Origin): boolean {
  const { bundle: has, definitions } = content;
  return (
    has.revision.digest === bundle.revision.digest &&
    has.entry === bundle.entry &&
    definitions.origin.modulePath === origin.modulePath
  );
}

/** Why a bundle is not in use, as health of the import. */
export function refusal(
  host: Host,
  bundle: Bundle,
  reasons: readonly Diagnostic[],
): NonNullable<ImportKind["refused"]> {
  const message = `revision ${bundle.revision.id} is not in use: ${reasons.map(formatDiagnostic).join("; ")}`;
  const at = host.clock.now();
  return { digest: bundle.revision.digest, health: { state: "unhealthy", message, fault: "own", at } };
}

/** Parses and compiles what came, with the imports in it; undefined when it is bad, and then the change knows why. */
export async function loadContent(
  build: Build,
  change: Change,
  node: NodeState,
  before: ImportContent | undefined,
  bundle: Bundle,
  origin: Origin,
): Promise<ImportContent | undefined> {
  try {
    const parsed = parseBundle(bundle, `${node.globalId}/`);
    if (hasErrors(parsed.diagnostics)) throw new DiagnosticError(parsed.diagnostics);
    const result = await compileImport(parsed.files, build.host.options);
    if (!result.ok) throw new DiagnosticError(result.diagnostics);
    const { measured } = node.module;
    const module = before?.module ?? createModule({ id: node.globalId, owner: node, measured }, undefined);
    const definitions = { registry: result.module.registry, origin, outer: undefined, nodes: new Map() };
    await buildModule(build, change, module, {
      compiled: result.module,
      definitions,
      variables: new Map([["module_path", origin.modulePath]]),
      outer: undefined,
      args: nothing,
      environmentChanged: before?.definitions.origin.modulePath !== origin.modulePath,
    });
    return change.failed ? undefined : { bundle, module, definitions };
  } catch (error) {
    failNode(change, node.compiled, error);
    return undefined;
  }
}
