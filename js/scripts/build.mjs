/**
 * Bundle the widgets into realm_jupyter/widget/static:
 *
 *   widget.js, widget.css   what anywidget loads (and stores in notebooks): must stay small
 *   <asset>.js              heavy parts, asked for over the comm when they are needed
 *   LICENSES.txt            of the packages in the bundles
 *
 * `--dev` also serves the development page, bundled anew with each reload.
 */
import { cpSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { BUDGET_BYTES, ENTRIES } from "./entries.mjs";
import { writeNotices } from "./notices.mjs";
import { strongerStyles } from "./stronger.mjs";

const js = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(js, "..", "realm_jupyter", "widget", "static");
const dev = process.argv.includes("--dev");

const options = {
  absWorkingDir: js,
  bundle: true,
  minify: true,
  format: "esm",
  // color-mix and container queries set the floor; nesting is flattened for it.
  target: ["es2022", "chrome111", "firefox113", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  plugins: [strongerStyles],
};

mkdirSync(out, { recursive: true });
const built = await esbuild.build({
  ...options,
  entryPoints: ENTRIES,
  outdir: out,
  metafile: true,
});
writeNotices(built.metafile, js, join(out, "LICENSES.txt"));

let tooLarge = false;
for (const [name, budget] of Object.entries(BUDGET_BYTES)) {
  const size = statSync(join(out, name)).size;
  console.log(`${name.padEnd(14)} ${String(size).padStart(7)} of ${budget} bytes`);
  if (size > budget) {
    console.error(`${name} is over its budget (scripts/entries.mjs)`);
    tooLarge = true;
  }
}

if (dev) {
  const page = join(js, "widget", "dev");
  const dist = join(page, "dist");
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  for (const name of ["markdown.js", "maths.js"]) cpSync(join(out, name), join(dist, name));
  for (const name of ["index.html", "page.css"]) cpSync(join(page, name), join(dist, name));
  const context = await esbuild.context({
    ...options,
    minify: false,
    sourcemap: true,
    entryPoints: { dev: "widget/dev/main.ts" },
    outdir: dist,
  });
  const { port } = await context.serve({ servedir: dist, host: "127.0.0.1" });
  console.log(`http://127.0.0.1:${port}/?scene=answered (and more: widget/dev/main.ts)`);
}
process.exitCode = tooLarge ? 1 : 0;
