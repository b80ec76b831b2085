/** What the WebAssembly engine here can run, told by tiny modules. */

// (func (drop (OP (v128.const 0) ...))) and the like, with an empty type section of () -> ().
const HEADER = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0];

function module(...body: number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 11];
  return new Uint8Array([...HEADER, 10, code.length + 2, 1, code.length, ...code]);
}

const I32_0 = [65, 0];
const ZERO = [...I32_0, 253, 15]; // i8x16.splat
const DROP = 26;

/** SIMD of 128 bits. */
export function hasSimd(): boolean {
  return WebAssembly.validate(module(...ZERO, DROP));
}

/** Relaxed SIMD: fused multiply-add, dot products of bytes. */
export function hasRelaxedSimd(): boolean {
  // i16x8.relaxed_dot_i8x16_i7x16_s
  return WebAssembly.validate(module(...ZERO, ...ZERO, 253, 0x92, 0x02, DROP));
}

/** Memory that several threads share, and may wait on. */
export function hasThreads(): boolean {
  const isIsolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  if (isIsolated === false || typeof SharedArrayBuffer === "undefined") return false;
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return memory.buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}
