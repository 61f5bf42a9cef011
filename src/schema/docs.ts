/** The reference page of a definition, as Markdown. */
import { render } from "#src/value/render.ts";
import { encodeValue } from "./encode.ts";
import type { Shape, Stability } from "./field.ts";
import type { AnyAttr, AnyBlock, AnyVariants } from "./plan.ts";
import { printType } from "./type-text.ts";

export interface Documented {
  readonly name: string;
  readonly doc: string;
  readonly args: Shape;
  readonly exports?: Shape;
  readonly stability?: Stability;
  readonly community?: boolean;
  /** Sentences about where and how it is used. */
  readonly notes?: readonly string[];
  readonly examples?: readonly string[];
}

/** Title, description, arguments, blocks, exports and examples. */
export function renderPage(def: Documented): string {
  const sections = [`# ${def.name}`, def.doc];
  if (def.stability !== undefined && def.stability !== "generally-available")
    sections.push(`Stability: ${def.stability}. It needs \`--stability.level=${def.stability}\`.`);
  if (def.community === true)
    sections.push("A community component. It needs `--feature.community-components.enabled`.");
  sections.push(...(def.notes ?? []), ...renderFields(def.args, "", new Map()));
  if (def.exports !== undefined && Object.keys(def.exports).length > 0)
    sections.push("## Exports", renderTable(["Name", "Type", "Description"], exportRows(def.exports)));
  if (def.examples !== undefined && def.examples.length > 0)
    sections.push("## Examples", ...def.examples.map((example) => `\`\`\`alloy\n${example.trim()}\n\`\`\``));
  return `${sections.join("\n\n")}\n`;
}

/** `seen` has the blocks written so far by their shapes: shapes are shared between blocks, and may contain themselves. */
function renderFields(shape: Shape, path: string, seen: Map<Shape, string>): string[] {
  seen.set(shape, path);
  const rows: string[][] = [];
  const inner: (readonly [path: string, shape: Shape, doc: string])[] = [];
  for (const [name, field] of Object.entries(shape)) {
    if (field.field === "attr") {
      rows.push(attributeRow(name, field as AnyAttr));
    } else if (field.field === "block") {
      const block = field as AnyBlock;
      inner.push([join(path, name), block.unsupported ? {} : block.shape, describeBlock(block)]);
    } else {
      const { doc, variants } = field as AnyVariants;
      for (const [variant, one] of Object.entries(variants)) inner.push([join(path, `${name}.${variant}`), one, doc]);
    }
  }
  const sections: string[] = [];
  if (path === "") sections.push("## Arguments");
  if (rows.length > 0) sections.push(renderTable(["Name", "Type", "Default", "Description"], rows));
  else if (path === "") sections.push(inner.length > 0 ? "It takes blocks only." : "It takes no arguments.");
  for (const [where, one, doc] of inner) {
    const same = seen.get(one);
    sections.push(`## Block ${where}`, doc);
    if (same === undefined) sections.push(...renderFields(one, where, seen));
    else if (Object.keys(one).length > 0)
      sections.push(`It holds the same as ${same === "" ? "what is around it" : `block ${same}`}.`);
  }
  return sections;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path} > ${name}`;
}

function attributeRow(name: string, field: AnyAttr): string[] {
  const notes = [
    field.doc,
    field.type.kind === "enum" ? `One of ${field.type.values.map((v) => `\`${JSON.stringify(v)}\``).join(", ")}.` : "",
    field.stability === undefined ? "" : `Stability: ${field.stability}.`,
    field.deprecated === undefined ? "" : `Deprecated: ${field.deprecated.replace(/\.$/, "")}.`,
    field.unsupported ? "Not supported yet." : "",
  ];
  const fallback = field.required
    ? "required"
    : field.default === undefined
      ? ""
      : `\`${render(encodeValue(field.type, field.default)).replace(/\s+/g, " ")}\``;
  return [`\`${name}\``, printType(field.type), fallback, notes.filter((note) => note !== "").join(" ")];
}

function describeBlock(block: AnyBlock): string {
  const notes = [
    block.doc,
    block.required ? "Required." : "",
    block.many ? "May be given several times." : "",
    block.labelled ? "Takes a label." : "",
    block.stability === undefined ? "" : `Stability: ${block.stability}.`,
    block.unsupported ? "Not supported yet." : "",
  ];
  return notes.filter((note) => note !== "").join(" ");
}

function exportRows(shape: Shape): string[][] {
  return Object.entries(shape).map(([name, field]) => [
    `\`${name}\``,
    field.field === "attr" ? printType((field as AnyAttr).type) : "block",
    field.doc,
  ]);
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
