/** The functions of the kernels' module, with addresses as numbers whatever the module has. */

import type { AddressBits } from "./memory.js";

/** The functions of realm_cpu.h and wasm/exports.h; addresses are numbers, int64 are bigints. */
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
    stop: number,
    error: number,
  ): number;
  realm_cpu_stop_threads?(): void;
  __tls_size?: WebAssembly.Global;
}

/** Functions with addresses: the places of those among the arguments, and of a result "result". */
const ADDRESSES: Record<string, readonly (number | "result")[]> = {
  realm_cpu_isa: ["result"],
  realm_cpu_isas: ["result"],
  realm_cpu_select_isa: [0],
  realm_cpu_allocate: [0, "result"],
  realm_cpu_release: [0],
  realm_cpu_pack: [1, 2],
  realm_cpu_dequantize_row: [1, 3],
  realm_cpu_model_create: [0, 2, 4, 6, 10, "result"],
  realm_cpu_model_free: [0],
  realm_cpu_page_bytes: [0],
  realm_cpu_resize_cache: [0, 2],
  realm_cpu_copy_page: [0],
  realm_cpu_forward: [0, 1, 2, 4, 6, 7, 8, 9, 10],
};

type Exported = (...values: (number | bigint)[]) => number | bigint;

/** The functions of an instance, of which the engine takes addresses of 64 bits as bigints. */
export function kernelFunctions(
  exports: WebAssembly.Exports,
  addressBits: AddressBits,
): KernelFunctions {
  const functions: Record<string, WebAssembly.ExportValue> = { ...exports };
  for (const [name, places] of Object.entries(ADDRESSES)) {
    const exported = exports[name] as Exported;
    functions[name] = (...values: (number | bigint)[]) => {
      if (addressBits === 64) {
        for (const place of places) {
          if (place !== "result") values[place] = BigInt(values[place] as number);
        }
      }
      const result = exported(...values);
      if (!places.includes("result")) return result;
      // Engines give 32 bits with a sign.
      return addressBits === 64 ? Number(result) : (result as number) >>> 0;
    };
  }
  return functions as unknown as KernelFunctions;
}
