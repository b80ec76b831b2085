/** One instance of the kernels' module: its functions, its memory, its errors. */

import { ModelMemoryError, RealmError } from "../errors.js";
import { ERROR_BYTES, Status } from "./structures.js";

/** The functions of realm_cpu.h and wasm/exports.h; pointers are numbers, int64 are bigints. */
export interface KernelFunctions {
  _initialize(): void;
  realm_cpu_isa(): number;
  realm_cpu_isas(): number;
  realm_cpu_select_isa(name: number): number;
  realm_cpu_allocate(numBytes: number): number;
  realm_cpu_release(address: number): void;
  realm_cpu_packed_bytes(quantType: number, numRows: bigint, numCols: bigint): bigint;
  realm_cpu_pack(
    quantType: number,
    source: number,
    packed: number,
    numRows: bigint,
    numCols: bigint,
    firstPanel: bigint,
    numPanels: bigint,
  ): number;
  realm_cpu_dequantize_row(quantType: number, source: number, numCols: bigint, row: number): number;
  realm_cpu_model_create(
    ops: number,
    numOps: number,
    weights: number,
    numWeights: number,
    frequencies: number,
    numFrequencies: bigint,
    kvLayers: number,
    numKVLayers: number,
    kvType: number,
    numThreads: number,
    error: number,
  ): number;
  realm_cpu_model_free(model: number): void;
  realm_cpu_page_bytes(model: number): bigint;
  realm_cpu_resize_cache(model: number, numPages: bigint, error: number): number;
  realm_cpu_copy_page(model: number, source: bigint, target: bigint, numTokens: number): number;
  realm_cpu_forward(
    model: number,
    tokenIds: number,
    spans: number,
    numSpans: number,
    selected: number,
    numSelected: number,
    logits: number,
    numLargest: number,
    largest: number,
    error: number,
  ): number;
  realm_cpu_stop_threads?(): void;
  __tls_size?: WebAssembly.Global;
}

const NO_MEMORY_ADVICE = "end other generations, unload a model or use a smaller one";

export class KernelInstance {
  readonly functions: KernelFunctions;
  readonly memory: WebAssembly.Memory;
  readonly maxMemoryBytes: number;
  readonly #error: number;
  #usedBytes = 0;
  readonly #sizes = new Map<number, number>();

  /** Instantiate a module with a memory of its own. */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, maxMemoryBytes: number) {
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.functions = instance.exports as unknown as KernelFunctions;
    this.memory = memory;
    this.maxMemoryBytes = maxMemoryBytes;
    this.functions._initialize();
    this.#error = this.allocate(ERROR_BYTES, "messages");
  }

  /** Bytes of memory that are allocated through this object. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Bytes that may still be allocated, at most. */
  get availableBytes(): number {
    return this.maxMemoryBytes - this.#usedBytes;
  }

  /**
   * Allocate memory, aligned to 64 bytes.
   *
   * @throws ModelMemoryError if there is none.
   */
  allocate(numBytes: number, what: string): number {
    const isPossible = numBytes <= this.availableBytes;
    const address = isPossible ? this.functions.realm_cpu_allocate(numBytes) >>> 0 : 0;
    if (address === 0) throw this.noMemory(numBytes, what);
    this.#sizes.set(address, numBytes);
    this.#usedBytes += numBytes;
    return address;
  }

  /** Give memory back. */
  release(address: number): void {
    this.#usedBytes -= this.#sizes.get(address) ?? 0;
    this.#sizes.delete(address);
    this.functions.realm_cpu_release(address);
  }

  /** Memory as it is now; no longer valid when the memory grows. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  view(address: number, length: number): DataView {
    return new DataView(this.memory.buffer, address, length);
  }

  /** A text of the kernels that ends with a zero. */
  text(address: number): string {
    const bytes = this.bytes(
      address,
      Math.min(ERROR_BYTES, this.memory.buffer.byteLength - address),
    );
    const end = bytes.indexOf(0);
    return String.fromCharCode(...bytes.slice(0, end < 0 ? bytes.length : end));
  }

  /** Where functions that fail write their message. */
  get error(): number {
    return this.#error;
  }

  /**
   * Check what a function returned.
   *
   * @throws ModelMemoryError, RealmError
   */
  check(status: number, problem: string): void {
    if (status === Status.ok) return;
    throw this.failure(status, problem);
  }

  /** The error for a status, with what the kernels say. */
  failure(status: number, problem: string): RealmError {
    const message = `${problem}: ${this.text(this.#error)}`;
    if (status !== Status.noMemory) return new RealmError(message);
    return new ModelMemoryError(`${message}; ${NO_MEMORY_ADVICE}`, {
      availableBytes: this.availableBytes,
    });
  }

  noMemory(requiredBytes: number, what: string): ModelMemoryError {
    const availableBytes = this.availableBytes;
    const [needed, available] = [grouped(requiredBytes), grouped(availableBytes)];
    return new ModelMemoryError(
      `${what} of ${needed} bytes do not fit: of the ${grouped(this.maxMemoryBytes)} bytes ` +
        `that the kernels can address, ${available} are not in use; ${NO_MEMORY_ADVICE}`,
      { requiredBytes, availableBytes },
    );
  }
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
