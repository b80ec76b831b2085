/** What a file says about one tensor. */

import type { QuantType } from "./quant_type.js";

export interface TensorInfo {
  readonly name: string;
  /** Columns first, as GGUF stores them. */
  readonly dims: readonly number[];
  readonly quantType: QuantType;
  /** From the beginning of the file. */
  readonly offset: number;
  readonly byteLength: number;
  readonly numElements: number;
}
