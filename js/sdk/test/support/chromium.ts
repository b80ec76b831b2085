/** Pages of a real Chromium that have the built package. */

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { dist } from "../../scripts/build.mjs";
import { DEMO, modelFile } from "./paths.js";

const NAMES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** REALM_CHROMIUM or the one of this machine; null if there is none. */
export const CHROMIUM: string | null =
  process.env.REALM_CHROMIUM ?? NAMES.find((name) => existsSync(name)) ?? null;

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  wasm: "application/wasm",
};

/** Lets pages share memory between threads. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const EMPTY_PAGE = `<!doctype html><title>Test</title><link rel="icon" href="data:,">
<script type="module">
  import * as sdk from "/dist/browser.js";
  globalThis.sdk = sdk;
</script>`;

export interface Site {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A static server: `/dist/` is the package, `/models/NAME` a model (first of the folder `models`),
 * `/` an empty page with the package as `sdk`, everything else a file of `folder`.
 */
export async function serveSite(
  options: { isolated?: boolean; folder?: string; models?: string } = {},
): Promise<Site> {
  const { isolated = true, folder, models } = options;
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
    const headers = isolated ? ISOLATION : {};
    const file = fileOf(path, folder, models);
    if (path === "/" && folder === undefined) {
      response.writeHead(200, { ...headers, "content-type": TYPES.html });
      response.end(EMPTY_PAGE);
    } else if (file === null || !existsSync(file)) {
      response.writeHead(404, headers).end("there is no such file");
    } else {
      send(file, request.headers.range, headers, response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fileOf(
  path: string,
  folder: string | undefined,
  models: string | undefined,
): string | null {
  if (path.includes("..")) return null;
  if (path.startsWith("/dist/")) return join(dist, path.slice("/dist/".length));
  if (path.startsWith("/models/")) {
    const name = basename(path);
    if (models !== undefined && existsSync(join(models, name))) return join(models, name);
    return existsSync(join(DEMO, name)) ? join(DEMO, name) : modelFile(name);
  }
  if (folder === undefined) return null;
  return join(folder, path === "/" ? "index.html" : path);
}

function send(
  file: string,
  range: string | undefined,
  headers: Record<string, string>,
  response: import("node:http").ServerResponse,
): void {
  const { size } = statSync(file);
  const type = TYPES[file.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  const all = { ...headers, "content-type": type, "accept-ranges": "bytes" };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  if (first === undefined) {
    response.writeHead(200, { ...all, "content-length": size });
    createReadStream(file).pipe(response);
    return;
  }
  const start = Number(first);
  const end = Math.min(last ? Number(last) : size - 1, size - 1);
  response.writeHead(206, {
    ...all,
    "content-length": end - start + 1,
    "content-range": `bytes ${start}-${end}/${size}`,
  });
  createReadStream(file, { start, end }).pipe(response);
}

/** Start a browser. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM as string,
    args: ["--no-sandbox", "--disable-background-networking"],
  });
}

/** Open a page, whose own errors end up in `errors`. */
export async function openPage(
  browser: Browser,
  url: string,
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  return { page, errors };
}

/** Open the empty page, when the package is there. */
export async function openSdk(
  browser: Browser,
  site: Site,
): Promise<{ page: Page; errors: string[] }> {
  const opened = await openPage(browser, site.url);
  await opened.page.waitForFunction(() => "sdk" in globalThis);
  return opened;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

/**
 * Do something, and give the longest time in milliseconds that one task of the page's main
 * thread computed meanwhile. Time in which other processes ran does not count.
 */
export async function longestTask(
  browser: Browser,
  page: Page,
  work: () => Promise<unknown>,
): Promise<number> {
  const categories = ["toplevel", "__metadata"];
  await browser.startTracing(page, { categories });
  let trace: Buffer;
  try {
    await work();
    // The answer is sent from within the last task, which is in the trace once it has ended.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const mains = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const isMain = ({ pid, tid }: TraceEvent) =>
    mains.some((main) => main.pid === pid && main.tid === tid);
  const tasks = traceEvents.filter(
    (event) => event.ph === "X" && event.tdur !== undefined && isMain(event),
  );
  if (tasks.length === 0) throw new Error("the trace has no tasks of the main thread");
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}
