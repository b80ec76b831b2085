/**
 * The kernels in Node beside the native executor, in turns:
 *
 *   node sdk/bench/node.mjs MODEL.gguf [--threads 2] [--rounds 5] [--prompt 128] [--new 32]
 *                           [--build kernels-threads.wasm] [--python python]
 *
 * Prints one line of JSON: medians of tokens per second and their ratios.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    prompt: { type: "string", default: "128" },
    new: { type: "string", default: "32" },
    build: { type: "string" },
    python: { type: "string", default: "python" },
  },
});
const [model] = positionals;
if (model === undefined) throw new Error("name a model: node sdk/bench/node.mjs MODEL.gguf");
const sizes = { promptTokens: Number(values.prompt), newTokens: Number(values.new) };

const scratch = mkdtempSync(join(here, ".bench-"));
try {
  const outfile = join(scratch, "node_side.mjs");
  const entryPoints = [join(here, "node_side.ts")];
  await esbuild.build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm" });
  const { load, median } = await import(pathToFileURL(outfile).href);

  const native = spawn(values.python, [join(here, "native_side.py"), model, values.threads], {
    cwd: join(here, "..", "..", ".."),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: native.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const ask = async () => {
    native.stdin.write(`${sizes.promptTokens} ${sizes.newTokens}\n`);
    const { value } = await lines.next();
    return JSON.parse(value);
  };

  const threads = Number(values.threads);
  const wasm = await load(join(here, "..", "wasm"), model, threads, values.build);
  const found = { native: [], wasm: [] };
  for (let round = -1; round < Number(values.rounds); ++round) {
    const sides = [await ask(), wasm.round(sizes)];
    if (round < 0) continue; // the first one warms up
    found.native.push(sides[0]);
    found.wasm.push(sides[1]);
  }
  native.stdin.end();
  const middle = (side, name) => median(found[side].map((round) => round[name]));
  const result = { model, build: wasm.build, threads, ...sizes };
  for (const name of ["prefill", "decode"]) {
    const [ours, theirs] = [middle("wasm", name), middle("native", name)];
    result[name] = { wasm: ours, native: theirs, ratio: ours / theirs };
  }
  console.log(JSON.stringify(result));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
