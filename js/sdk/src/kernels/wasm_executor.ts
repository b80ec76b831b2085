/** A model in the kernels' memory: packed weights, KV pages, one call for each step. */

import {
  ContextLengthError,
  KVCacheError,
  ModelFormatError,
  PromptError,
  RealmError,
} from "../errors.js";
import { type Graph, numHiddenOps } from "../graph/graph.js";
import type { Chunk, Executor, SequenceCache } from "./executor.js";
import type { KernelInstance } from "./instance.js";
import { KVPool, PagedCache } from "./kv_cache.js";
import type { Program } from "./program.js";
import {
  KV_LAYER_BYTES,
  OP_BYTES,
  SPAN_BYTES,
  Status,
  WEIGHT_BYTES,
  writeOp,
  writeSpan,
  writeWeight,
} from "./structures.js";
import { Tables } from "./tables.js";
import type { Weights } from "./weights.js";

/** How a model runs. */
export interface ModelOptions {
  /** Name of the kernels' build. */
  build: string;
  kvType: number;
  threads: number;
}

const ignore = () => undefined;

export class WasmExecutor implements Executor {
  readonly build: string;
  readonly vocabSize: number;
  readonly #instance: KernelInstance;
  readonly #weights: Weights;
  readonly #weightBytes: number;
  readonly #contextLength: number;
  readonly #pool: KVPool;
  readonly #tables: Tables;
  readonly #onClose: (executor: WasmExecutor) => void;
  /** Of the rows that a step gives. */
  readonly #width: number;
  readonly #isHidden: boolean;
  readonly #makeHidden: () => WasmExecutor;
  /** The same weights up to the final norm; made when it is needed first. */
  #hidden: WasmExecutor | null = null;
  #model: number;

  /**
   * Takes the weights over, also when it fails.
   *
   * @param hiddenWidth Of a part of another executor, whose weights stay that one's: the width of
   *   its rows, of which it gives one for each token.
   * @throws ModelFormatError if the kernels do not take the graph, ModelMemoryError
   */
  constructor(
    instance: KernelInstance,
    graph: Graph,
    program: Program,
    weights: Weights,
    options: ModelOptions,
    onClose: (executor: WasmExecutor) => void,
    hiddenWidth?: number,
  ) {
    this.#instance = instance;
    this.#weights = weights;
    this.#onClose = onClose;
    this.build = options.build;
    this.vocabSize = graph.hyperparameters.vocab_size;
    this.#width = hiddenWidth ?? this.vocabSize;
    this.#isHidden = hiddenWidth !== undefined;
    this.#makeHidden = () => {
      const ops = program.ops.slice(0, numHiddenOps(graph));
      const { embedding_length: width } = graph.hyperparameters;
      return new WasmExecutor(
        instance,
        graph,
        { ...program, ops },
        weights,
        options,
        ignore,
        width,
      );
    };
    this.#contextLength = graph.hyperparameters.context_length;
    this.#tables = new Tables(instance);
    try {
      this.#model = createModel(instance, program, weights, options);
    } catch (error) {
      if (!this.#isHidden) weights.close();
      throw error;
    }
    this.#weightBytes = weights.numBytes;
    const { functions } = instance;
    const model = this.#model;
    this.#pool = new KVPool({
      pageBytes: Number(functions.realm_cpu_page_bytes(model)),
      resize: (numPages) =>
        instance.check(
          functions.realm_cpu_resize_cache(model, BigInt(numPages), instance.error),
          "the KV cache cannot grow",
        ),
    });
  }

  get memoryBytes(): number {
    return this.#model === 0 ? 0 : this.#weightBytes;
  }

  get cacheBytes(): number {
    return this.#pool.memoryBytes + (this.#hidden?.cacheBytes ?? 0);
  }

  newCache(): SequenceCache {
    this.#requireOpen();
    return new PagedCache(this.#pool);
  }

  newHiddenCache(): SequenceCache {
    return this.#hiddenPart().newCache();
  }

  forwardHidden(cache: SequenceCache, tokenIds: Int32Array): Float32Array {
    const [rows] = this.#hiddenPart().forward([{ cache, tokenIds, isLast: true }]);
    return rows ?? new Float32Array(0);
  }

  forward(batch: readonly Chunk[]): Float32Array[] {
    this.#requireOpen();
    const caches = this.#check(batch);
    const chunks = batch.flatMap((chunk, index) => {
      const cache = caches[index];
      return cache !== undefined && chunk.tokenIds.length > 0 ? [{ chunk, cache }] : [];
    });
    try {
      for (const { chunk, cache } of chunks) cache.reserve(chunk.tokenIds.length);
      const rows = chunks.length > 0 ? this.#run(chunks) : new Float32Array(0);
      for (const { chunk, cache } of chunks) cache.commit(chunk.tokenIds.length);
      return this.#split(batch, rows);
    } catch (error) {
      for (const { cache } of chunks) cache.rollback();
      throw error;
    }
  }

  close(): void {
    if (this.#model === 0) return;
    this.#hidden?.close();
    this.#pool.close();
    this.#instance.functions.realm_cpu_model_free(this.#model);
    this.#model = 0;
    this.#tables.close();
    if (!this.#isHidden) this.#weights.close();
    this.#onClose(this);
  }

  #hiddenPart(): WasmExecutor {
    this.#requireOpen();
    this.#hidden ??= this.#makeHidden();
    return this.#hidden;
  }

  #run(chunks: readonly { chunk: Chunk; cache: PagedCache }[]): Float32Array {
    const ids: number[] = [];
    const pages: number[] = [];
    const selected: number[] = [];
    for (const { chunk, cache } of chunks) {
      for (const id of chunk.tokenIds) {
        if (this.#isHidden) selected.push(ids.length);
        ids.push(id);
      }
      pages.push(...cache.pages);
      if (chunk.isLast && !this.#isHidden) selected.push(ids.length - 1);
    }
    const tables = this.#tables;
    const idsAt = tables.integers("ids", ids);
    const pagesAt = tables.integers("pages", pages);
    const selectedAt = tables.integers("selected", selected);
    const spansAt = tables.reserve("spans", chunks.length * SPAN_BYTES);
    const logitsBytes = selected.length * this.#width * 4;
    const logitsAt = tables.reserve("logits", logitsBytes);
    const instance = this.#instance;
    const view = instance.view(spansAt, chunks.length * SPAN_BYTES);
    let firstPage = 0;
    for (const [index, { chunk, cache }] of chunks.entries()) {
      writeSpan(view, index * SPAN_BYTES, {
        pages: pagesAt + 4 * firstPage,
        numPages: cache.pages.length,
        position: cache.length,
        numTokens: chunk.tokenIds.length,
      });
      firstPage += cache.pages.length;
    }
    const status = instance.functions.realm_cpu_forward(
      this.#model,
      idsAt,
      spansAt,
      chunks.length,
      selectedAt,
      selected.length,
      logitsAt,
      0, // whole rows
      0,
      0, // to the end
      instance.error,
    );
    instance.check(status, "a step of the kernels failed");
    return new Float32Array(instance.memory.buffer, logitsAt, logitsBytes / 4);
  }

  #split(batch: readonly Chunk[], rows: Float32Array): Float32Array[] {
    let start = 0;
    return batch.map((chunk) => {
      const { length } = chunk.tokenIds;
      const numRows = this.#isHidden ? length : Number(chunk.isLast && length > 0);
      const end = start + numRows * this.#width;
      const row = rows.subarray(start, end);
      start = end;
      return row;
    });
  }

  #check(batch: readonly Chunk[]): PagedCache[] {
    if (new Set(batch.map((chunk) => chunk.cache)).size < batch.length) {
      throw new KVCacheError("a KV cache is twice in one batch");
    }
    return batch.map(({ cache, tokenIds }) => {
      if (!(cache instanceof PagedCache && cache.belongsTo(this.#pool))) {
        throw new KVCacheError("this KV cache belongs to another executor");
      }
      if (cache.isFreed) throw new KVCacheError("this KV cache was freed");
      for (const id of tokenIds) {
        if (id < 0 || id >= this.vocabSize) {
          throw new PromptError(`the token id ${id} is not in the vocabulary of ${this.vocabSize}`);
        }
      }
      const numTokens = cache.length + tokenIds.length;
      if (numTokens > this.#contextLength) {
        throw new ContextLengthError(
          `${numTokens} tokens are more than the context of ${this.#contextLength}`,
          { numTokens, contextLength: this.#contextLength },
        );
      }
      return cache;
    });
  }

  #requireOpen(): void {
    if (this.#model === 0) throw new RealmError("this executor was closed; load the model again");
  }
}

/** Hand a program to the kernels, which copy what they need of it. */
function createModel(
  instance: KernelInstance,
  program: Program,
  weights: Weights,
  options: ModelOptions,
): number {
  const { ops, frequencies, kvLayers } = program;
  const tables = new Tables(instance);
  try {
    const opsAt = tables.reserve("ops", ops.length * OP_BYTES);
    const weightsAt = tables.reserve("weights", weights.list.length * WEIGHT_BYTES);
    const frequenciesAt = tables.reserve("frequencies", frequencies.length * 8);
    const layersAt = tables.reserve("layers", kvLayers.length * KV_LAYER_BYTES);
    const view = new DataView(instance.memory.buffer);
    for (const [index, op] of ops.entries()) writeOp(view, opsAt + index * OP_BYTES, op);
    for (const [index, weight] of weights.list.entries()) {
      writeWeight(view, weightsAt + index * WEIGHT_BYTES, weight);
    }
    for (const [index, value] of frequencies.entries()) {
      view.setFloat64(frequenciesAt + 8 * index, value, true);
    }
    for (const [index, layer] of kvLayers.entries()) {
      const at = layersAt + index * KV_LAYER_BYTES;
      view.setInt32(at, layer.numKvHeads, true);
      view.setInt32(at + 4, layer.keyDim, true);
      view.setInt32(at + 8, layer.valueDim, true);
    }
    const model = instance.functions.realm_cpu_model_create(
      opsAt,
      ops.length,
      weightsAt,
      weights.list.length,
      frequenciesAt,
      BigInt(frequencies.length),
      layersAt,
      kvLayers.length,
      options.kvType,
      options.threads,
      instance.error,
    );
    if (model === 0) {
      const { message } = instance.failure(Status.invalid, "the kernels do not take this model");
      throw new ModelFormatError(message);
    }
    return model;
  } finally {
    tables.close();
  }
}
