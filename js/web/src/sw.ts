/**
 * The service worker: serves the page's own files from its cache, the model's from theirs, and
 * adds the headers of cross-origin isolation, without which threads share no memory.
 *
 * The export writes `REALM_FILES` above this script: it changes when anything does.
 */
import { appCacheName, modelCacheName } from "./page_data";

/** What the export writes; paths are relative to the page. */
interface Files {
  version: string;
  /** All files but the model's. */
  app: string[];
  /** Those of them that are kept when they are first asked for: a browser needs one. */
  later: string[];
  model: string[];
}

// The part of the scope of service workers that is used here.
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", handler: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", handler: (event: FetchEvent) => void): void;
}
declare const REALM_FILES: Files;
const scope = globalThis as unknown as WorkerScope;

const NETWORK_PATIENCE_MS = 4_000;
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const root = scope.registration.scope;
const place = new URL(root).pathname;
const appCache = appCacheName(place, REALM_FILES.version);
const modelCache = modelCacheName(place);

const absolute = (path: string) => new URL(path, root).href;
const later = new Set(REALM_FILES.later.map(absolute));

async function install(): Promise<void> {
  const cache = await caches.open(appCache);
  // Names of the other files say what is in them; the page's does not.
  const needed = REALM_FILES.app.filter((path) => !REALM_FILES.later.includes(path));
  await cache.addAll([new Request(root, { cache: "reload" }), ...needed.map(absolute)]);
}

/** Drop what belongs to an older export of this page; other pages of the origin keep theirs. */
async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(appCacheName(place, "")) && name !== appCache) await caches.delete(name);
  }
  const current = new Set(REALM_FILES.model.map(absolute));
  const cache = await caches.open(modelCache);
  for (const { url } of await cache.keys()) {
    if (!current.has(url)) await cache.delete(url);
  }
  await scope.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  url.search = "";
  const isPage = url.href === root || url.href === absolute("index.html");
  return isolated(isPage ? await newest(request) : await kept(url.href, request));
}

/** The page from the network, so that a new export is seen; from the cache without one. */
async function newest(request: Request): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(NETWORK_PATIENCE_MS);
    const response = await fetch(request.url, { signal });
    if (response.ok) return response;
  } catch {
    // No network, or none to speak of.
  }
  return (await (await caches.open(appCache)).match(root)) ?? fetch(request);
}

async function kept(url: string, request: Request): Promise<Response> {
  for (const name of [appCache, modelCache]) {
    const found = await (await caches.open(name)).match(url);
    if (found !== undefined) return ranged(found, request.headers.get("Range"));
  }
  const response = await fetch(request);
  if (response.status === 200 && later.has(url)) {
    await (await caches.open(appCache)).put(url, response.clone()).catch(() => undefined);
  }
  return response;
}

/** The part of a whole file that was asked for. */
async function ranged(whole: Response, range: string | null): Promise<Response> {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  if (first === "" && last === "") return whole;
  const blob = await whole.blob();
  const start = first === "" ? Math.max(0, blob.size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? blob.size : Math.min(blob.size, Number(last) + 1);
  const headers = new Headers(whole.headers);
  if (start >= end) {
    headers.set("Content-Range", `bytes */${blob.size}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set("Content-Range", `bytes ${start}-${end - 1}/${blob.size}`);
  headers.set("Content-Length", String(end - start));
  return new Response(blob.slice(start, end), { status: 206, headers });
}

function isolated(response: Response): Response {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = request.method === "GET" && request.url.startsWith(root);
  const isAskable = request.cache !== "only-if-cached" || request.mode === "same-origin";
  if (isOurs && isAskable) event.respondWith(answer(request));
});
