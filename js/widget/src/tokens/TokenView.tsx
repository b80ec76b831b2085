/** The view of `inspect(response)`. */
import { signal } from "@preact/signals";
import { render } from "preact";
import type { WidgetContext } from "../shared/context";
import { formatTokens } from "../shared/format";
import type { TokensState } from "../shared/messages";
import { perplexity } from "./probability";
import { TokenStrip } from "./TokenStrip";

/** Show the tokens of a response in `el`; returns what takes them away. */
export function mountTokens(context: WidgetContext, el: HTMLElement): () => void {
  const state = signal<TokensState | null>(null);
  const failure = signal("");
  const sync = async () => {
    failure.value = "";
    try {
      state.value = (await context.request({ type: "sync" })).tokens;
    } catch (error) {
      failure.value = error instanceof Error ? error.message : String(error);
    }
  };
  void sync();
  render(<TokenView state={state} failure={failure} onRetry={() => void sync()} />, el);
  return () => render(null, el);
}

interface TokenViewProps {
  state: { value: TokensState | null };
  failure: { value: string };
  onRetry(): void;
}

function TokenView({ state, failure, onRetry }: TokenViewProps) {
  const shown = state.value;
  return (
    <section
      class="realm-tokens"
      aria-label="Tokens"
      aria-busy={shown === null && failure.value === ""}
    >
      {shown === null ? (
        <Waiting failure={failure.value} onRetry={onRetry} />
      ) : (
        <>
          <Header state={shown} />
          <TokenStrip tokens={shown.tokens} />
        </>
      )}
    </section>
  );
}

function Waiting({ failure, onRetry }: { failure: string; onRetry(): void }) {
  if (failure === "") return <p class="realm-hint">Asking the kernel…</p>;
  return (
    <>
      <p role="alert">{failure}</p>
      <button type="button" class="realm-button" onClick={onRetry}>
        Try again
      </button>
    </>
  );
}

function Header({ state }: { state: TokensState }) {
  const mean = perplexity(state.tokens.map(({ logprob }) => logprob));
  return (
    <header class="realm-tokens-header">
      <h2>Tokens</h2>
      <span class="realm-hint" dir="auto">
        {state.model} · {formatTokens(state.tokens.length)}
        {mean === null ? "" : ` · perplexity ${mean.toFixed(2)}`}
      </span>
    </header>
  );
}
