/** Cold start of a 100-component configuration. Goal: 150 ms more than `node -e 0`. */
import { chain, run, scratch, time, write } from "./_configurations.ts";
import { interleave, median, print } from "./_measure.ts";

const SIZE = 100;
const GOAL_MS = 150;

const folder = scratch();
const file = write(folder, "start.alloy", chain(SIZE));
const load = async (): Promise<number> => {
  const collector = await run(file, folder);
  await collector.stop();
  return collector.ms;
};
await load(); // Fills the compile cache, as an earlier start would have.
const { ours, peer } = await interleave(11, load, () => time(process.execPath, ["-e", "0"]));
print({
  bench: "start",
  components: SIZE,
  ms: median(ours),
  node_ms: median(peer),
  more_ms: median(ours) - median(peer),
  goal_ms: GOAL_MS,
  ratio: median(ours) / (median(peer) + GOAL_MS),
});
