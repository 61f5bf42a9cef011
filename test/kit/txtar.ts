/** A text of several named files: a comment, then each file under a line `-- name --`. */
export interface Txtar {
  readonly comment: string;
  readonly files: ReadonlyMap<string, string>;
}

export function parseTxtar(text: string): Txtar {
  const parts = text.split(/^-- (.+) --\r?\n/m);
  const files = new Map<string, string>();
  for (let i = 1; i + 1 < parts.length; i += 2) files.set(parts[i]!.trim(), parts[i + 1]!);
  return { comment: parts[0]!, files };
}

export function printTxtar({ comment, files }: Txtar): string {
  return comment + [...files].map(([name, content]) => `-- ${name} --\n${content}`).join("");
}
