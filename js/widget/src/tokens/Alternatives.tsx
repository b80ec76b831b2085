/** One token in detail, and what could have stood in its place. */
import type { Alternative, Token } from "../shared/messages";
import { marked, spoken } from "./marks";
import { formatProbability } from "./probability";

interface AlternativesProps {
  token: Token;
  onPick?: ((alternative: Alternative) => void) | undefined;
}

export function Alternatives({ token, onPick }: AlternativesProps) {
  const { logprob, token_id: id } = token;
  return (
    <>
      <div class="realm-token-head">
        <code dir="auto">{marked(token.text)}</code>
        <span class="realm-hint">
          token {id}
          {logprob === null ? "" : ` · ${formatProbability(logprob)} · log ${logprob.toFixed(2)}`}
        </span>
      </div>
      {token.top.length === 0 ? (
        <p class="realm-hint">
          {logprob === null
            ? "Probabilities were not recorded for this answer."
            : "No alternatives were recorded."}
        </p>
      ) : (
        <ol class="realm-alternatives" onKeyDown={onKeyDown}>
          {token.top.map((choice) => (
            <li key={choice.token_id} class="realm-alternative">
              <Choice choice={choice} isTaken={choice.token_id === id} onPick={onPick} />
            </li>
          ))}
        </ol>
      )}
      {onPick === undefined || token.top.length === 0 ? null : (
        <p class="realm-hint">Choose one to continue from there.</p>
      )}
    </>
  );
}

interface ChoiceProps {
  choice: Alternative;
  isTaken: boolean;
  onPick: ((alternative: Alternative) => void) | undefined;
}

function Choice({ choice, isTaken, onPick }: ChoiceProps) {
  const chance = formatProbability(choice.logprob);
  const content = (
    <>
      <span
        class="realm-alternative-bar"
        aria-hidden="true"
        style={{ inlineSize: `${Math.max(1, 100 * Math.exp(choice.logprob))}%` }}
      />
      <code dir="auto">{marked(choice.text)}</code>
      {isTaken ? <span class="realm-badge">taken</span> : null}
      <span class="realm-alternative-chance">{chance}</span>
    </>
  );
  if (onPick === undefined || isTaken) {
    return <span class="realm-alternative-row">{content}</span>;
  }
  return (
    <button
      type="button"
      class="realm-alternative-row"
      aria-label={`Continue from ${spoken(choice.text)}, ${chance}`}
      onClick={() => onPick(choice)}
    >
      {content}
    </button>
  );
}

function onKeyDown(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const list = event.currentTarget as HTMLElement;
  const buttons = [...list.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  event.preventDefault();
  event.stopPropagation();
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
}
