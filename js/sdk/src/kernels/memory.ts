/** The memory that the kernels work in, with addresses of 32 or of 64 bits. */

import { ModelMemoryError } from "../errors.js";

export type AddressBits = 32 | 64;

export interface KernelMemory {
  memory: WebAssembly.Memory;
  addressBits: AddressBits;
  /** What it may become. */
  maxBytes: number;
}

const PAGE_BYTES = 65_536;
const INITIAL_PAGES = 16;
/** As hatch_build.py links the modules: a page less than 4 GiB; the most that engines allow. */
const MOST_PAGES = { 32: 65_535, 64: 262_144 } as const;
const FEWEST_PAGES = 4_096; // 256 MiB

/** Whether the engine here has memory, and tables, with addresses of 64 bits. */
export function hasMemory64(): boolean {
  return WebAssembly.validate(memoryModule(INITIAL_PAGES, false));
}

/**
 * A memory as large as the engine lets it become: engines reserve that many addresses.
 *
 * @throws ModelMemoryError where the engine has not even a few.
 */
export function newMemory(addressBits: AddressBits, isShared: boolean): KernelMemory {
  for (let maximum: number = MOST_PAGES[addressBits]; maximum >= FEWEST_PAGES; maximum >>= 1) {
    try {
      const memory =
        addressBits === 64
          ? wideMemory(maximum, isShared)
          : new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: isShared });
      return { memory, addressBits, maxBytes: maximum * PAGE_BYTES };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  const least = FEWEST_PAGES * PAGE_BYTES;
  throw new ModelMemoryError(
    `this engine has no address space of ${least} bytes for a model; close other pages`,
    { requiredBytes: least },
  );
}

/** How engines are asked for it in JavaScript has changed over time; the format never did. */
function wideMemory(maximum: number, isShared: boolean): WebAssembly.Memory {
  const module = new WebAssembly.Module(memoryModule(maximum, isShared));
  return new WebAssembly.Instance(module).exports.m as WebAssembly.Memory;
}

/** (module (table i64 0 funcref) (memory (export "m") i64 INITIAL_PAGES maximum shared?)) */
function memoryModule(maximum: number, isShared: boolean): Uint8Array<ArrayBuffer> {
  const flags = 4 | (isShared ? 2 : 0) | 1; // 64 bits, shared, with a maximum
  const limits = [flags, ...leb128(INITIAL_PAGES), ...leb128(maximum)];
  const tables = [4, 4, 1, 0x70, 4, 0]; // the kernels have one, and engines learnt it later
  const memories = [5, 1 + limits.length, 1, ...limits];
  const exported = [7, 5, 1, 1, "m".charCodeAt(0), 2, 0];
  return new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...tables, ...memories, ...exported]);
}

function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)];
}
