/** One message: its text, what went wrong with it, and what can be done with it. */
import { useEffect, useRef } from "preact/hooks";
import { formatDuration, formatRate, formatTokens } from "../shared/format";
import { IconButton } from "../shared/IconButton";
import { Icon } from "../shared/icons";
import type { Message, Stats } from "../shared/messages";
import { Notice } from "../shared/Notice";
import { Pager } from "../shared/Pager";
import { isFinal } from "../shared/sync";
import type { ChatController } from "./controller";
import { Editor } from "./Editor";
import { MarkdownText } from "./MarkdownText";
import { remarkOn } from "./remark";
import type { Entry } from "./store";
import { TokenText } from "./TokenText";

interface MessageItemProps {
  chat: ChatController;
  entry: Entry;
  isLast: boolean;
}

const SPEAKERS = { user: "You", assistant: "Answer", system: "System prompt" } as const;

export function MessageItem({ chat, entry, isLast }: MessageItemProps) {
  const message = entry.info.value;
  const item = useRef<HTMLElement>(null);
  const isEditing = chat.editing.value === message.id;
  const wasEditing = useRef(false);

  useEffect(() => {
    // The focus goes back to the button that opened the editor.
    if (wasEditing.current && !isEditing) {
      item.current?.querySelector<HTMLElement>("[data-action=edit] button")?.focus();
    }
    wasEditing.current = isEditing;
  }, [isEditing]);

  return (
    <article
      ref={item}
      class={`realm-message realm-${message.role}${isLast ? " realm-last" : ""}`}
      aria-label={SPEAKERS[message.role]}
    >
      <Body chat={chat} entry={entry} message={message} isEditing={isEditing} />
      {message.error === null ? null : <Failure chat={chat} message={message} />}
      {isFinal(message.state) && !isEditing && !isNothing(message) ? (
        <Actions chat={chat} entry={entry} message={message} />
      ) : null}
    </article>
  );
}

/** An answer that failed before its first token: there is only the failure to show. */
function isNothing(message: Message): boolean {
  return message.state === "error" && message.text === "" && message.num_alternatives === 1;
}

interface PartProps {
  chat: ChatController;
  entry: Entry;
  message: Message;
}

function Body({ chat, entry, message, isEditing }: PartProps & { isEditing: boolean }) {
  if (isEditing) {
    const close = () => {
      chat.editing.value = null;
    };
    return <Editor chat={chat} entry={entry} onClose={close} />;
  }
  if (message.role !== "assistant") {
    return (
      <div class="realm-bubble" dir="auto">
        {entry.text}
      </div>
    );
  }
  if (message.has_tokens && isFinal(message.state) && chat.tokensShown.value.has(message.id)) {
    return <TokenText chat={chat} entry={entry} />;
  }
  if (message.state === "waiting") {
    return (
      <div class="realm-waiting" role="img" aria-label="Waiting for the first token">
        <span />
        <span />
        <span />
      </div>
    );
  }
  return <MarkdownText chat={chat} entry={entry} />;
}

function Failure({ chat, message }: { chat: ChatController; message: Message }) {
  return (
    <Notice tone="danger" text={message.error?.message}>
      {message.role === "assistant" ? (
        <button
          type="button"
          class="realm-button"
          disabled={chat.store.isBusy.value}
          onClick={() => chat.regenerate(message)}
        >
          Retry
        </button>
      ) : null}
    </Notice>
  );
}

function Actions({ chat, entry, message }: PartProps) {
  const isBusy = chat.store.isBusy.value;
  const isAnswer = message.role === "assistant";
  const isShown = chat.tokensShown.value.has(message.id);
  const remark = isAnswer ? remarkOn(message) : "";
  return (
    <div class="realm-actions">
      <Pager
        message={message}
        isDisabled={isBusy}
        onShow={(alternative) => chat.showAlternative(message, alternative)}
      />
      <span class="realm-tools">
        <IconButton
          icon="copy"
          label="Copy message"
          onClick={() => void chat.copy(entry.text.peek())}
        />
        <span data-action="edit">
          <IconButton
            icon="edit"
            label={isAnswer ? "Edit answer" : "Edit and send again"}
            isDisabled={isBusy}
            onClick={() => {
              chat.editing.value = message.id;
            }}
          />
        </span>
        {isAnswer ? (
          <>
            <IconButton
              icon="regenerate"
              label="Another answer"
              isDisabled={isBusy}
              onClick={() => chat.regenerate(message)}
            />
            {chat.context.inNotebook ? (
              <IconButton
                icon="cell"
                label="To a new cell below"
                onClick={() => void chat.messageToCell(entry)}
              />
            ) : null}
          </>
        ) : null}
        {message.has_tokens ? (
          <IconButton
            icon="tokens"
            label="Show tokens"
            isPressed={isShown}
            onClick={() => chat.toggleTokens(message.id)}
          />
        ) : null}
      </span>
      {remark === "" ? null : <span class="realm-chip">{remark}</span>}
      {message.can_continue ? (
        <button
          type="button"
          class="realm-chip realm-chip-button"
          disabled={isBusy}
          onClick={() => chat.continueAtEnd(message)}
        >
          <Icon name="forward" />
          Continue
        </button>
      ) : null}
      {message.stats === null ? null : (
        <span class="realm-answer-figures">{figures(message.stats, message.model)}</span>
      )}
    </div>
  );
}

function figures(stats: Stats, model: string | null): string {
  const parts = [model ?? "", formatTokens(stats.completion_tokens)];
  if (stats.tokens_per_second !== null) parts.push(formatRate(stats.tokens_per_second));
  parts.push(formatDuration(stats.total_ms));
  return parts.filter((part) => part !== "").join(" · ");
}
