/** Kernels without weights: the next token follows from the tokens before by a rule. */

import { KVCacheError, ModelMemoryError } from "../../src/errors.js";
import type { TensorSource } from "../../src/gguf/tensor_source.js";
import { weightNames } from "../../src/graph/check.js";
import type { Graph } from "../../src/graph/graph.js";
import type {
  Chunk,
  Executor,
  ExecutorOptions,
  Kernels,
  SequenceCache,
} from "../../src/kernels/executor.js";

const MODEL_BYTES = 1000;

/** Gives the next token for the tokens of a sequence. */
export type Rule = (tokenIds: readonly number[]) => number;

export interface Script {
  rule?: Rule;
  /** Called before each step with its chunks. */
  onForward?: (batch: readonly Chunk[]) => void;
  /** Called while a model is loaded. */
  onCreate?: (options: ExecutorOptions) => Promise<void>;
  /** Tokens that a sequence may hold. */
  maxTokens?: number;
}

/** Letters of the tiny vocabulary, in an order that depends on everything before. */
export const letters: Rule = (tokenIds) => {
  const hash = tokenIds.reduce((sum, id) => (sum * 31 + id + 7) % 65521, 1);
  return 260 + (hash % 26);
};

class ScriptedCache implements SequenceCache {
  readonly tokenIds: number[] = [];
  isFreed = false;
  readonly #kernels: ScriptedKernels;

  constructor(kernels: ScriptedKernels) {
    this.#kernels = kernels;
    kernels.caches.add(this);
  }

  get length(): number {
    return this.tokenIds.length;
  }

  reserve(numTokens: number): void {
    if (this.isFreed) {
      throw new KVCacheError("the cache was freed");
    }
    if (this.length + numTokens > (this.#kernels.script.maxTokens ?? Number.POSITIVE_INFINITY)) {
      throw new ModelMemoryError("no room for the next tokens");
    }
  }

  truncate(length: number): void {
    this.tokenIds.length = length;
  }

  free(): void {
    if (this.isFreed) {
      throw new KVCacheError("the cache was freed before");
    }
    this.isFreed = true;
    this.#kernels.caches.delete(this);
  }
}

class ScriptedExecutor implements Executor {
  readonly build = "scripted";
  readonly memoryBytes = MODEL_BYTES;
  readonly vocabSize: number;
  readonly #kernels: ScriptedKernels;

  constructor(kernels: ScriptedKernels, vocabSize: number) {
    this.#kernels = kernels;
    this.vocabSize = vocabSize;
    kernels.executors.add(this);
  }

  get cacheBytes(): number {
    return [...this.#kernels.caches].reduce((sum, cache) => sum + 10 * cache.length, 0);
  }

  newCache(): SequenceCache {
    return new ScriptedCache(this.#kernels);
  }

  forward(batch: readonly Chunk[]): Float32Array[] {
    const { onForward, rule = letters } = this.#kernels.script;
    onForward?.(batch);
    return batch.map(({ cache, tokenIds, isLast }) => {
      const sequence = (cache as ScriptedCache).tokenIds;
      sequence.push(...tokenIds);
      if (!isLast) {
        return new Float32Array(0);
      }
      const row = Float32Array.from({ length: this.vocabSize }, (_, id) => Math.sin(id) / 10);
      row[rule(sequence)] = 20;
      return row;
    });
  }

  newHiddenCache(): SequenceCache {
    return new ScriptedCache(this.#kernels);
  }

  /** Rows of two numbers: the token's id, and 1. */
  forwardHidden(cache: SequenceCache, tokenIds: Int32Array): Float32Array {
    (cache as ScriptedCache).tokenIds.push(...tokenIds);
    return Float32Array.from([...tokenIds].flatMap((id) => [id, 1]));
  }

  close(): void {
    this.#kernels.executors.delete(this);
  }
}

export class ScriptedKernels implements Kernels {
  readonly build = "scripted";
  readonly threads = 1;
  readonly maxMemoryBytes = 2 ** 32;
  readonly executors = new Set<ScriptedExecutor>();
  readonly caches = new Set<ScriptedCache>();
  readonly script: Script;
  isDisposed = false;

  constructor(script: Script = {}) {
    this.script = script;
  }

  get memoryBytes(): number {
    return MODEL_BYTES * this.executors.size;
  }

  async createExecutor(
    graph: Graph,
    tensors: TensorSource,
    options: ExecutorOptions,
  ): Promise<Executor> {
    const names = weightNames(graph);
    let done = 0;
    for (const name of names) {
      const { byteLength } = tensors.tensor(name);
      await tensors.read(name, 0, new Uint8Array(byteLength));
      options.onProgress?.(++done, names.size);
      options.signal?.throwIfAborted();
    }
    await this.script.onCreate?.(options);
    return new ScriptedExecutor(this, graph.hyperparameters.vocab_size);
  }

  dispose(): void {
    this.isDisposed = true;
  }
}
