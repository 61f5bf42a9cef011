import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "../_page.ts";
import type { Collect, Host } from "./collector.ts";

/** A larger file is refused as a whole. */
const LARGEST = 16 * 1024 * 1024;

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+([^ \t]+)([ \t]+[^ \t]+)?[ \t]*$/;
const SUFFIXES = /(_bucket|_sum|_count)$/;

/** Metrics that others write into `*.prom` files, passed on as they are; a file that cannot be read whole is left out whole. */
export function textfile(host: Host, directory: string): Collect {
  return async (page) => {
    let failed = false;
    if (directory !== "") {
      let names: string[] = [];
      try {
        names = (await readdir(directory)).filter((name) => name.endsWith(".prom")).sort();
      } catch (error) {
        failed = true;
        host.log.error("reading the folder of text files failed", { directory, err: error });
      }
      const helps = new Map<string, string>();
      for (const name of names) {
        const path = join(directory, name);
        try {
          const info = await stat(path);
          if (info.size > LARGEST)
            throw new Error(`the file has ${info.size} bytes, more than the ${LARGEST} that are read`);
          if (addFile(page, path, await readFile(path, "utf8"), helps)) {
            failed = true;
            host.log.error("a text file has another help text for a metric than an earlier file", { file: path });
          }
          page.add(
            "node_textfile_mtime_seconds",
            "gauge",
            "When a text file was last written, in seconds since 1970.",
            Math.floor(info.mtimeMs / 1000),
            { file: path },
          );
        } catch (error) {
          failed = true;
          host.log.error("reading a text file failed", { file: path, err: error });
        }
      }
    }
    page.add(
      "node_textfile_scrape_error",
      "gauge",
      "1 if a text file or the folder could not be read.",
      failed ? 1 : 0,
    );
  };
}

interface Family {
  type: string;
  help: string | undefined;
  readonly samples: string[];
}

/** Adds the families of one file; returns whether a help text differs from the one an earlier file gave. */
function addFile(page: Page, path: string, text: string, helps: Map<string, string>): boolean {
  const families = new Map<string, Family>();
  const family = (name: string): Family => {
    let found = families.get(name);
    if (found === undefined) families.set(name, (found = { type: "untyped", help: undefined, samples: [] }));
    return found;
  };
  text.split("\n").forEach((raw, i) => {
    const line = raw.trim();
    if (line === "") return;
    const comment = /^#\s*(HELP|TYPE)\s+(\S+)\s?(.*)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === "TYPE") family(comment[2]!).type = comment[3]!.trim();
      else family(comment[2]!).help = comment[3]!;
      return;
    }
    if (line.startsWith("#")) return;
    const sample = SAMPLE.exec(line);
    if (sample === null || !isNumber(sample[2]!))
      throw new Error(`line ${i + 1} is not in the text format: ${line.slice(0, 100)}`);
    if (sample[3] !== undefined) throw new Error(`line ${i + 1} has a timestamp; text files may not have any`);
    const base = sample[1]!.replace(SUFFIXES, "");
    family(
      families.has(base) && /^(histogram|summary)$/.test(families.get(base)!.type) ? base : sample[1]!,
    ).samples.push(line);
  });
  let differs = false;
  for (const [name, { type, help, samples }] of families) {
    const known = helps.get(name);
    if (known !== undefined && help !== undefined && known !== help) {
      differs = true;
      continue;
    }
    if (help !== undefined) helps.set(name, help);
    if (samples.length === 0) continue;
    page.addText(
      name,
      `# HELP ${name} ${help ?? `Metric read from ${path}`}\n# TYPE ${name} ${type}\n`,
      `${samples.join("\n")}\n`,
    );
  }
  return differs;
}

function isNumber(text: string): boolean {
  return /^[+-]?(inf|nan)$/i.test(text) || !Number.isNaN(Number(text));
}
