import type { Diagnostic } from "#src/diag/diagnostic.ts";
import type { Block, Statement } from "#src/syntax/ast.ts";
import type { Draft, DraftNode, Frame, Group } from "./draft.ts";
import { problemAt } from "#src/diag/problem-at.ts";
import { idOf, nameSpan, spanOf } from "#src/syntax/spans.ts";
import type { ModuleInput, Registry } from "./types.ts";

const configBlocks = new Set(["logging", "tracing", "argument", "export", "foreach"]);

/** First pass: sorts a module's statements into nodes and finds its declares and imports. */
export function collect(input: ModuleInput, frame: Frame): Draft {
  const problems: Diagnostic[] = [];
  const groups: Record<Group, Block[]> = { declare: [], config: [], component: [], service: [] };
  for (const statement of statementsOf(input)) {
    const problem = findStatementProblem(statement, input.kind);
    if (problem !== undefined) problems.push(problem);
    else if (statement.kind === "block") groups[groupOf(statement, frame)].push(statement);
  }
  const nodes = new Map<string, DraftNode>();
  for (const group of ["declare", "config", "component", "service"] as const) addNodes(nodes, group, groups[group]);
  return {
    input,
    frame,
    nodes,
    registry: buildRegistry(nodes.values(), input.outer),
    problems,
    findings: { own: new Map(), arguments: new Map(), inner: new Map(), references: new Map() },
    cycles: [],
    graph: new Map(),
    order: [],
  };
}

function statementsOf(input: ModuleInput): readonly Statement[] {
  return [...(input.files ?? []).flatMap((file) => file.body), ...(input.body ?? [])];
}

function findStatementProblem(statement: Statement, kind: ModuleInput["kind"]): Diagnostic | undefined {
  if (kind === "import") {
    const only = "only declare and import blocks are allowed in a module";
    if (statement.kind === "attribute") return problemAt(spanOf(statement), "misplaced-attribute", only);
    if (statement.name === "declare" || isImport(statement)) return undefined;
    return problemAt(nameSpan(statement), "misplaced-block", `${only}, got ${statement.name}`, {
      hint: `Put it into a declare, or into the configuration that imports this file.`,
    });
  }
  if (statement.kind === "block") return undefined;
  return problemAt(nameSpan(statement), "misplaced-attribute", `unrecognized attribute ${statement.name}`, {
    hint: "Only blocks may stand here; an attribute belongs into a block.",
  });
}

export function isImport(block: Block): boolean {
  return block.name.startsWith("import.");
}

function groupOf(block: Block, frame: Frame): Group {
  if (block.name === "declare") return "declare";
  if (configBlocks.has(block.name) || isImport(block)) return "config";
  return frame.options.block(block.name) === undefined ? "component" : "service";
}

function addNodes(nodes: Map<string, DraftNode>, group: Group, blocks: readonly Block[]): void {
  blocks.forEach((block, at) => {
    const id = idOf(block);
    const original = nodes.get(id)?.block;
    const node: DraftNode = {
      id: original === undefined ? id : `${id}-${at}`,
      block,
      group,
      original,
      of: undefined,
      fields: undefined,
      unknown: false,
      needs: new Set(),
      references: [],
    };
    nodes.set(node.id, node);
  });
}

function buildRegistry(nodes: Iterable<DraftNode>, outer: Registry | undefined): Registry {
  const declares = new Map<string, Block>();
  const imports = new Map<string, string>();
  for (const { id, block, original } of nodes) {
    if (block.label === "" || original !== undefined) continue;
    if (block.name === "declare") declares.set(block.label, block);
    else if (isImport(block) && !imports.has(block.label)) imports.set(block.label, id);
  }
  return { declares, imports, outer };
}
