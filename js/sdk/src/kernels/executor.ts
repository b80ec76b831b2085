/** What runs a graph: weights in one place, ragged batches through them. */

import type { TensorSource } from "../gguf/tensor_source.js";
import type { Graph } from "../graph/graph.js";

/** KV pages of one sequence. */
export interface SequenceCache {
  /** Tokens in the cache; the position of the next one. */
  readonly length: number;
  readonly isFreed: boolean;
  /** Make room for the next tokens; throws `ModelMemoryError`. */
  reserve(numTokens: number): void;
  /** Forget all tokens from this position on. */
  truncate(length: number): void;
  free(): void;
}

/** New tokens of one sequence; logits of the last one where `isLast`. */
export interface Chunk {
  cache: SequenceCache;
  tokenIds: Int32Array;
  isLast: boolean;
}

export interface Executor {
  /** Of the kernels that run it, such as "relaxed-simd threads". */
  readonly build: string;
  readonly vocabSize: number;
  /** Bytes of the weights in memory. */
  readonly memoryBytes: number;
  /** Bytes of KV pages that are allocated now. */
  readonly cacheBytes: number;
  newCache(): SequenceCache;
  /**
   * Run a ragged batch. Gives a row of logits for each chunk with `isLast`, else an empty one.
   * The rows are views into the kernels' memory, good until the next call.
   */
  forward(batch: readonly Chunk[]): Float32Array[];
  /** An empty cache for `forwardHidden`. */
  newHiddenCache(): SequenceCache;
  /**
   * Run tokens of a sequence up to the final norm. Gives the rows that the output layer would
   * read, one for each token; a view as that of `forward`.
   */
  forwardHidden(cache: SequenceCache, tokenIds: Int32Array): Float32Array;
  close(): void;
}

export interface KernelOptions {
  /** Threads of a step; more than one needs shared memory (cross-origin isolation in a page). */
  threads: number;
}

export interface ExecutorOptions {
  kvType?: "f32" | "f16" | "q8_0";
  /** Threads of its steps, of those that the kernels have; by default one for small models. */
  threads?: number;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/** One instance of the kernels; several models share it. */
export interface Kernels {
  readonly threads: number;
  /** Bytes of its memory now, and at most. */
  readonly memoryBytes: number;
  readonly maxMemoryBytes: number;
  createExecutor(graph: Graph, tensors: TensorSource, options: ExecutorOptions): Promise<Executor>;
  dispose(): void;
}
