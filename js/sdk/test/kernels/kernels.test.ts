import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import {
  ConfigError,
  ContextLengthError,
  KVCacheError,
  LoadCancelledError,
  ModelFormatError,
  ModelMemoryError,
  PromptError,
  RealmError,
} from "../../src/errors.js";
import { BytesSource } from "../../src/gguf/byte_source.js";
import { GGUFFile } from "../../src/gguf/file.js";
import type { TensorSource } from "../../src/gguf/tensor_source.js";
import type { Graph } from "../../src/graph/graph.js";
import type { Kernels } from "../../src/kernels/executor.js";
import { createKernels, kernelsFile } from "../../src/kernels/load.js";
import { buildGraph } from "../../src/models/build_graph.js";
import { repositoryPath } from "../support/files.js";
import {
  BUILDS,
  executorOf,
  kernelModule,
  lastLogits,
  newKernels,
  someIds,
} from "../support/kernels.js";
import { ARCHITECTURES, tinyModel } from "../support/tiny_models.js";

const MODEL = tinyModel("llama");
const IDS = someIds(150, 320);
const OTHER = someIds(90, 320, 7);

const open: Kernels[] = [];

afterEach(() => {
  for (const kernels of open.splice(0)) kernels.dispose();
});

async function kernels(build = "", threads = 1): Promise<Kernels> {
  const made = await newKernels(build, threads);
  open.push(made);
  return made;
}

async function opened(bytes: Uint8Array = MODEL): Promise<{ graph: Graph; file: GGUFFile }> {
  const file = await GGUFFile.open(new BytesSource(bytes));
  return { graph: buildGraph(file), file };
}

/** A source whose tensors are changed. */
function changed(file: TensorSource, changes: Partial<TensorSource>): TensorSource {
  return {
    tensor: (name) => file.tensor(name),
    has: (name) => file.has(name),
    read: (name, offset, into) => file.read(name, offset, into),
    ...changes,
  };
}

describe("the same bits", () => {
  it.each(ARCHITECTURES)("of %s, whole, in chunks and beside others", async (architecture) => {
    const executor = await executorOf(await kernels(), tinyModel(architecture));
    const alone = lastLogits(executor, IDS);
    expect(alone.length).toBe(executor.vocabSize);
    expect(alone.every(Number.isFinite)).toBe(true);
    expect(lastLogits(executor, IDS, [1, 64, 3, 82])).toEqual(alone);
    const other = lastLogits(executor, OTHER);
    const [cache, second] = [executor.newCache(), executor.newCache()];
    const rows = executor.forward([
      { cache, tokenIds: Int32Array.from(IDS), isLast: true },
      { cache: second, tokenIds: Int32Array.from(OTHER), isLast: true },
    ]);
    expect(rows).toEqual([alone, other]);
  });

  it.each(BUILDS)("on one thread and on two: kernels%s", async (build) => {
    const [one, two] = [await kernels(build), await kernels(build, 2)];
    expect(two.threads).toBe(2);
    const model = readFileSync(repositoryPath("realm_jupyter/demo/paris.gguf"));
    const alone = await executorOf(one, model);
    const together = await executorOf(two, model, { threads: 2 });
    expect(together.build).toContain("threads");
    expect(lastLogits(together, IDS)).toEqual(lastLogits(alone, IDS));
    expect(lastLogits(together, IDS, [149, 1])).toEqual(lastLogits(alone, IDS));
  });
});

describe("the modules", () => {
  it.each(BUILDS)("import a memory and nothing else: kernels%s", (build) => {
    for (const threads of ["", "-threads"]) {
      const imports = WebAssembly.Module.imports(kernelModule(`kernels${build}${threads}.wasm`));
      expect(imports).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
    }
  });

  it.each(ARCHITECTURES)("agree with each other: %s", async (architecture) => {
    const model = tinyModel(architecture);
    const rows: Float32Array[] = [];
    for (const build of BUILDS) {
      rows.push(lastLogits(await executorOf(await kernels(build), model), IDS));
    }
    const largest = Math.max(...(rows[0] ?? []).map(Math.abs));
    for (const row of rows) {
      const error = Math.max(...row.map((value, id) => Math.abs(value - (rows[0]?.[id] ?? 0))));
      expect(error / largest).toBeLessThan(1e-3);
    }
  });

  it("use every instruction set that they hold", async () => {
    for (const build of BUILDS) {
      const expected = build === "" ? "simd" : "relaxed-simd";
      const { build: found } = await executorOf(await kernels(build), MODEL);
      expect(found).toBe(expected);
    }
  });
});

describe("loading", () => {
  it("reports progress up to the file's bytes", async () => {
    const done: [number, number][] = [];
    const executor = await executorOf(await kernels(), MODEL, {
      onProgress: (doneBytes, totalBytes) => done.push([doneBytes, totalBytes]),
    });
    const total = done.at(-1)?.[1] ?? 0;
    expect(done[0]).toEqual([0, total]);
    expect(done.at(-1)).toEqual([total, total]);
    expect(done.map(([bytes]) => bytes)).toEqual(
      done.map(([bytes]) => bytes).sort((a, b) => a - b),
    );
    expect(executor.memoryBytes).toBeGreaterThan(0);
  });

  it("gives all memory back, however often", async () => {
    const made = await kernels();
    const sizes: number[] = [];
    for (let round = 0; round < 5; ++round) {
      const executor = await executorOf(made, MODEL);
      lastLogits(executor, IDS);
      executor.close();
      executor.close();
      expect(executor.memoryBytes).toBe(0);
      sizes.push(made.memoryBytes);
    }
    expect(sizes.slice(1)).toEqual(sizes.slice(1).fill(sizes[0] ?? 0));
  });

  it("is given up in the middle, and the next load works", async () => {
    const made = await kernels();
    const abort = new AbortController();
    const onProgress = (doneBytes: number) => {
      if (doneBytes > 0) abort.abort();
    };
    const load = executorOf(made, MODEL, { signal: abort.signal, onProgress });
    await expect(load).rejects.toThrow(LoadCancelledError);
    const executor = await executorOf(made, MODEL);
    expect(lastLogits(executor, IDS).length).toBe(executor.vocabSize);
  });

  it("is given up while a read hangs", async () => {
    const { graph, file } = await opened();
    const abort = new AbortController();
    const source = changed(file, {
      read: () => {
        abort.abort();
        return new Promise(() => {});
      },
    });
    const load = (await kernels()).createExecutor(graph, source, { signal: abort.signal });
    await expect(load).rejects.toThrow(LoadCancelledError);
  });

  it("frees everything after a read that fails", async () => {
    const { graph, file } = await opened();
    const made = await kernels();
    const executor = await made.createExecutor(graph, file, {});
    executor.close();
    const before = made.memoryBytes;
    let reads = 0;
    const source = changed(file, {
      read: async (name, offset, into) => {
        reads += 1;
        if (reads === 9) throw new RangeError("the disk is gone");
        return file.read(name, offset, into);
      },
    });
    for (let round = 0; round < 5; ++round) {
      reads = 0;
      await expect(made.createExecutor(graph, source, {})).rejects.toThrow("the disk is gone");
    }
    expect(made.memoryBytes).toBe(before);
  });

  it.each([
    ["a tensor that is missing", null, ModelFormatError, /is missing/],
    ["a shape without rows", { shape: [32, 0] }, ModelFormatError, /has a shape that does not fit/],
    ["a shape beyond its bytes", { shape: [32, 2 ** 40] }, ModelFormatError, /does not fit/],
    ["an unknown quant type", { quantType: 99 }, RealmError, /cannot hold .*type 99/],
    [
      "sizes beyond all memory",
      { shape: [2 ** 30, 320], byteLength: 2 ** 32 * 320 },
      ModelMemoryError,
      /weights of this model of [\d,]+ bytes do not fit: of the [\d,]+ bytes/,
    ],
  ])("refuses %s", async (_, entry, error, message) => {
    const { graph, file } = await opened();
    const source = changed(file, {
      ...(entry === null && { has: () => false }),
      tensor: (name) => ({
        ...file.tensor(name),
        ...(name === "token_embd.weight" ? entry : null),
      }),
    });
    const load = (await kernels()).createExecutor(graph, source, {});
    await expect(load).rejects.toThrow(error);
    await expect((await kernels()).createExecutor(graph, source, {})).rejects.toThrow(message);
  });

  it("refuses a graph that makes no sense", async () => {
    const { graph, file } = await opened();
    const ops = graph.ops.map((op) =>
      op.op === "attention" ? { ...op, attributes: { ...op.attributes, num_heads: 3 } } : op,
    );
    const load = (await kernels()).createExecutor({ ...graph, ops }, file, {});
    await expect(load).rejects.toThrow(/the kernels do not take this model: op \d+ of kind/);
  });

  it("refuses options that make no sense", async () => {
    const { graph, file } = await opened();
    const module = kernelModule("kernels.wasm");
    await expect(createKernels(module, { threads: 0 })).rejects.toThrow(ConfigError);
    const options = { kvType: "q3" as "f16" };
    await expect((await kernels()).createExecutor(graph, file, options)).rejects.toThrow(
      /kvType='q3'/,
    );
  });

  it("names the build for this engine", () => {
    expect(kernelsFile({ threads: 1 })).toMatch(/^kernels(-relaxed)?\.wasm$/);
    expect(kernelsFile({ threads: 2 })).toMatch(/^kernels(-relaxed)?-threads\.wasm$/);
  });
});

describe("sequences", () => {
  it("go on after a cut as if the rest had never been", async () => {
    const executor = await executorOf(await kernels(), MODEL);
    const cache = executor.newCache();
    const feed = (ids: readonly number[]) =>
      executor.forward([{ cache, tokenIds: Int32Array.from(ids), isLast: true }])[0]?.slice();
    feed(OTHER);
    cache.truncate(0);
    feed(IDS.slice(0, 100));
    feed(OTHER.slice(0, 40));
    cache.truncate(100);
    expect(cache.length).toBe(100);
    expect(feed(IDS.slice(100))).toEqual(lastLogits(executor, IDS));
  });

  it("hold pages while they live and no longer", async () => {
    const executor = await executorOf(await kernels(), MODEL, { kvType: "q8_0" });
    const cache = executor.newCache();
    expect(executor.cacheBytes).toBe(0);
    executor.forward([{ cache, tokenIds: Int32Array.from(IDS), isLast: false }]);
    expect(executor.cacheBytes).toBeGreaterThan(0);
    cache.free();
    expect(executor.cacheBytes).toBe(0);
    expect(cache.isFreed).toBe(true);
    expect(() => cache.free()).toThrow(KVCacheError);
    expect(() => cache.truncate(0)).toThrow(KVCacheError);
  });

  it("are refused where they do not belong, and nothing changes", async () => {
    const made = await kernels();
    const [executor, stranger] = [await executorOf(made, MODEL), await executorOf(made, MODEL)];
    const [cache, foreign] = [executor.newCache(), stranger.newCache()];
    const chunk = (ids: readonly number[], own = cache) => ({
      cache: own,
      tokenIds: Int32Array.from(ids),
      isLast: true,
    });
    expect(() => executor.forward([chunk([1], foreign)])).toThrow(KVCacheError);
    expect(() => executor.forward([chunk([1]), chunk([2])])).toThrow(/twice in one batch/);
    expect(() => executor.forward([chunk([320])])).toThrow(PromptError);
    expect(() => executor.forward([chunk([-1])])).toThrow(PromptError);
    expect(() => executor.forward([chunk(someIds(257, 320))])).toThrow(ContextLengthError);
    expect(() => cache.truncate(1)).toThrow(KVCacheError);
    expect([cache.length, executor.cacheBytes]).toEqual([0, 0]);
    expect(executor.forward([chunk([])])[0]?.length).toBe(0);
    executor.close();
    expect(() => executor.forward([chunk([1])])).toThrow(/was closed/);
    expect(() => executor.newCache()).toThrow(/was closed/);
    expect(() => cache.reserve(1)).toThrow(/was closed/);
    cache.free();
    made.dispose();
    expect(() => stranger.newCache()).toThrow(/was closed/);
    await expect(executorOf(made, MODEL)).rejects.toThrow(/disposed/);
  });
});
