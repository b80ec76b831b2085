// @vitest-environment node
/** From the parts of a model to one that answers: download, checks, cache, stop, retry. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Loader, type OpenModel } from "../src/loader";
import { Meter } from "../src/meter";
import { ModelFiles } from "../src/model_files";
import type { ModelCard, ModelPart } from "../src/page_data";
import { whatStays } from "../src/Start";
import { NO_ROOM, Storage } from "../src/storage";
import { FakeModel } from "./fake_model";

const BASE = "https://example.org/page/";
const CONTENTS = ["first part, ", "second part"];

let served: Map<string, () => Response>;
let kept: Map<string, Uint8Array>;
let parts: ModelPart[];
let fetched: string[];

const cache = {
  match: async (url: string) => {
    const bytes = kept.get(url);
    return bytes === undefined ? undefined : { blob: async () => new Blob([bytes as BlobPart]) };
  },
  put: async (url: string, response: Response) => {
    kept.set(url, new Uint8Array(await response.arrayBuffer()));
  },
  delete: async (url: string) => kept.delete(url),
} as unknown as Cache;

beforeEach(async () => {
  served = new Map();
  kept = new Map();
  fetched = [];
  parts = await Promise.all(
    CONTENTS.map(async (text, index) => {
      const bytes = new TextEncoder().encode(text);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const path = `model-0/paris.gguf.00${index}`;
      served.set(BASE + path, () => new Response(bytes));
      return { path, num_bytes: bytes.length, sha256 };
    }),
  );
  vi.stubGlobal("fetch", async (url: string) => {
    fetched.push(url);
    const response = served.get(url)?.();
    if (response === undefined) throw new TypeError("no network");
    return response;
  });
  // Pauses between tries pass at once.
  const run = globalThis.setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void) =>
    run(work, 0)) as typeof setTimeout);
});

afterEach(() => vi.unstubAllGlobals());

const signal = () => new AbortController().signal;

describe("the model's files", () => {
  it("are put together, and fetched once", async () => {
    const progress: number[] = [];
    const files = new ModelFiles(parts, cache, BASE);
    expect(await files.isKept()).toBe(false);
    const blob = await files.open((bytes) => progress.push(bytes), signal());
    expect(await blob.text()).toBe(CONTENTS.join(""));
    expect(progress.at(-1)).toBe(blob.size);
    expect(progress).toEqual(progress.toSorted((left, right) => left - right));
    expect(await files.isKept()).toBe(true);
    await files.open(() => undefined, signal());
    expect(fetched).toHaveLength(2);
    await files.forget();
    expect(await files.isKept()).toBe(false);
  });

  it("are had without a place to keep them", async () => {
    const files = new ModelFiles(parts, null, BASE);
    const blob = await files.open(() => undefined, signal());
    expect(await blob.text()).toBe(CONTENTS.join(""));
    expect(await files.isKept()).toBe(false);
  });

  it.each([
    ["damaged", () => new Response("FIRST PART, "), "arrived damaged"],
    ["too short", () => new Response("first"), "ended too early"],
    ["too long", () => new Response("first part, and more"), "longer than it should be"],
    ["not there", () => new Response("", { status: 404 }), "the server answered 404"],
  ])("that are %s are refused after three tries", async (_name, response, problem) => {
    served.set(BASE + parts[0]?.path, response);
    const files = new ModelFiles(parts, cache, BASE);
    await expect(files.open(() => undefined, signal())).rejects.toThrow(problem);
    expect(fetched).toHaveLength(3);
    expect(kept.size).toBe(0);
  });

  it("go on at the part that failed", async () => {
    const second = BASE + parts[1]?.path;
    const answer = served.get(second) as () => Response;
    served.delete(second);
    const files = new ModelFiles(parts, cache, BASE);
    await expect(files.open(() => undefined, signal())).rejects.toThrow("the connection failed");
    served.set(second, answer);
    fetched = [];
    await files.open(() => undefined, signal());
    expect(fetched).toEqual([second]);
  });

  it("are had where there is no room for them, which is said", async () => {
    const full = {
      ...cache,
      put: async () => {
        throw new DOMException("no room", "QuotaExceededError");
      },
    } as unknown as Cache;
    const files = new ModelFiles(parts, full, BASE);
    const storage = new Storage(files, async () => undefined);
    const { text } = await storage.describe();
    expect(text).toBe("The model is not kept in this browser.");
    const blob = await files.open(() => undefined, signal());
    expect(await blob.text()).toBe(CONTENTS.join(""));
    expect(files.isFull).toBe(true);
    expect(await storage.describe()).toEqual({ text: NO_ROOM, isKept: false });
  });

  it("that do not fit are foreseen where the browser tells its room", async () => {
    const estimate = vi.fn(async () => ({ quota: 100e6, usage: 40e6 }));
    vi.stubGlobal("navigator", { storage: { estimate } });
    const files = new ModelFiles(parts, cache, BASE);
    expect(await files.room()).toBe(60e6);
    await files.open(() => undefined, signal());
    expect(await files.room()).toBe(60e6 + CONTENTS.join("").length);
    expect(await new ModelFiles(parts, null, BASE).room()).toBeNull();
    estimate.mockRejectedValue(new TypeError("not here"));
    expect(await new ModelFiles(parts, cache, BASE).room()).toBeNull();
    expect(whatStays(60e6, 396e6)).toContain("has room for 60.0 MB only");
    expect(whatStays(500e6, 396e6)).toBe("It stays in this browser for the next visit.");
    expect(whatStays(null, 396e6)).toBe("It stays in this browser for the next visit.");
  });

  it("that were damaged while they were kept are fetched again", async () => {
    kept.set(BASE + parts[0]?.path, new Uint8Array(3));
    const files = new ModelFiles(parts, cache, BASE);
    const blob = await files.open(() => undefined, signal());
    expect(await blob.text()).toBe(CONTENTS.join(""));
  });
});

describe("loading", () => {
  const model = new FakeModel();
  const opens: OpenModel = async (_file, { onProgress }) => {
    onProgress(1, 2);
    return model;
  };
  const card = { file_bytes: 23 } as ModelCard;
  const loaderOf = (open: OpenModel, size = 23) =>
    new Loader({ ...card, file_bytes: size }, new ModelFiles(parts, cache, BASE), open);

  it("begins by itself with a small model and ends ready", async () => {
    const loader = loaderOf(opens);
    const kinds: string[] = [];
    loader.state.subscribe((state) => kinds.push(state.kind));
    await loader.begin(false);
    expect(loader.state.value).toEqual({ kind: "ready", model });
    expect(new Set(kinds)).toEqual(new Set(["starting", "loading", "ready"]));
  });

  it("asks where the model is large or data is dear, unless it is here already", async () => {
    const large = loaderOf(opens, 1e9);
    await large.begin(false);
    expect(large.state.value.kind).toBe("asking");
    const dear = loaderOf(opens);
    await dear.begin(true);
    expect(dear.state.value.kind).toBe("asking");
    await dear.load();
    await large.begin(false);
    expect(large.state.value.kind).toBe("ready");
  });

  it("stops when it is told to, and goes on", async () => {
    const loader = loaderOf(opens);
    const loading = loader.load();
    loader.stop();
    await loading;
    expect(loader.state.value).toEqual({ kind: "stopped" });
    await loader.load();
    expect(loader.state.value.kind).toBe("ready");
  });

  it("says why it failed", async () => {
    const loader = loaderOf(async () => {
      throw new Error("the model does not fit in memory");
    });
    await loader.load();
    expect(loader.state.value).toEqual({
      kind: "failed",
      message: "the model does not fit in memory",
    });
  });
});

describe("the meter", () => {
  it("tells rate and time left over the last moments, and starts anew after a setback", () => {
    const meter = new Meter(10_000);
    expect(meter.read(0, 0)).toEqual({ rate: null, remaining: null });
    expect(meter.read(1000, 1000)).toEqual({ rate: 1000, remaining: 9 });
    expect(meter.read(500, 1500)).toEqual({ rate: null, remaining: null });
  });
});
