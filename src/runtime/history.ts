import type { GenerationRecord, Verdict } from "./types.ts";
import type { Diagnostic } from "#src/diag/diagnostic.ts";

/** The last changes that were tried, oldest first, and who wants to hear of them. Steps that keep a node are left out. */
export interface History {
  readonly records: readonly GenerationRecord[];
  add(record: GenerationRecord): void;
  /** Changes the verdict of a record, if it is still there. */
  judge(loader: string, number: number, verdict: Verdict, diagnostics?: readonly Diagnostic[]): void;
  onChange(listener: (record: GenerationRecord) => void): () => void;
}

const KEPT = 50;

export function createHistory(): History {
  let records: readonly GenerationRecord[] = [];
  const listeners = new Set<(record: GenerationRecord) => void>();
  const tell = (record: GenerationRecord): void => {
    for (const listener of listeners) listener(record);
  };
  return {
    get records() {
      return records;
    },
    add(record) {
      const kept = { ...record, steps: record.steps.filter((step) => step.do !== "keep") };
      records = [...records.slice(1 - KEPT), kept];
      tell(kept);
    },
    judge(loader, number, verdict, diagnostics) {
      const old = records.find((record) => record.loader === loader && record.number === number);
      if (old === undefined || old.verdict === verdict) return;
      const judged = { ...old, verdict, diagnostics: diagnostics ?? old.diagnostics };
      records = records.map((record) => (record === old ? judged : record));
      tell(judged);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
