/** Which tensors of a model the kernels hold, and in which form. */

import { ModelFormatError, UnsupportedQuantizationError } from "../errors.js";
import type { TensorEntry, TensorSource } from "../gguf/tensor_source.js";
import type { Graph } from "../graph/graph.js";
import { textAttribute } from "./attributes.js";
import { quantName } from "./structures.js";

/** Tensors by their part in the graph; each once. */
export interface WeightNames {
  /** Matrices of linear ops and experts. */
  matrices: string[];
  /** Embedding tables. */
  tables: string[];
  /** Norms and biases, as float32. */
  vectors: string[];
  /** Factors of rope's frequencies: needed while the program is made. */
  factors: string[];
}

/** Collect the names of a graph's tensors. */
export function weightNames(graph: Graph): WeightNames {
  const names = {
    matrices: new Set<string>(),
    tables: new Set<string>(),
    vectors: new Set<string>(),
    factors: new Set<string>(),
  };
  for (const op of graph.ops) {
    const weight = (role: string) => textAttribute(op.weights[role], `the ${role} of ${op.output}`);
    if (op.op === "embedding") names.tables.add(weight("weight"));
    if (op.op === "rms_norm") names.vectors.add(weight("weight"));
    if (op.op === "linear") {
      names.matrices.add(weight("weight"));
      if (op.weights.bias != null) names.vectors.add(weight("bias"));
    }
    if (op.op === "moe") {
      for (const role of ["router", "gate", "up", "down"]) names.matrices.add(weight(role));
    }
    if (op.op === "rope" && op.weights.freq_factors != null) {
      names.factors.add(weight("freq_factors"));
    }
  }
  return {
    matrices: [...names.matrices],
    tables: [...names.tables],
    vectors: [...names.vectors],
    factors: [...names.factors],
  };
}

/** A tensor as matrices of one shape, one after another: experts have several. */
export interface MatrixShape {
  name: string;
  quantType: number;
  numMatrices: number;
  numRows: number;
  numCols: number;
  /** Of one row in the file. */
  rowBytes: number;
}

/**
 * The shape of a tensor.
 *
 * @throws ModelFormatError where the file's sizes do not fit each other.
 */
export function matrixShape(tensors: TensorSource, name: string): MatrixShape {
  const entry = entryOf(tensors, name);
  const [numCols = 1, numRows = 1, numMatrices = 1] = entry.shape;
  const rows = numRows * numMatrices;
  const rowBytes = entry.byteLength / rows;
  const isSound =
    entry.shape.length <= 3 &&
    entry.shape.every((size) => Number.isSafeInteger(size) && size > 0) &&
    Number.isSafeInteger(rows) &&
    Number.isSafeInteger(rowBytes);
  if (!isSound) {
    throw new ModelFormatError(
      `the tensor '${name}' of ${entry.byteLength} bytes has a shape that does not fit: ` +
        `${entry.shape.join(" x ")}`,
    );
  }
  return { name, quantType: entry.quantType, numMatrices, numRows, numCols, rowBytes };
}

/** A tensor's entry; a missing one is an error of the file. */
export function entryOf(tensors: TensorSource, name: string): TensorEntry {
  if (!tensors.has(name)) throw new ModelFormatError(`the tensor '${name}' is missing`);
  return tensors.tensor(name);
}

/** What is said of a tensor that the kernels cannot hold. */
export function unsupported(shape: MatrixShape): UnsupportedQuantizationError {
  const size = `${quantName(shape.quantType)}, ${shape.numRows} x ${shape.numCols}`;
  return new UnsupportedQuantizationError(
    `the kernels cannot hold the tensor '${shape.name}' (${size}); ` +
      "convert the model to another quant type, such as Q4_K_M or Q8_0",
  );
}
