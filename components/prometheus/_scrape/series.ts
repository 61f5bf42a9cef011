/** From the labels on a page to those of the series that go on, and what may be wrong with them. */
import { isLabelName, isMetricName, type NameScheme } from "#src/relabel/names.ts";
import { Labels } from "#src/signal/labels.ts";

export interface SeriesSettings {
  readonly honorLabels: boolean;
  readonly scheme: NameScheme;
  /** 0 for no limit. */
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
}

/** A series of one target, for as long as it is exposed. */
export class ScrapedSeries {
  readonly labels: Labels;
  /** Number of the good scrape that last had it. */
  lastGood = -1;
  constructor(labels: Labels) {
    this.labels = labels;
  }
}

/** A series that makes the whole scrape fail. */
export class SeriesError extends Error {
  readonly limit: boolean;
  constructor(message: string, limit: boolean) {
    super(message);
    this.limit = limit;
  }
}

const EXPORTED = "exported_";

/** Adds the target's labels. Where both have one, either the page's is kept or it moves to `exported_…`. */
export function addTargetLabels(own: Labels, target: Labels, honor: boolean): Labels {
  const a = own.pairs;
  const b = target.pairs;
  const merged: string[] = [];
  let i = 0;
  for (let j = 0; j < b.length; j += 2) {
    const name = b[j]!;
    for (; i < a.length && a[i]! < name; i += 2) merged.push(a[i]!, a[i + 1]!);
    if (a[i] === name) {
      if (!honor) return moveConflicts(own, target);
    } else merged.push(name, b[j + 1]!);
  }
  for (; i < a.length; i += 2) merged.push(a[i]!, a[i + 1]!);
  return Labels.fromSorted(merged.slice());
}

function moveConflicts(own: Labels, target: Labels): Labels {
  const merged = new Map(own.entries());
  const conflicts: [string, string][] = [];
  for (const [name, value] of target.entries()) {
    const existing = merged.get(name);
    if (existing !== undefined) conflicts.push([name, existing]);
    merged.set(name, value);
  }
  conflicts.sort(([a], [b]) => a.length - b.length);
  for (const [name, value] of conflicts) {
    let moved = EXPORTED + name;
    while (merged.has(moved)) moved = EXPORTED + moved;
    merged.set(moved, value);
  }
  return Labels.from(merged);
}

/** Throws a `SeriesError` for names or sizes that are not allowed. */
export function checkSeries(labels: Labels, settings: SeriesSettings): void {
  const metric = labels.get("__name__");
  let valid = isMetricName(metric, settings.scheme);
  const { pairs } = labels;
  for (let i = 0; valid && i < pairs.length; i += 2)
    valid = pairs[i] === "__name__" || isLabelName(pairs[i]!, settings.scheme);
  if (!valid) throw new SeriesError(`invalid metric name or label names: ${labels.toString()}`, false);
  const { labelLimit, labelNameLengthLimit: nameLimit, labelValueLengthLimit: valueLimit } = settings;
  const shown = metric.slice(0, 50);
  if (labelLimit > 0 && labels.size > labelLimit)
    throw new SeriesError(
      `label_limit exceeded (metric: ${shown}, number of labels: ${labels.size}, limit: ${labelLimit})`,
      true,
    );
  if (nameLimit === 0 && valueLimit === 0) return;
  for (const [name, value] of labels.entries()) {
    const nameLength = Buffer.byteLength(name);
    const where = `metric: ${shown}, label name: ${name.slice(0, 50)}`;
    if (nameLimit > 0 && nameLength > nameLimit)
      throw new SeriesError(
        `label_name_length_limit exceeded (${where}, length: ${nameLength}, limit: ${nameLimit})`,
        true,
      );
    const valueLength = Buffer.byteLength(value);
    if (valueLimit > 0 && valueLength > valueLimit)
      throw new SeriesError(
        `label_value_length_limit exceeded (${where}, value: ${JSON.stringify(value.slice(0, 50))}, length: ${valueLength}, limit: ${valueLimit})`,
        true,
      );
  }
}
