/** How a model's positions become angles: plain, linear, Llama 3, LongRoPE or YaRN. */

import { type Heads, type HyperparameterReader, MAX_CONTEXT_LENGTH } from "./hyperparameters.js";

const SCALINGS = ["none", "linear", "yarn", "longrope"];
export const MAX_BASE = 1e15;
const MAX_FACTOR = 1e6;

/** Attributes of a rope op but for the number of heads, and its factors. */
export interface RopeSettings {
  readonly attributes: {
    readonly layout: "norm" | "neox";
    readonly head_dim: number;
    readonly rotary_dims: number;
    readonly base: number;
    readonly freq_scale: number;
    readonly magnitude: number;
    readonly extrapolation: number;
    readonly ramp_low: number;
    readonly ramp_high: number;
  };
  /** Tensor that divides the angles. */
  readonly freqFactors: string | null;
}

/** Settings of the same heads with another base and no scaling at all. */
export function unscaled(settings: RopeSettings, base: number): RopeSettings {
  const { layout, head_dim, rotary_dims } = settings.attributes;
  return plainRope(layout, head_dim, rotary_dims, base);
}

/**
 * Read a file's rope settings.
 *
 * Where a file has factors for short and for long contexts (LongRoPE), those for the context
 * length that it declares are used for texts of any length, so that what is in the KV cache
 * stays valid. YaRN: Peng et al. 2023, arXiv:2309.00071, sections 3.2 and 3.4.
 *
 * @param hasTensor - Whether the file has a tensor; frequency factors are found by name.
 */
export function readRope(
  read: HyperparameterReader,
  heads: Heads,
  layout: "norm" | "neox",
  hasTensor: (name: string) => boolean,
): RopeSettings {
  const base = read.number("rope.freq_base", { fallback: 10000, isAbove: true, high: MAX_BASE });
  const plain = plainRope(layout, heads.keyDim, heads.rotaryDims, base);
  const contextLength = read.count("context_length", { high: MAX_CONTEXT_LENGTH });
  const original = read.count("rope.scaling.original_context_length", {
    fallback: contextLength,
    high: MAX_CONTEXT_LENGTH,
  });
  const lengthName = `rope_factors_${contextLength > original ? "long" : "short"}.weight`;
  const freqFactors = ["rope_freqs.weight", lengthName].find(hasTensor) ?? null;
  const magnitude = read.number("rope.scaling.attn_factor", {
    fallback: 1,
    isAbove: true,
    high: MAX_FACTOR,
  });
  const scaling = read.choice("rope.scaling.type", "linear", SCALINGS);
  if (scaling === "none") {
    return { attributes: { ...plain.attributes, magnitude }, freqFactors };
  }
  // Files write a factor of 0 for none; the older key is the same for linear scaling.
  const factor =
    read.number("rope.scaling.factor", { fallback: 0, high: MAX_FACTOR }) ||
    read.number("rope.scale_linear", { fallback: 0, high: MAX_FACTOR }) ||
    1;
  const attributes = { ...plain.attributes, freq_scale: 1 / factor, magnitude };
  const changes = scaling === "yarn" ? yarn(read, attributes, factor, original) : {};
  return { attributes: { ...attributes, ...changes }, freqFactors };
}

function plainRope(
  layout: "norm" | "neox",
  head_dim: number,
  rotary_dims: number,
  base: number,
): RopeSettings {
  return {
    attributes: {
      layout,
      head_dim,
      rotary_dims,
      base,
      freq_scale: 1,
      magnitude: 1,
      extrapolation: 0,
      ramp_low: 0,
      ramp_high: 0,
    },
    freqFactors: null,
  };
}

/** Changes that leave fast pairs alone, slow down slow ones and mix between. */
function yarn(
  read: HyperparameterReader,
  settings: RopeSettings["attributes"],
  factor: number,
  original: number,
): Partial<RopeSettings["attributes"]> {
  const asked = read.number("rope.scaling.yarn_ext_factor", { fallback: 1, low: -1, high: 1 });
  // Below zero is the files' way to say: the default.
  const extrapolation = asked < 0 ? 1 : asked;
  if (extrapolation === 0 || settings.base === 1) {
    return {};
  }
  const { rotary_dims, base } = settings;
  /** The pair that turns this often within the original context. */
  const pairWith = (turns: number) =>
    (rotary_dims * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const options = { isAbove: true, high: MAX_FACTOR };
  const fast = read.number("rope.scaling.yarn_beta_fast", { fallback: 32, ...options });
  const slow = read.number("rope.scaling.yarn_beta_slow", { fallback: 1, ...options });
  return {
    extrapolation,
    ramp_low: Math.max(0, Math.floor(pairWith(fast))),
    ramp_high: Math.min(rotary_dims - 1, Math.ceil(pairWith(slow))),
    magnitude: settings.magnitude * (1 + 0.1 * Math.log(Math.max(1, factor))),
  };
}
