/** Line differences of short texts, as people read them. */

export interface DiffLine {
  readonly sign: " " | "+" | "-";
  readonly text: string;
}

/** Beyond this many pairs of lines everything counts as changed. */
const LIMIT = 4_000_000;

/** The lines of both texts: common ones, removed ones, added ones, in order. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  if (before.length * after.length > LIMIT) {
    return [
      ...before.map((text): DiffLine => ({ sign: "-", text })),
      ...after.map((text): DiffLine => ({ sign: "+", text })),
    ];
  }
  const width = after.length + 1;
  // common[i * width + j]: length of the longest common sequence of before[i..] and after[j..].
  const common = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] =
        before[i] === after[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: " ", text: before[i]! });
      i++;
      j++;
    } else if (
      j === after.length ||
      (i < before.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)
    ) {
      lines.push({ sign: "-", text: before[i++]! });
    } else lines.push({ sign: "+", text: after[j++]! });
  }
  return lines;
}

/** Leaves out unchanged lines further than `context` from any change; a gap shows as one line `…`. */
export function contextOf(lines: readonly DiffLine[], context = 3): DiffLine[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - context), at + context + 1).some((l) => l.sign !== " "),
  );
  const shown: DiffLine[] = [];
  for (const [at, line] of lines.entries()) {
    if (near[at] === true) shown.push(line);
    else if (at === 0 || near[at - 1] === true) shown.push({ sign: " ", text: "…" });
  }
  return shown;
}
