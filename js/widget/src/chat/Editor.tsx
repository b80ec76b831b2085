/** A message under correction. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatController } from "./controller";
import type { Entry } from "./store";

interface EditorProps {
  chat: ChatController;
  entry: Entry;
  onClose(): void;
}

export function Editor({ chat, entry, onClose }: EditorProps) {
  const message = entry.info.value;
  const [text, setText] = useState(entry.text.peek());
  const area = useRef<HTMLTextAreaElement>(null);
  const isUser = message.role === "user";
  const isBusy = chat.store.isBusy.value;

  useEffect(() => {
    const el = area.current;
    el?.focus();
    el?.setSelectionRange(el.value.length, el.value.length);
  }, []);

  const save = () => {
    if (text.trim() !== "" && !isBusy) void chat.edit(message, text);
  };

  // As in the composer; in an answer, which has lines and code, Enter is an Enter.
  const isSave = (event: KeyboardEvent) =>
    event.ctrlKey || event.metaKey || (isUser && !event.shiftKey && !event.altKey);

  return (
    <div class="realm-editor">
      <textarea
        ref={area}
        class="realm-textarea"
        dir="auto"
        aria-label={isUser ? "Edit your message" : "Edit the answer"}
        value={text}
        rows={3}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          if (event.key === "Escape") {
            event.stopPropagation();
            onClose();
          } else if (event.key === "Enter" && isSave(event)) {
            event.preventDefault();
            save();
          }
        }}
      />
      <div class="realm-row">
        <span class="realm-hint">{isUser ? "What is there now stays one page back." : ""}</span>
        <button type="button" class="realm-button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="realm-button realm-primary"
          disabled={text.trim() === "" || isBusy}
          onClick={save}
        >
          {isUser ? "Send" : "Save"}
        </button>
      </div>
    </div>
  );
}
