/**
 * The ops: the widths of their values and the shapes of their weights.
 *
 * The formulas are in the table of `realm_jupyter/graph/ops.py`, which is the contract of
 * every executor; names and messages are the same.
 */

import { formatError } from "../gguf/format_error.js";
import type { Op } from "./graph.js";

export interface OpKind {
  readonly inputs: readonly string[];
  /** Attributes that are not whole numbers. */
  readonly floats?: readonly string[];
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** Width of the output, for inputs of these widths. */
  infer(op: Op, widths: readonly number[]): number;
  /** Shape each weight must have, rows before columns. */
  weightShapes?(op: Op, widths: readonly number[]): Readonly<Record<string, readonly number[]>>;
}

/** Throw what is wrong with an op unless a condition holds. */
export function require(op: Op, condition: boolean, problem: string): void {
  if (!condition) {
    throw formatError(`op ${op.op} that makes '${op.output}': ${problem}`);
  }
}

/** A numeric attribute. */
export function numberOf(op: Op, name: string): number {
  const value = op.attributes[name];
  require(op, typeof value === "number", `${name} is missing`);
  return value as number;
}

const first = (widths: readonly number[]): number => widths[0] as number;

function commonWidth(op: Op, widths: readonly number[]): number {
  const [left, right] = widths;
  require(op, left === right, `widths ${left} and ${right} differ`);
  return left as number;
}

const embedding: OpKind = {
  inputs: [],
  infer(op) {
    require(op, numberOf(op, "vocab_size") > 0, "the vocabulary is empty");
    require(op, numberOf(op, "width") > 0, "the embedding is empty");
    return numberOf(op, "width");
  },
  weightShapes: (op) => ({ weight: [numberOf(op, "vocab_size"), numberOf(op, "width")] }),
};

const rmsNorm: OpKind = {
  inputs: ["input"],
  floats: ["eps"],
  infer(op, widths) {
    const groups = numberOf(op, "num_groups");
    require(op, numberOf(op, "eps") >= 0, `eps=${numberOf(op, "eps")} is negative`);
    require(op, groups > 0 &&
      first(widths) % groups ===
        0, `a width of ${first(widths)} does not divide into ${groups} groups`);
    return first(widths);
  },
  weightShapes: (op, widths) => ({ weight: [first(widths) / numberOf(op, "num_groups")] }),
};

const linear: OpKind = {
  inputs: ["input"],
  infer(op) {
    require(op, numberOf(op, "num_outputs") > 0, "it has no outputs");
    return numberOf(op, "num_outputs");
  },
  weightShapes(op, widths) {
    const outputs = numberOf(op, "num_outputs");
    return { weight: [outputs, first(widths)], bias: [outputs] };
  },
};

const slice: OpKind = {
  inputs: ["input"],
  infer(op, widths) {
    const start = numberOf(op, "start");
    const width = numberOf(op, "width");
    require(op, width > 0 &&
      start >= 0 &&
      start + width <=
        first(widths), `columns ${start} to ${start + width} are not within ${first(widths)}`);
    return width;
  },
};

const rope: OpKind = {
  inputs: ["input"],
  floats: ["base", "freq_scale", "magnitude", "extrapolation", "ramp_low", "ramp_high"],
  choices: { layout: ["norm", "neox"] },
  infer(op, widths) {
    const heads = numberOf(op, "num_heads");
    const dim = numberOf(op, "head_dim");
    const rotary = numberOf(op, "rotary_dims");
    require(op, heads > 0 &&
      heads * dim ===
        first(widths), `${heads} heads of ${dim} do not fill a width of ${first(widths)}`);
    require(op, rotary > 0 &&
      rotary <= dim &&
      rotary % 2 === 0, `rotary_dims=${rotary} is not even or not within the head`);
    require(op, numberOf(op, "base") > 0, `base=${numberOf(op, "base")} is not positive`);
    return first(widths);
  },
  weightShapes: (op) => ({ freq_factors: [numberOf(op, "rotary_dims") / 2] }),
};

const attention: OpKind = {
  inputs: ["query", "key", "value"],
  floats: ["scale", "softcap"],
  infer(op, widths) {
    const heads = numberOf(op, "num_heads");
    const kvHeads = numberOf(op, "num_kv_heads");
    const keyDim = numberOf(op, "key_dim");
    const valueDim = numberOf(op, "value_dim");
    require(op, kvHeads > 0 &&
      kvHeads <= heads &&
      heads % kvHeads === 0, `${heads} heads cannot share ${kvHeads} key/value heads evenly`);
    const expected = [heads * keyDim, kvHeads * keyDim, kvHeads * valueDim];
    attention.inputs.forEach((name, index) => {
      const found = widths[index] as number;
      const width = expected[index] as number;
      require(op, found === width &&
        width > 0, `the ${name} is ${found} wide, but its heads need ${width}`);
    });
    const softcap = numberOf(op, "softcap");
    require(op, softcap >= 0, `softcap=${softcap} is negative`);
    return heads * valueDim;
  },
};

const gatedUnit: OpKind = { inputs: ["gate", "up"], infer: commonWidth };

const moe: OpKind = {
  inputs: ["input"],
  choices: {
    activation: ["silu", "gelu"],
    routing: ["softmax_topk", "topk_softmax"],
  },
  infer(op, widths) {
    const experts = numberOf(op, "num_experts");
    const used = numberOf(op, "num_used");
    require(op, used > 0 && used <= experts, `${used} experts of ${experts} cannot be chosen`);
    require(op, numberOf(op, "hidden_width") > 0, "its experts are empty");
    return first(widths);
  },
  weightShapes(op, widths) {
    const experts = numberOf(op, "num_experts");
    const inward = [experts, numberOf(op, "hidden_width"), first(widths)];
    return {
      router: [experts, first(widths)],
      gate: inward,
      up: inward,
      down: [experts, first(widths), numberOf(op, "hidden_width")],
    };
  },
};

const softcap: OpKind = {
  inputs: ["input"],
  floats: ["cap"],
  infer(op, widths) {
    require(op, numberOf(op, "cap") > 0, `cap=${numberOf(op, "cap")} is not positive`);
    return first(widths);
  },
};

/** Every op by its name. */
export const OPS: Readonly<Record<string, OpKind>> = {
  embedding,
  rms_norm: rmsNorm,
  linear,
  slice,
  rope,
  attention,
  swiglu: gatedUnit,
  geglu: gatedUnit,
  moe,
  add: { inputs: ["left", "right"], infer: commonWidth },
  scale: { inputs: ["input"], floats: ["factor"], infer: (_op, widths) => first(widths) },
  softcap,
  select_rows: { inputs: ["input"], infer: (_op, widths) => first(widths) },
};
