/**
 * The kernels in Chromium beside llama.cpp by wllama, in turns in one page:
 *
 *   npm install --no-save --ignore-scripts @wllama/wllama@3.8.1
 *   node sdk/bench/chromium.mjs MODEL.gguf [--threads 2] [--rounds 5] [--prompt 128] [--new 32]
 *                               [--build kernels-threads.wasm] [--wllama FOLDER]
 *
 * Prints one line of JSON: medians of tokens per second and their ratios.
 */
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as esbuild from "esbuild";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const js = dirname(dirname(here));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    prompt: { type: "string", default: "128" },
    new: { type: "string", default: "32" },
    build: { type: "string" },
    browser: { type: "string", default: "/usr/bin/chromium" },
    wllama: { type: "string", default: join(js, "node_modules", "@wllama", "wllama") },
  },
});
const [model] = positionals;
if (model === undefined) throw new Error("name a model: node sdk/bench/chromium.mjs MODEL.gguf");
if (!existsSync(values.wllama)) {
  throw new Error("npm install --no-save --ignore-scripts @wllama/wllama@3.8.1");
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const scratch = mkdtempSync(join(here, ".bench-"));

/** The file behind a path; the model, the builds and wllama lie in other folders. */
function place(path) {
  if (path === "/model.gguf") return model;
  if (path.startsWith("/wasm/")) return join(here, "..", path);
  if (path.startsWith("/wllama/")) return join(values.wllama, "esm", path.slice(8));
  return join(scratch, path);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://127.0.0.1");
  const headers = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  };
  if (pathname === "/") {
    response.writeHead(200, { ...headers, "Content-Type": "text/html" });
    response.end('<!doctype html><script type="module" src="chromium_page.js"></script>');
    return;
  }
  const path = place(pathname);
  if (!existsSync(path)) {
    response.writeHead(404, headers).end();
    return;
  }
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  response.writeHead(200, {
    ...headers,
    "Content-Type": type,
    "Content-Length": statSync(path).size,
  });
  createReadStream(path).pipe(response);
});

let browser;
try {
  const names = ["chromium_page.ts", "chromium_worker.ts", "kernel_thread.ts"];
  await esbuild.build({
    entryPoints: names.map((name) => join(here, name)),
    outdir: scratch,
    bundle: true,
    format: "esm",
    external: ["node:*"],
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({
    executablePath: values.browser,
    args: ["--no-sandbox", "--enable-features=SharedArrayBuffer"],
  });
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => "compare" in globalThis);
  const options = {
    threads: Number(values.threads),
    rounds: Number(values.rounds),
    promptTokens: Number(values.prompt),
    newTokens: Number(values.new),
    ...(values.build && { file: values.build }),
  };
  const result = await page.evaluate((given) => globalThis.compare(given), options);
  console.log(JSON.stringify({ model, browser: browser.version(), ...result }));
} finally {
  await browser?.close();
  server.close();
  rmSync(scratch, { recursive: true, force: true });
}
