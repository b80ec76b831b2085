/** An answer as its tokens. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../shared/context";
import type { Token } from "../shared/messages";
import { TokenStrip } from "../tokens";
import type { ChatController } from "./controller";
import type { Entry } from "./store";

interface TokenTextProps {
  chat: ChatController;
  entry: Entry;
}

export function TokenText({ chat, entry }: TokenTextProps) {
  const message = entry.info.value;
  const [tokens, setTokens] = useState<Token[] | null>(null);
  const [failure, setFailure] = useState("");

  // Each alternative has tokens of its own.
  // The message changes for other reasons.
  useEffect(() => {
    let isCurrent = true;
    setTokens(null);
    setFailure("");
    chat.tokensOf(message).then(
      (found) => isCurrent && setTokens(found),
      (error) => isCurrent && setFailure(messageOf(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [chat, message.id, message.alternative]);

  if (failure !== "") return <p class="realm-hint">{failure}</p>;
  if (tokens === null) return <p class="realm-hint">Getting the tokens…</p>;
  return (
    <TokenStrip
      tokens={tokens}
      onPick={(index, alternative) => chat.continueFrom(message, index, alternative)}
    />
  );
}
