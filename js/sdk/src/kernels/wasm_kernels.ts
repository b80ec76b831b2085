/** The kernels in WebAssembly: one instance, its threads, and the models in its memory. */

import { ConfigError, RealmError } from "../errors.js";
import type { TensorSource } from "../gguf/tensor_source.js";
import type { Graph } from "../graph/graph.js";
import type { Executor, ExecutorOptions, Kernels } from "./executor.js";
import type { KernelInstance } from "./instance.js";
import { Loading } from "./loading.js";
import { makeProgram } from "./program.js";
import { F32, KVType, WeightLayout } from "./structures.js";
import type { KernelThread } from "./thread.js";
import { ThreadTeam } from "./thread_team.js";
import { WasmExecutor } from "./wasm_executor.js";
import { weightNames } from "./weight_plan.js";
import { WeightPlan, Weights } from "./weights.js";

/** Below this, some 16 million weights, waking a thread takes longer than it saves. */
const SINGLE_THREAD_BYTES = 8_000_000;
/** Of all memory, what a model should find free for its KV cache. */
const CACHE_SHARE = 1 / 8;

export class WasmKernels implements Kernels {
  /** Such as "simd", "relaxed-simd", "relaxed-simd threads", "simd 64-bit memory". */
  readonly build: string;
  readonly threads: number;
  readonly #instance: KernelInstance;
  readonly #team: ThreadTeam | null;
  readonly #executors = new Set<WasmExecutor>();
  #isDisposed = false;

  constructor(
    module: WebAssembly.Module,
    instance: KernelInstance,
    threads: number,
    startThread?: () => KernelThread,
  ) {
    this.#instance = instance;
    this.threads = threads;
    const name = instance.text(instance.functions.realm_cpu_isa());
    const simd = name === "relaxed" ? "relaxed-simd" : "simd";
    const parts = [simd, threads > 1 && "threads", instance.addressBits === 64 && "64-bit memory"];
    this.build = parts.filter(Boolean).join(" ");
    this.#team =
      threads > 1 && startThread ? new ThreadTeam(module, instance, threads, startThread) : null;
  }

  get memoryBytes(): number {
    return this.#isDisposed ? 0 : this.#instance.memory.buffer.byteLength;
  }

  get maxMemoryBytes(): number {
    return this.#instance.maxMemoryBytes;
  }

  /** Whether a model's weights fit, and something for its KV cache. */
  hasRoom(graph: Graph, tensors: TensorSource): boolean {
    this.#requireOpen();
    const instance = this.#instance;
    const plan = new WeightPlan(weightNames(graph), tensors, instance);
    const room = instance.maxMemoryBytes * CACHE_SHARE;
    return (
      plan.memoryBytes + room <= instance.availableBytes &&
      plan.tensors.every((tensor) => tensor.memoryBytes <= instance.largestPieceBytes)
    );
  }

  async createExecutor(
    graph: Graph,
    tensors: TensorSource,
    options: ExecutorOptions = {},
  ): Promise<Executor> {
    this.#requireOpen();
    const instance = this.#instance;
    const plan = new WeightPlan(weightNames(graph), tensors, instance);
    const kvType = kvTypeOf(plan, options.kvType);
    const loading = new Loading(plan.fileBytes, options);
    const weights = await Weights.load(plan, tensors, instance, loading);
    try {
      this.#requireOpen();
      const program = makeProgram(graph, weights);
      const useful = plan.memoryBytes < SINGLE_THREAD_BYTES ? 1 : this.threads;
      const threads = Math.min(this.threads, options.threads ?? useful);
      const executor = new WasmExecutor(
        instance,
        graph,
        program,
        weights,
        { build: this.build, kvType, threads },
        (closed) => this.#executors.delete(closed),
      );
      this.#executors.add(executor);
      return executor;
    } catch (error) {
      weights.close();
      throw error;
    }
  }

  dispose(): void {
    if (this.#isDisposed) return;
    for (const executor of [...this.#executors]) executor.close();
    this.#team?.close();
    this.#isDisposed = true;
  }

  #requireOpen(): void {
    if (this.#isDisposed) throw new RealmError("these kernels were disposed of");
  }
}

function kvTypeOf(plan: WeightPlan, name: ExecutorOptions["kvType"]): number {
  if (name === undefined) {
    const matrices = plan.tensors.filter(({ layout }) => layout === WeightLayout.packed);
    return matrices.every((tensor) => tensor.quantType === F32) ? KVType.f32 : KVType.f16;
  }
  const found = KVType[name];
  if (found === undefined) {
    throw new ConfigError(`kvType='${name}' is unknown; use ${Object.keys(KVType).join(", ")}`, {
      field: "kvType",
      value: name,
      allowed: Object.keys(KVType).join(", "),
    });
  }
  return found;
}
