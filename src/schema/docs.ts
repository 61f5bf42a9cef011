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
  readonly examples?: readonly string[];
}

/** Title, description, arguments, blocks, exports and examples. */
export function renderPage(def: Documented): string {
  const sections = [`# ${def.name}`, def.doc];
  if (def.stability !== undefined && def.stability !== "generally-available")
    sections.push(`Stability: ${def.stability}. It needs \`--stability.level=${def.stability}\`.`);
  sections.push(...renderFields(def.args, "Arguments", ""));
  if (def.exports !== undefined && Object.keys(def.exports).length > 0)
    sections.push("## Exports", renderTable(["Name", "Type", "Description"], exportRows(def.exports)));
  if (def.examples !== undefined && def.examples.length > 0)
    sections.push("## Examples", ...def.examples.map((example) => `\`\`\`alloy\n${example.trim()}\n\`\`\``));
  return `${sections.join("\n\n")}\n`;
}

function renderFields(shape: Shape, title: string, path: string): string[] {
  const sections: string[] = [];
  const rows: string[][] = [];
  const inner: (readonly [path: string, shape: Shape, doc: string])[] = [];
  for (const [name, field] of Object.entries(shape)) {
    if (field.field === "attr") {
      rows.push(attributeRow(name, field as AnyAttr));
    } else if (field.field === "block") {
      const block = field as AnyBlock;
      inner.push([join(path, name), block.shape, describeBlock(block)]);
    } else {
      const { doc, variants } = field as AnyVariants;
      for (const [variant, one] of Object.entries(variants)) inner.push([join(path, `${name}.${variant}`), one, doc]);
    }
  }
  if (rows.length > 0) sections.push(`## ${title}`, renderTable(["Name", "Type", "Default", "Description"], rows));
  else if (path === "") sections.push(`## ${title}`, "It takes no arguments.");
  for (const [where, one, doc] of inner) {
    const [heading, ...rest] = renderFields(one, `Block ${where}`, where);
    sections.push(heading ?? `## Block ${where}`, doc, ...(heading === undefined ? [] : rest));
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
    field.deprecated === undefined ? "" : `Deprecated: ${field.deprecated}`,
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
