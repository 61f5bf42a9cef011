/** Configurations of 10,000 components from exec to running, against `promtool check config` with 10,000 jobs. Goal: 1.0. */
import { spawnSync } from "node:child_process";
import { chain, fanOut, modules, prometheusJobs, run, scratch, time, write } from "./_configurations.ts";
import { interleave, median, print } from "./_measure.ts";

const SIZE = 10_000;
const ROUNDS = 5;

if (spawnSync("promtool", ["--version"]).status !== 0) {
  process.stderr.write("SKIPPED: promtool is not installed, so there is nothing to compare with\n");
  process.exit(0);
}
const folder = scratch();
const jobs = write(folder, "prometheus.yml", prometheusJobs(SIZE));
const shapes = { chain, fanOut, modules };

for (const [shape, make] of Object.entries(shapes)) {
  const file = write(folder, `${shape}.alloy`, make(SIZE));
  const rss: number[] = [];
  const load = async (): Promise<number> => {
    const collector = await run(file, folder);
    rss.push(collector.rss);
    await collector.stop();
    return collector.ms;
  };
  await load(); // Fills the compile cache, as an earlier start would have.
  const { ours, peer } = await interleave(ROUNDS, load, () => time("promtool", ["check", "config", jobs]));
  print({
    bench: "config",
    shape,
    components: SIZE,
    ms: median(ours),
    promtool_ms: median(peer),
    ratio: median(ours) / median(peer),
    goal: 1,
    rss_mib: median(rss) / 2 ** 20,
  });
}
