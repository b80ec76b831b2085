/**
 * Build the package into js/sdk/dist:
 *
 *   browser.js, node.js         entry points, one bundle each, without the engine
 *   react.js                    the hooks
 *   engine_worker.js            the engine for a Web Worker; engine_thread.js for a Node thread
 *   kernel_worker.js, kernel_thread.js   one thread of the kernels
 *   *.wasm                      guest and kernels
 *   LICENSES.txt                of the packages in the bundles, and of what the .wasm files hold
 *   types/                      declarations
 *
 * `--no-types` leaves the declarations out (tests do not need them).
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { compiledNotices, writeNotices } from "../../scripts/notices.mjs";
import { BROWSER_ENTRIES, NODE_ENTRIES } from "./entries.mjs";
import { checkSizes } from "./sizes.mjs";

export const sdk = dirname(dirname(fileURLToPath(import.meta.url)));
export const dist = join(sdk, "dist");
const root = join(sdk, "..", "..");
const guest = join(root, "realm_jupyter", "guest", "guest.wasm");
const wasm = join(sdk, "wasm");

const COMMON = {
  absWorkingDir: sdk,
  outdir: dist,
  bundle: true,
  minify: true,
  keepNames: true,
  format: "esm",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  sourcemap: true,
  sourcesContent: false,
};

/** Bundle the scripts and copy the WebAssembly files. */
export async function bundle() {
  mkdirSync(dist, { recursive: true });
  const [{ metafile }] = await Promise.all([
    esbuild.build({
      ...COMMON,
      metafile: true,
      entryPoints: BROWSER_ENTRIES,
      platform: "browser",
      // Node's modules stay out: code for both asks for them only where they are.
      external: ["react", "node:*"],
      target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    }),
    esbuild.build({
      ...COMMON,
      entryPoints: NODE_ENTRIES,
      platform: "node",
      target: ["node20.19"],
    }),
  ]);
  const notices = join(dist, "LICENSES.txt");
  writeNotices(metafile, dirname(sdk), notices);
  appendFileSync(notices, `\n${"=".repeat(78)}\n${compiledNotices()}`);
  for (const name of readdirSync(wasm)) {
    if (name.endsWith(".wasm")) cpSync(join(wasm, name), join(dist, name));
  }
  cpSync(guest, join(dist, "guest.wasm"));
  cpSync(join(root, "LICENSE"), join(dist, "LICENSE"));
}

function declarations() {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  const project = join(sdk, "tsconfig.build.json");
  execFileSync(process.execPath, [tsc, "--project", project], { stdio: "inherit" });
}

function checkInputs() {
  for (const [file, step] of [
    [guest, "guest"],
    [wasm, "sdk"],
  ]) {
    if (!existsSync(file)) {
      console.error(`${file} is missing; build it with: python hatch_build.py ${step}`);
      process.exit(1);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  checkInputs();
  rmSync(dist, { recursive: true, force: true });
  await bundle();
  if (!process.argv.includes("--no-types")) declarations();
  process.exitCode = checkSizes(dist) ? 0 : 1;
}
