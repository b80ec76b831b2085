import { beforeEach, describe, expect, it } from "vitest";
import { ModelDownloadError } from "../../src/errors.js";
import { ModelCache } from "../../src/gguf/cache.js";
import { MemoryFolder } from "../support/memory_folder.js";

const URL = "https://models.example/a.gguf";
const FILE = Uint8Array.from({ length: 3 << 20 }, (_, index) => index % 253);

/** Much faster than an equality of arrays. */
const isFile = (bytes: Uint8Array, file = FILE) => Buffer.compare(bytes, file) === 0;

let folder: MemoryFolder;
let cache: ModelCache;
let requests: string[];

beforeEach(() => {
  folder = new MemoryFolder();
  cache = new ModelCache(folder as unknown as FileSystemDirectoryHandle);
  requests = [];
});

/** A server of one file, in a version. */
function server(version: string, { file = FILE, isBroken = false, hasRanges = true } = {}) {
  return (async (_url: unknown, init: RequestInit) => {
    const range = new Headers(init.headers).get("range") ?? "";
    requests.push(range);
    if (!hasRanges) {
      return new Response(file, { headers: { etag: version, "content-length": `${file.length}` } });
    }
    const [, start = "0", end = "0"] = /bytes=(\d+)-(\d+)/.exec(range) ?? [];
    if (isBroken && Number(start) > 0) {
      return new Response(null, { status: 404 });
    }
    const part = file.slice(Number(start), Number(end) + 1);
    const contentRange = `bytes ${start}-${Number(start) + part.length - 1}/${file.length}`;
    return new Response(part, {
      status: 206,
      headers: { etag: version, "content-range": contentRange },
    });
  }) as typeof fetch;
}

async function open(fetchIt: typeof fetch, options = {}): Promise<Uint8Array> {
  const source = await cache.open(URL, { fetch: fetchIt, retryMs: 1, ...options });
  expect(source.name).toBe(URL);
  const bytes = new Uint8Array(source.size);
  await source.read(0, bytes);
  await source.close();
  return bytes;
}

const offline = (async () => {
  throw new TypeError("fetch failed");
}) as unknown as typeof fetch;

describe("downloaded models", () => {
  it.each([true, false])("are kept, and not fetched again (ranges: %s)", async (hasRanges) => {
    const progress: number[][] = [];
    const onProgress = (...now: [number, number]) => progress.push(now);
    expect(isFile(await open(server("v1", { hasRanges }), { onProgress }))).toBe(true);
    expect(progress.at(-1)).toEqual([FILE.length, FILE.length]);
    expect(await cache.size()).toBe(FILE.length);
    const [model, ...others] = await cache.list();
    expect(model).toMatchObject({ url: URL, version: "v1", size: FILE.length });
    expect(others).toEqual([]);
    requests = [];
    expect(isFile(await open(server("v1", { hasRanges })))).toBe(true);
    expect(requests).toHaveLength(1);
    expect(isFile(await open(offline))).toBe(true);
  });

  it("are fetched again when the server has another version, which replaces them", async () => {
    await open(server("v1"));
    const file = FILE.map((value) => value ^ 1);
    expect(isFile(await open(server("v2", { file })), file)).toBe(true);
    expect(await cache.list()).toHaveLength(1);
    expect(await cache.size()).toBe(FILE.length);
    expect(folder.files.size).toBe(2);
  });

  it("never count when they are partial", async () => {
    await expect(open(server("v1", { isBroken: true }))).rejects.toThrow(ModelDownloadError);
    expect(folder.files.size).toBe(0);
    const abort = new AbortController();
    const aborted = open(server("v1"), {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(aborted).rejects.toThrow();
    expect(folder.files.size).toBe(0);
    // As a page leaves it that is closed while it downloads, and one that was cut.
    folder.files.set("0123.gguf", FILE);
    await open(server("v1"));
    expect(folder.files.size).toBe(2);
    const [name] = [...folder.files.keys()].filter((each) => each.endsWith(".gguf"));
    folder.files.set(name as string, FILE.slice(0, 100));
    expect(await cache.list()).toEqual([]);
    expect(isFile(await open(server("v1")))).toBe(true);
    expect(isFile(await open(offline))).toBe(true);
  });

  it("do without the storage when it is full", async () => {
    folder.room = 2 << 20;
    expect(isFile(await open(server("v1")))).toBe(true);
    expect(await cache.list()).toEqual([]);
  });

  it("are removed by address or all together", async () => {
    await open(server("v1"));
    const other = "https://models.example/b.gguf";
    await (await cache.open(other, { fetch: server("v1") })).close();
    expect(await cache.clear(URL)).toBe(FILE.length);
    expect((await cache.list()).map(({ url }) => url)).toEqual([other]);
    folder.files.set("left.gguf", FILE);
    expect(await cache.clear()).toBe(FILE.length);
    expect(folder.files.size).toBe(0);
    await expect(open(offline)).rejects.toThrow(ModelDownloadError);
  });

  it("have no place in Node", async () => {
    expect(await ModelCache.find()).toBe(null);
  });
});
