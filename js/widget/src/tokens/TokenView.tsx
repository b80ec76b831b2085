/** The view of `inspect(response)`. */
import { render } from "preact";
import { useRef } from "preact/hooks";
import type { WidgetContext } from "../shared/context";
import { formatTokens } from "../shared/format";
import type { Message } from "../shared/messages";
import { Disconnected, Notice } from "../shared/Notice";
import { Pager } from "../shared/Pager";
import { isFinal } from "../shared/sync";
import { perplexity } from "./probability";
import { TokensStore } from "./store";
import { TokenStrip } from "./TokenStrip";

/** Show the tokens of a response in `el`; returns what takes them away. */
export function mountTokens(context: WidgetContext, el: HTMLElement): () => void {
  const store = new TokensStore(context);
  void store.start();
  render(<TokenView store={store} />, el);
  return () => {
    render(null, el);
    store.dispose();
  };
}

function TokenView({ store }: { store: TokensStore }) {
  const box = useRef<HTMLElement>(null);
  const message = store.message.value;
  const isBusy = message !== null && !isFinal(message.state);
  const failure = store.failure.value || message?.error?.message || "";
  return (
    <section
      ref={box}
      class="realm-tokens"
      aria-label="Tokens"
      aria-busy={isBusy || (message === null && failure === "")}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape" && isBusy) store.stop();
      }}
    >
      {failure === "" ? null : <Notice tone="danger" role="alert" text={failure} />}
      {message === null ? null : <Disconnected context={store.context} />}
      {message === null ? (
        <Waiting hasFailed={failure !== ""} onRetry={() => void store.start()} />
      ) : (
        <>
          <Header store={store} message={message} isBusy={isBusy} />
          {store.tokens.value === null ? (
            <p class="realm-plain" dir="auto">
              {store.text}
            </p>
          ) : (
            <TokenStrip
              tokens={store.tokens.value}
              onPick={(index, { token_id }) => {
                // The token that was chosen goes, and the focus with it.
                box.current?.focus();
                store.continueFrom(index, token_id);
              }}
            />
          )}
        </>
      )}
    </section>
  );
}

function Waiting({ hasFailed, onRetry }: { hasFailed: boolean; onRetry(): void }) {
  if (!hasFailed) return <p class="realm-hint">Asking the kernel…</p>;
  return (
    <button type="button" class="realm-button" onClick={onRetry}>
      Try again
    </button>
  );
}

interface HeaderProps {
  store: TokensStore;
  message: Message;
  isBusy: boolean;
}

function Header({ store, message, isBusy }: HeaderProps) {
  const tokens = store.tokens.value;
  const mean = tokens === null ? null : perplexity(tokens.map(({ logprob }) => logprob));
  return (
    <header class="realm-view-header">
      <h2>Tokens</h2>
      <span class="realm-hint" dir="auto">
        {message.model}
        {tokens === null ? "" : ` · ${formatTokens(tokens.length)}`}
        {mean === null ? "" : ` · perplexity ${mean.toFixed(2)}`}
      </span>
      <Pager
        message={message}
        isDisabled={isBusy}
        onShow={(alternative) => store.showAlternative(alternative)}
      />
      {isBusy ? (
        <button type="button" class="realm-button" title="Stop (Esc)" onClick={() => store.stop()}>
          Stop
        </button>
      ) : null}
    </header>
  );
}
