/** Kernels with 32-bit memory, and with 64-bit memory for the models that it has no room for. */

import type { TensorSource } from "../gguf/tensor_source.js";
import type { Graph } from "../graph/graph.js";
import type { Executor, ExecutorOptions, Kernels } from "./executor.js";

/** Kernels that say whether a model fits. */
export interface LimitedKernels extends Kernels {
  hasRoom(graph: Graph, tensors: TensorSource): boolean;
}

/** 32-bit memory is faster: its engines need not check whether addresses are within it. */
export class WideningKernels implements Kernels {
  readonly #narrow: LimitedKernels;
  readonly #startWide: () => Promise<Kernels>;
  #wide: Promise<Kernels> | null = null;
  #startedWide: Kernels | null = null;

  /** @param startWide Makes the kernels with 64-bit memory; called when they are needed first. */
  constructor(narrow: LimitedKernels, startWide: () => Promise<Kernels>) {
    this.#narrow = narrow;
    this.#startWide = startWide;
  }

  get threads(): number {
    return this.#narrow.threads;
  }

  get memoryBytes(): number {
    return this.#narrow.memoryBytes + (this.#startedWide?.memoryBytes ?? 0);
  }

  get maxMemoryBytes(): number {
    return this.#narrow.maxMemoryBytes + (this.#startedWide?.maxMemoryBytes ?? 0);
  }

  async createExecutor(
    graph: Graph,
    tensors: TensorSource,
    options: ExecutorOptions = {},
  ): Promise<Executor> {
    const fits = this.#narrow.hasRoom(graph, tensors);
    const kernels = fits ? this.#narrow : await this.#widened();
    return kernels.createExecutor(graph, tensors, options);
  }

  dispose(): void {
    this.#narrow.dispose();
    this.#startedWide?.dispose();
  }

  async #widened(): Promise<Kernels> {
    this.#wide ??= this.#startWide();
    try {
      const kernels = await this.#wide;
      this.#startedWide = kernels;
      return kernels;
    } catch (error) {
      // The next load tries again.
      this.#wide = null;
      throw error;
    }
  }
}
