/** The committed reference says what the definitions say. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { referenceFolder, renderReference } from "../../.ci/docs.ts";

test("docs/reference is what `npm run docs` writes", async () => {
  const pages = await renderReference();
  const committed = globSync("**/*.md", { cwd: referenceFolder }).sort();
  expect(committed).toEqual([...pages.keys()].sort());
  const stale = committed.filter((path) => readFileSync(join(referenceFolder, path), "utf8") !== pages.get(path));
  expect(stale, "run `npm run docs`").toEqual([]);
});

test("every page names its arguments, and every link of the index leads to a page", async () => {
  const pages = await renderReference();
  expect(pages.get("components/prometheus.scrape.md")).toContain("| `targets` | list(map(string)) | required |");
  expect(pages.get("components/prometheus.scrape.md")).toContain("Not supported yet.");
  expect(pages.get("sources/import.git.md")).toContain("# import.git\n");
  const links = [...pages.get("README.md")!.matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !link.startsWith("../") && !pages.has(link))).toEqual([]);
});
