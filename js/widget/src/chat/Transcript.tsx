/** The messages, in a box that scrolls. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../shared/icons";
import type { ChatController } from "./controller";
import { MessageItem } from "./MessageItem";
import { EndFollower } from "./scroll";

export function Transcript({ chat }: { chat: ChatController }) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follower = useRef<EndFollower | null>(null);
  const isAtEnd = useSignal(true);
  const { entries, isBusy, conversation } = chat.store;

  useLayoutEffect(() => {
    if (box.current === null || content.current === null) return undefined;
    const made = new EndFollower(box.current, content.current);
    follower.current = made;
    chat.scrollToEnd = () => made.toEnd();
    const end = made.isAtEnd.subscribe((value) => {
      isAtEnd.value = value;
    });
    return () => {
      end();
      made.dispose();
      chat.scrollToEnd = () => undefined;
    };
  }, [chat, isAtEnd]);

  // Another conversation starts at its end.
  useLayoutEffect(() => follower.current?.toEnd(), [conversation.value]);

  const list = entries.value;
  const pending = chat.pending.value;
  return (
    <div class="realm-transcript">
      <button type="button" class="realm-button realm-skip" onClick={() => chat.focusComposer()}>
        Skip the messages
      </button>
      <div
        ref={box}
        class="realm-scroll"
        role="log"
        aria-label="Conversation"
        aria-busy={isBusy.value}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        <div ref={content} class="realm-content">
          {list.length === 0 && pending === null ? <Welcome chat={chat} /> : null}
          {list.map((entry, index) => (
            <MessageItem
              key={entry.id}
              chat={chat}
              entry={entry}
              isLast={index === list.length - 1 && pending === null}
            />
          ))}
          {pending === null ? null : (
            <div class="realm-message realm-user realm-pending">
              <div class="realm-bubble" dir="auto">
                {pending}
              </div>
            </div>
          )}
        </div>
      </div>
      {isAtEnd.value ? null : (
        <button type="button" class="realm-to-end" onClick={() => follower.current?.toEnd()}>
          <Icon name="toEnd" />
          {isBusy.value ? "Follow the answer" : "To the end"}
        </button>
      )}
    </div>
  );
}

function Welcome({ chat }: { chat: ChatController }) {
  const { isReady, modelLabel } = chat.store;
  if (chat.failure.value !== null) {
    return (
      <div class="realm-welcome">
        <Icon name="unplugged" />
        <h2>No kernel</h2>
        <p>{chat.failure.value}</p>
        <button type="button" class="realm-button" onClick={() => void chat.start()}>
          Try again
        </button>
      </div>
    );
  }
  if (!isReady.value) return <div class="realm-welcome realm-hint">Asking the kernel…</div>;
  return (
    <div class="realm-welcome">
      <h2>
        {modelLabel.value === "" ? "Choose a model to begin" : `Chat with ${modelLabel.value}`}
      </h2>
      <p>
        <kbd>Enter</kbd> sends <i aria-hidden="true">·</i> <kbd>Shift</kbd>+<kbd>Enter</kbd> starts
        a new line <i aria-hidden="true">·</i> <kbd>Esc</kbd> stops
      </p>
    </div>
  );
}
