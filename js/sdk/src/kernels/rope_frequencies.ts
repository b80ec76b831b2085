/** The angles of rotary position embedding; the twin of compute/rope_frequencies.py. */

import { ModelFormatError } from "../errors.js";
import type { Op } from "../graph/graph.js";
import { integerOf, numberOf } from "./attributes.js";

/**
 * Radians per position of each pair of a rope op: the angle of pair i at position p is p · θ_i.
 *
 * @throws ModelFormatError if a factor is not a positive finite number.
 */
export function angularFrequencies(op: Op, factors: Float32Array | null): number[] {
  const rotaryDims = integerOf(op, "rotary_dims");
  const [base, freqScale] = [numberOf(op, "base"), numberOf(op, "freq_scale")];
  const extrapolation = numberOf(op, "extrapolation");
  const [low, high] = [numberOf(op, "ramp_low"), numberOf(op, "ramp_high")];
  const numPairs = Math.floor(rotaryDims / 2);
  if (factors !== null && factors.length !== numPairs) {
    throw new ModelFormatError(
      `the factors of '${op.output}' are ${factors.length}, not ${numPairs}`,
    );
  }
  return Array.from({ length: Math.max(0, numPairs) }, (_, pair) => {
    let extrapolated = base ** ((-2 * pair) / rotaryDims);
    if (factors !== null) {
      const factor = factors[pair] ?? 0;
      if (!(Number.isFinite(factor) && factor > 0)) {
        throw new ModelFormatError(
          `the tensor '${op.weights.freq_factors}' holds a factor that is not positive`,
        );
      }
      extrapolated /= factor;
    }
    const ramp = (pair - low) / Math.max(0.001, high - low);
    const mix = extrapolation * (1 - Math.min(1, Math.max(0, ramp)));
    return freqScale * extrapolated * (1 - mix) + extrapolated * mix;
  });
}
