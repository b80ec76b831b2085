/** Tensors of a file, read by ranges, so that no second copy of it is needed. */

export interface TensorEntry {
  name: string;
  /** Number of the quant type in GGUF. */
  quantType: number;
  /** Columns first, as GGUF stores them. */
  shape: readonly number[];
  byteLength: number;
}

export interface TensorSource {
  tensor(name: string): TensorEntry;
  has(name: string): boolean;
  /** Read bytes of a tensor from an offset within it; fills `into`. */
  read(name: string, offset: number, into: Uint8Array): Promise<void>;
}
