/** Reloads of 10,000 components: nothing changed (goal: 100 ms), and one argument of the last component changed (goal: building takes 20 ms). */
import { writeFileSync } from "node:fs";
import { chain, run, scratch, write } from "./_configurations.ts";
import { median, print } from "./_measure.ts";

const SIZE = 10_000;
const ROUNDS = 7;

const folder = scratch();
const text = chain(SIZE);
const file = write(folder, "chain.alloy", text);
const collector = await run(file, folder);

const reload = async (): Promise<number> => {
  const from = performance.now();
  const answer = await fetch(`${collector.url}/-/reload`, { method: "POST" });
  if (!answer.ok) throw new Error(`reloading: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
  return performance.now() - from;
};

interface Generation {
  readonly number: number;
  readonly took: Readonly<Record<string, number>>;
}
const latest = async (): Promise<Generation> => {
  const answer = (await (await fetch(`${collector.url}/api/v1/generations`)).json()) as
    { readonly generations: readonly Generation[] } | readonly Generation[];
  const all = "generations" in answer ? answer.generations : answer;
  return all.reduce((a, b) => (b.number > a.number ? b : a));
};

const unchanged: number[] = [];
const changed: number[] = [];
const phases: Record<string, number[]> = {};
for (let round = 0; round < ROUNDS; round++) {
  unchanged.push(await reload());
  const at = text.lastIndexOf("replacement");
  writeFileSync(file, text.slice(0, at) + text.slice(at).replace(/"\d+"/, `"changed ${round}"`));
  changed.push(await reload());
  for (const [phase, ms] of Object.entries((await latest()).took)) (phases[phase] ??= []).push(ms);
}
await collector.stop();

print({
  bench: "reload",
  components: SIZE,
  unchanged_ms: median(unchanged),
  goal_unchanged_ms: 100,
  one_argument_ms: median(changed),
  phases_ms: Object.fromEntries(Object.entries(phases).map(([phase, all]) => [phase, median(all)])),
  goal_build_ms: 20,
  ratio: median(changed) / collector.ms,
  peer: "first load of the same configuration",
});
