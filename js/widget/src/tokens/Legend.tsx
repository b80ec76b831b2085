/** What the colours and the lines under tokens say. */
import { STEPS } from "./probability";

export function Legend({ hasProbabilities }: { hasProbabilities: boolean }) {
  if (!hasProbabilities) {
    return <p class="realm-hint realm-token-legend">Probabilities were not recorded.</p>;
  }
  return (
    <ul class="realm-token-legend" aria-label="Probability of a token">
      {STEPS.map(({ from, label }, step) => (
        <li key={from}>
          <span class={`realm-token-sample realm-token-${step}`} aria-hidden="true">
            ab
          </span>
          {label}
        </li>
      ))}
    </ul>
  );
}
