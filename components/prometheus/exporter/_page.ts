/** Builds one exposition page (text format 0.0.4): families in the order of their first use, samples in the order added. */
export type FamilyType = "counter" | "gauge" | "untyped";

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

export class Page {
  readonly #families = new Map<string, { head: string; lines: string[] }>();

  /** Adds one sample; label values may hold any text. */
  add(name: string, type: FamilyType, help: string, value: number, labels?: Readonly<Record<string, string>>): void {
    let family = this.#families.get(name);
    if (family === undefined) {
      const text = help.replace(/[\\\n]/g, (c) => ESCAPES[c]!);
      family = { head: `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`, lines: [] };
      this.#families.set(name, family);
    }
    family.lines.push(`${name}${formatLabels(labels)} ${formatNumber(value)}\n`);
  }

  /** Adds a whole family as text, head included; later text of the same name is appended without its head. */
  addText(name: string, head: string, lines: string): void {
    const family = this.#families.get(name);
    if (family === undefined) this.#families.set(name, { head, lines: [lines] });
    else family.lines.push(lines);
  }

  /** Takes over all samples of another page. */
  append(other: Page): void {
    for (const [name, family] of other.#families) this.addText(name, family.head, family.lines.join(""));
  }

  toString(): string {
    let out = "";
    for (const { head, lines } of this.#families.values()) out += head + lines.join("");
    return out;
  }
}

function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  if (labels === undefined) return "";
  const parts: string[] = [];
  for (const name in labels) parts.push(`${name}="${labels[name]!.replace(/[\\\n"]/g, (c) => ESCAPES[c]!)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function formatNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}
