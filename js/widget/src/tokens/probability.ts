/** Probabilities as people read them, in words and in steps of colour. */

/** Steps from certain to surprising: lower bound of the probability, and what it is called. */
export const STEPS = [
  { from: 0.9, label: "90 % and more" },
  { from: 0.5, label: "50 to 90 %" },
  { from: 0.2, label: "20 to 50 %" },
  { from: 0.05, label: "5 to 20 %" },
  { from: 0, label: "under 5 %" },
] as const;

/** Return the step of a natural log probability: an index into `STEPS`. */
export function stepOf(logprob: number): number {
  const probability = Math.exp(logprob);
  const step = STEPS.findIndex(({ from }) => probability >= from);
  return step === -1 ? STEPS.length - 1 : step;
}

/** `98 %`, `3.4 %`, `under 0.1 %`, of a natural log probability. */
export function formatProbability(logprob: number): string {
  const percent = 100 * Math.exp(logprob);
  if (percent < 0.1) return "under 0.1 %";
  if (percent < 9.95) return `${percent.toFixed(1)} %`;
  // What is not certain does not read as certain.
  return percent > 99.5 && percent < 99.95 ? "over 99 %" : `${Math.round(percent)} %`;
}

/** Return the perplexity of these log probabilities, or null if there are none. */
export function perplexity(logprobs: readonly (number | null)[]): number | null {
  const known = logprobs.filter((value) => value !== null);
  if (known.length === 0) return null;
  return Math.exp(-known.reduce((sum, value) => sum + value, 0) / known.length);
}
