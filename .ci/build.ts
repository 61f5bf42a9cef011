/**
 * Builds `dist/`: the core as one file, a lazy chunk for each leaf, and `catalog.json` with every definition as data.
 * Packages with native parts or a licence of their own stay outside and are installed beside it.
 */
import { build } from "esbuild";
import { chmodSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const out = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

rmSync(out, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { invar: "src/main.ts" },
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  minifySyntax: true,
  sourcemap: "linked",
  legalComments: "none",
  loader: { ".json": "json" },
  external: ["snappy", "openpgp"],
  define: { 'process.env["INVAR_VERSION"]': JSON.stringify(version) },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  metafile: true,
  logLevel: "warning",
});
chmodSync(join(out, "invar.js"), 0o755);

const catalog: Record<string, unknown[]> = { components: [], sources: [] };
for (const [kind, definitions] of Object.entries(catalog)) {
  for (const file of globSync(`${kind}/**/*.ts`, { cwd: root }).sort()) {
    if (/(^|\/)_/.test(file)) continue;
    definitions.push(((await import(join(root, file))) as { default: unknown }).default);
  }
}
writeFileSync(
  join(out, "catalog.json"),
  JSON.stringify(catalog, (_key, value: unknown) => (typeof value === "function" ? undefined : value)),
);

const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(
  `dist/: ${Object.keys(result.metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB, ${catalog["components"]!.length} components`,
);
