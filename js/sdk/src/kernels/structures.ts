/** The numbers and layouts of realm_cpu.h, as `DataView`s write them. */

export const PAGE_TOKENS = 64;
export const PANEL_ROWS = 16;
export const ERROR_BYTES = 256;

/** Bytes of the structures, with pointers of 32 bits; those of 64 bits take the same places. */
export const WEIGHT_BYTES = 32;
export const OP_BYTES = 72;
export const KV_LAYER_BYTES = 12;
export const SPAN_BYTES = 32;

export const Status = { ok: 0, invalid: 1, unsupported: 2, noMemory: 3 } as const;

export const OpKind = {
  embedding: 0,
  rms_norm: 1,
  linear: 2,
  slice: 3,
  rope: 4,
  attention: 5,
  swiglu: 6,
  geglu: 7,
  moe: 8,
  add: 9,
  scale: 10,
  softcap: 11,
  select_rows: 12,
} as const;

export const WeightLayout = { file: 0, packed: 1, vector: 2 } as const;

export const KVType = { f32: 0, f16: 1, q8_0: 2 } as const;

/** Number of float32 among GGUF's quant types. */
export const F32 = 0;

const NAMES: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  8: "Q8_0",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  20: "IQ4_NL",
  23: "IQ4_XS",
  30: "BF16",
};

/** Name of a quant type for messages. */
export function quantName(quantType: number): string {
  return NAMES[quantType] ?? `type ${quantType}`;
}

/** One op of a program; see `realm_cpu_op`. */
export interface OpFields {
  kind: number;
  width: number;
  inputs: readonly number[];
  weights: readonly number[];
  ints: readonly number[];
  floats: readonly number[];
}

/** Write an op to `OP_BYTES` bytes. */
export function writeOp(view: DataView, at: number, op: OpFields): void {
  view.setInt32(at, op.kind, true);
  view.setInt32(at + 4, op.width, true);
  for (let i = 0; i < 3; ++i) view.setInt32(at + 8 + 4 * i, op.inputs[i] ?? -1, true);
  for (let i = 0; i < 4; ++i) view.setInt32(at + 20 + 4 * i, op.weights[i] ?? -1, true);
  for (let i = 0; i < 6; ++i) view.setInt32(at + 36 + 4 * i, op.ints[i] ?? 0, true);
  for (let i = 0; i < 3; ++i) view.setFloat32(at + 60 + 4 * i, op.floats[i] ?? 0, true);
}

/** One tensor in the kernels' memory; see `realm_cpu_weight`. */
export interface WeightFields {
  address: number;
  numRows: number;
  numCols: number;
  quantType: number;
  layout: number;
}

/** Write a weight to `WEIGHT_BYTES` bytes. */
export function writeWeight(view: DataView, at: number, weight: WeightFields): void {
  view.setBigUint64(at, BigInt(weight.address), true);
  view.setBigInt64(at + 8, BigInt(weight.numRows), true);
  view.setBigInt64(at + 16, BigInt(weight.numCols), true);
  view.setInt32(at + 24, weight.quantType, true);
  view.setInt32(at + 28, weight.layout, true);
}

/** New tokens of one sequence; see `realm_cpu_span`. */
export interface SpanFields {
  pages: number;
  numPages: number;
  position: number;
  numTokens: number;
}

/** Write a span to `SPAN_BYTES` bytes. */
export function writeSpan(view: DataView, at: number, span: SpanFields): void {
  view.setBigUint64(at, BigInt(span.pages), true);
  view.setBigInt64(at + 8, BigInt(span.numPages), true);
  view.setBigInt64(at + 16, BigInt(span.position), true);
  view.setBigInt64(at + 24, BigInt(span.numTokens), true);
}
