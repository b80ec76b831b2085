import { describe, expect, it } from "vitest";
import { BUILDS, kernelModule } from "../support/kernels.js";

/** Name, number, columns and bytes of a block, and where its halves lie. */
const TYPES: readonly [string, number, number, number, readonly number[]][] = [
  ["Q4_0", 2, 32, 18, [0]],
  ["Q4_1", 3, 32, 20, [0, 2]],
  ["Q5_0", 6, 32, 22, [0]],
  ["Q5_1", 7, 32, 24, [0, 2]],
  ["Q8_0", 8, 32, 34, [0]],
  ["Q2_K", 10, 256, 84, [80, 82]],
  ["Q3_K", 11, 256, 110, [108]],
  ["Q4_K", 12, 256, 144, [0, 2]],
  ["Q5_K", 13, 256, 176, [0, 2]],
  ["Q6_K", 14, 256, 210, [208]],
  ["IQ4_NL", 20, 32, 18, [0]],
  ["IQ4_XS", 23, 256, 136, [0]],
];

// More panels of 16 rows and more slabs of 256 columns than one token takes in one go, the last
// ones not full.
const ROWS = 9 * 16 + 5;
const SLABS = 17;
const TOKENS = 3;

interface MatmulFunctions {
  _initialize(): void;
  realm_cpu_allocate(numBytes: number): number;
  realm_cpu_packed_bytes(type: number, rows: bigint, cols: bigint): bigint;
  realm_cpu_pack(
    type: number,
    source: number,
    packed: number,
    rows: bigint,
    cols: bigint,
    firstPanel: bigint,
    numPanels: bigint,
  ): number;
  realm_cpu_matmul(
    type: number,
    packed: number,
    rows: bigint,
    cols: bigint,
    x: number,
    tokens: bigint,
    y: number,
    threads: number,
  ): number;
}

/** The same bytes every time, with halves of about 0.004. */
function blocks(count: number, numBytes: number, halves: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(count * numBytes);
  let state = 1;
  for (let i = 0; i < bytes.length; ++i) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  for (let start = 0; start < bytes.length; start += numBytes) {
    for (const half of halves) bytes[start + half + 1] = 0x1c;
  }
  return bytes;
}

describe.each(BUILDS)("kernels%s", (build) => {
  it.each(TYPES)("give a token alone the bits that it has beside others: %s", (...type) => {
    const [, number, blockColumns, blockBytes, halves] = type;
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 1024 });
    const { exports } = new WebAssembly.Instance(kernelModule(`kernels${build}.wasm`), {
      env: { memory },
    });
    const functions = exports as unknown as MatmulFunctions;
    functions._initialize();
    const columns = SLABS * 256 + (blockColumns < 256 ? blockColumns : 0);
    const shape = [BigInt(ROWS), BigInt(columns)] as const;
    const source = blocks((ROWS * columns) / blockColumns, blockBytes, halves);
    const sourceAt = functions.realm_cpu_allocate(source.length);
    const packedAt = functions.realm_cpu_allocate(
      Number(functions.realm_cpu_packed_bytes(number, ...shape)),
    );
    const xAt = functions.realm_cpu_allocate(4 * TOKENS * columns);
    const yAt = functions.realm_cpu_allocate(4 * TOKENS * ROWS);
    new Uint8Array(memory.buffer, sourceAt).set(source);
    new Float32Array(memory.buffer, xAt, TOKENS * columns).forEach((_, i, x) => {
      x[i] = 3 * Math.sin(0.37 * i);
    });
    functions.realm_cpu_pack(number, sourceAt, packedAt, ...shape, 0n, 10n);
    const product = (token: number, count: number) => {
      const from = xAt + 4 * token * columns;
      functions.realm_cpu_matmul(number, packedAt, ...shape, from, BigInt(count), yAt, 1);
      return new Float32Array(memory.buffer, yAt, count * ROWS).slice();
    };
    const together = product(0, TOKENS);
    expect(together.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    for (let token = 0; token < TOKENS; ++token) {
      expect(product(token, 1)).toEqual(together.subarray(token * ROWS, (token + 1) * ROWS));
    }
  });
});
