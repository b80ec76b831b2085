/** A model as a list of ops; the same JSON as Python's, held equal by tests/golden. */

export interface Op {
  /** Such as "rms_norm"; see realm_jupyter/graph/ops.py for the formulas. */
  op: string;
  /** Outputs of earlier ops. */
  inputs: string[];
  output: string;
  /** Tensors of the file by their part in the op. */
  weights: Record<string, string | string[] | null>;
  attributes: Record<string, unknown>;
}

export interface Graph {
  version: 1;
  hyperparameters: {
    architecture: string;
    vocab_size: number;
    context_length: number;
    embedding_length: number;
    num_layers: number;
  };
  ops: Op[];
}

/**
 * How many of the first ops make the hidden states that the output layer reads: rows of
 * `embedding_length` numbers, after the final norm.
 */
export function numHiddenOps({ ops }: Graph): number {
  const output = ops.findLast(({ op }) => op === "linear");
  return ops.findIndex((op) => op.output === output?.inputs[0]) + 1;
}
