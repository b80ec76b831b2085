/** Where the reader writes: Enter sends, Shift+Enter begins a line, Esc stops. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../shared/icons";
import type { ChatController } from "./controller";

export function Composer({ chat }: { chat: ChatController }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const { isBusy, status, modelLabel, entries } = chat.store;
  const text = chat.draft.value;
  const busy = isBusy.value;
  const isClosed = chat.context.link.value === "closed" || !chat.store.isReady.value;

  useEffect(() => {
    chat.focusComposer = () => area.current?.focus();
    return () => {
      chat.focusComposer = () => undefined;
    };
  }, [chat]);

  // The height follows the text.
  useLayoutEffect(() => {
    const el = area.current;
    if (el === null || CSS?.supports?.("field-sizing", "content")) return;
    el.style.height = "auto";
    el.style.height = `${el.scrollHeight}px`;
  }, [text]);

  const onKeyDown = (event: KeyboardEvent) => {
    // An input method's Enter ends a word, not a message.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void chat.send();
    } else if (event.key === "ArrowUp" && text === "" && !busy) {
      const last = entries.peek().findLast((entry) => entry.info.peek().role === "user");
      if (last !== undefined) {
        event.preventDefault();
        chat.editing.value = last.id;
      }
    }
  };

  return (
    <div class="realm-composer">
      <textarea
        ref={area}
        class="realm-draft"
        dir="auto"
        rows={1}
        aria-label="Message"
        placeholder={`Message ${modelLabel.value}`.trim()}
        value={text}
        disabled={isClosed}
        onInput={(event) => {
          chat.draft.value = event.currentTarget.value;
        }}
        onKeyDown={onKeyDown}
      />
      {busy ? (
        <button
          type="button"
          class="realm-send realm-stop"
          aria-label="Stop"
          title="Stop (Esc)"
          disabled={status.value.state === "stopping"}
          onClick={() => {
            chat.stop();
            chat.focusComposer();
          }}
        >
          <Icon name="stop" />
        </button>
      ) : (
        <button
          type="button"
          class="realm-send"
          aria-label="Send"
          title="Send (Enter)"
          disabled={isClosed || text.trim() === "" || chat.pending.value !== null}
          onClick={() => {
            void chat.send();
            chat.focusComposer();
          }}
        >
          <Icon name="send" />
        </button>
      )}
    </div>
  );
}
