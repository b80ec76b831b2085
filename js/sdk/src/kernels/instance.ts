/** One instance of the kernels' module: its functions, its memory, its errors. */

import { ModelMemoryError, RealmError } from "../errors.js";
import { type KernelFunctions, kernelFunctions } from "./functions.js";
import { type AddressBits, hasMemory64, type KernelMemory } from "./memory.js";
import { ERROR_BYTES, Status } from "./structures.js";

/** Most bytes of one piece: with 32 bits the allocator takes a larger size for a negative one. */
const LARGEST_PIECE = { 32: 2 ** 31 - 2 ** 17, 64: Number.POSITIVE_INFINITY } as const;
const NO_MEMORY_ADVICE = "end other generations, unload a model or use a smaller one";
const WIDER_ADVICE = 'or give the option memory: "64-bit"';
const NO_WIDER_ADVICE =
  "or run it where WebAssembly has 64-bit memory (Chrome 133, Firefox 134, Node 24)";

export class KernelInstance {
  readonly functions: KernelFunctions;
  readonly memory: WebAssembly.Memory;
  readonly addressBits: AddressBits;
  readonly maxMemoryBytes: number;
  readonly #error: number;
  #usedBytes = 0;
  readonly #sizes = new Map<number, number>();

  /** Instantiate a module with a memory of its own. */
  constructor(module: WebAssembly.Module, { memory, addressBits, maxBytes }: KernelMemory) {
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.functions = kernelFunctions(instance.exports, addressBits);
    this.memory = memory;
    this.addressBits = addressBits;
    this.maxMemoryBytes = maxBytes;
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

  /** Bytes that may be allocated at once, at most. */
  get largestPieceBytes(): number {
    return LARGEST_PIECE[this.addressBits];
  }

  /**
   * Allocate memory, aligned to 64 bytes.
   *
   * @throws ModelMemoryError if there is none.
   */
  allocate(numBytes: number, what: string): number {
    const isPossible = numBytes <= Math.min(this.availableBytes, this.largestPieceBytes);
    const address = isPossible ? this.functions.realm_cpu_allocate(numBytes) : 0;
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
    return new ModelMemoryError(`${message}; ${this.#advice}`, {
      availableBytes: this.availableBytes,
    });
  }

  /** What to do where memory is short. */
  get #advice(): string {
    if (this.addressBits === 64) return NO_MEMORY_ADVICE;
    return `${NO_MEMORY_ADVICE}, ${hasMemory64() ? WIDER_ADVICE : NO_WIDER_ADVICE}`;
  }

  noMemory(requiredBytes: number, what: string): ModelMemoryError {
    const { availableBytes, largestPieceBytes, maxMemoryBytes } = this;
    const reason =
      requiredBytes <= availableBytes && requiredBytes > largestPieceBytes
        ? `one piece of 32-bit memory has at most ${grouped(largestPieceBytes)}`
        : `of the ${grouped(maxMemoryBytes)} bytes that the kernels can address, ` +
          `${grouped(availableBytes)} are not in use`;
    return new ModelMemoryError(
      `${what} of ${grouped(requiredBytes)} bytes do not fit: ${reason}; ${this.#advice}`,
      { requiredBytes, availableBytes },
    );
  }
}

function grouped(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
