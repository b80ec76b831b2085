/** Pieces of the kernels' memory by name, each as large as it ever had to be. */

import type { KernelInstance } from "./instance.js";

interface Piece {
  address: number;
  numBytes: number;
}

export class Tables {
  readonly #instance: KernelInstance;
  readonly #pieces = new Map<string, Piece>();

  constructor(instance: KernelInstance) {
    this.#instance = instance;
  }

  /** Room for bytes; what was in a piece that grows is lost. */
  reserve(name: string, numBytes: number): number {
    const found = this.#pieces.get(name);
    if (found !== undefined && found.numBytes >= numBytes) return found.address;
    if (found !== undefined) this.#instance.release(found.address);
    this.#pieces.delete(name);
    const size = Math.max(64, numBytes);
    const address = this.#instance.allocate(size, `the ${name} of a step`);
    this.#pieces.set(name, { address, numBytes: size });
    return address;
  }

  /** Write 32-bit integers. */
  integers(name: string, values: readonly number[]): number {
    const address = this.reserve(name, values.length * 4);
    new Int32Array(this.#instance.memory.buffer, address, values.length).set(values);
    return address;
  }

  close(): void {
    for (const piece of this.#pieces.values()) this.#instance.release(piece.address);
    this.#pieces.clear();
  }
}
