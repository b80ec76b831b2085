/** Writes tiny WebAssembly modules: guests whose functions are given as code. */

const I32 = 0x7f;
const I64 = 0x7e;

/** Types of the functions that a guest exports: parameters, result. */
const SIGNATURES: Record<string, [number, number | null]> = {
  realm_abi_version: [0, I32],
  realm_alloc: [1, I32],
  realm_free: [1, null],
  realm_vocab_load: [2, I32],
  realm_tokenize: [3, I64],
  realm_detokenize: [3, I64],
  realm_generate_begin: [2, I32],
  realm_logits: [1, I32],
  realm_generate_step: [3, I64],
  realm_generate_end: [1, I64],
};

export const UNREACHABLE = [0x00];
/** Code that gives a number. */
export const i32 = (value: number): number[] => [0x41, ...signed(BigInt(value))];
export const i64 = (value: bigint): number[] => [0x42, ...signed(value)];
/** Code that reads far beyond the memory, and gives an i64. */
export const READ_BEYOND = [...i32(-8), 0x29, 0x00, 0x00];
/** Code that grows the memory by so many pages and gives the i32 that follows. */
export const growAnd = (pages: number, value: number): number[] => [
  ...i32(pages),
  0x40,
  0x00,
  0x1a,
  ...i32(value),
];
/** Code that calls the function of this index with its own first two parameters, for ever. */
export const callItself = (index: number): number[] => [
  0x20,
  0x00,
  0x20,
  0x01,
  0x20,
  0x02,
  0x10,
  index,
];

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) {
      return bytes;
    }
  }
}

function sized(bytes: readonly number[]): number[] {
  const length: number[] = [];
  let rest = bytes.length;
  do {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    rest >>= 7;
  } while (rest > 0);
  return [...length, ...bytes];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...sized([items.length, ...items.flat()])];
}

function name(text: string): number[] {
  return sized([...new TextEncoder().encode(text)]);
}

/** Position of a function in the guest. */
export function indexOf(functionName: string): number {
  return Object.keys(SIGNATURES).indexOf(functionName);
}

/**
 * A guest of one page of memory, whose functions give 0 (`realm_alloc` 1024) where no code is
 * given.
 */
export function guestModule(
  code: Record<string, readonly number[]> = {},
  { importName = "", without = "" } = {},
): WebAssembly.Module {
  const functions = Object.entries(SIGNATURES).filter(([key]) => key !== without);
  const types = functions.map(([, [params, result]]) => [
    0x60,
    ...sized(new Array<number>(params).fill(I32)),
    ...sized(result === null ? [] : [result]),
  ]);
  const numImports = importName === "" ? 0 : 1;
  const bodies = functions.map(([key, [, result]]) => {
    const plain = result === null ? [] : result === I64 ? i64(0n) : i32(0);
    const given = code[key] ?? (key === "realm_alloc" ? i32(1024) : plain);
    return sized([0x00, ...given, 0x0b]);
  });
  const exported = functions.map(([key], index) => [...name(key), 0x00, index + numImports]);
  const imported = [[...name("realm"), ...name(importName), 0x00, 0x00]];
  const bytes = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...(numImports > 0 ? section(2, imported) : []),
    ...section(
      3,
      functions.map((_, index) => [index]),
    ),
    ...section(5, [[0x00, 0x01]]),
    ...section(7, [[...name("memory"), 0x02, 0x00], ...exported]),
    ...section(10, bodies),
  ];
  return new WebAssembly.Module(Uint8Array.from(bytes));
}
