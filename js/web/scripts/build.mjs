/**
 * Bundle the exported page into realm_jupyter/web/static:
 *
 *   index.html                    the page, with places that the export fills in
 *   page.js, page.css, check.js   the page's script and looks, and what runs before them
 *   markdown.js, maths.js         what the chat asks for when it is needed
 *   engine_worker.js, kernel_worker.js, *.wasm   the SDK's workers
 *   sw.js                         the service worker, which the export puts beside the page
 *   LICENSES.txt                  of this package, those in the bundles, and what the .wasm files hold
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { ENTRIES } from "../../scripts/entries.mjs";
import { compiledNotices, writeNotices } from "../../scripts/notices.mjs";
import { bundle, dist } from "../../sdk/scripts/build.mjs";

/** Most bytes of each file; the rest is of the SDK, which has a limit of its own. */
const BUDGET_BYTES = { "page.js": 180_000, "page.css": 45_000, "check.js": 3_000, "sw.js": 6_000 };
const FROM_SDK = /^(?:engine_worker\.js|kernel_worker\.js|.*\.wasm)$/;

const js = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const source = join(js, "web", "src");
const out = join(js, "..", "realm_jupyter", "web", "static");

const COMMON = {
  absWorkingDir: js,
  bundle: true,
  minify: true,
  metafile: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  outdir: out,
};
const MODERN = { ...COMMON, target: ["es2022", "chrome111", "firefox113", "safari16.4"] };

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await bundle();
const built = await Promise.all([
  esbuild.build({
    ...MODERN,
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    entryPoints: { page: "web/src/main.tsx", markdown: ENTRIES.markdown, maths: ENTRIES.maths },
    external: ["node:*"],
  }),
  esbuild.build({ ...MODERN, format: "iife", entryPoints: { sw: "web/src/sw.ts" } }),
  // It says what is missing where the rest cannot run.
  esbuild.build({
    ...COMMON,
    format: "iife",
    target: "es2015",
    entryPoints: { check: "web/src/check.ts" },
  }),
]);
for (const name of readdirSync(dist))
  if (FROM_SDK.test(name)) cpSync(join(dist, name), join(out, name));
cpSync(join(source, "index.html.template"), join(out, "index.html"));
cpSync(join(source, "icon.svg"), join(out, "icon.svg"));
const outputs = Object.assign({}, ...built.map(({ metafile }) => metafile.outputs));
const notices = join(out, "LICENSES.txt");
writeNotices({ outputs }, js, notices, ["@huggingface/jinja"]);
const own = readFileSync(join(js, "..", "LICENSE"), "utf8");
const head = "This page, its WebAssembly files and the SDK in it are parts of realm_jupyter.\n\n";
const packages = readFileSync(notices, "utf8");
const bar = "=".repeat(78);
writeFileSync(notices, `${head}${own}\n${packages}\n${bar}\n${compiledNotices()}`);

for (const [name, budget] of Object.entries(BUDGET_BYTES)) {
  const size = statSync(join(out, name)).size;
  console.log(`${name.padEnd(14)} ${String(size).padStart(7)} of ${budget} bytes`);
  if (size > budget) {
    console.error(`${name} is over its budget (web/scripts/build.mjs)`);
    process.exitCode = 1;
  }
}
for (const name of ["engine_worker.js", "guest.wasm"]) {
  if (!existsSync(join(out, name))) throw new Error(`the SDK's build left no ${name}`);
}
