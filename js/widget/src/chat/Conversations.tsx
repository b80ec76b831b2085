/** The list of conversations: open, begin, rename, delete. */
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../shared/IconButton";
import { Icon } from "../shared/icons";
import type { Conversation } from "../shared/messages";
import type { ChatController } from "./controller";
import { PanelFrame } from "./PanelFrame";

type Mode = "shown" | "renaming" | "deleting";

export function Conversations({ chat }: { chat: ChatController }) {
  const { conversations, conversation } = chat.store;
  const list = useRef<HTMLUListElement>(null);
  return (
    <PanelFrame chat={chat} name="conversations" title="Conversations">
      <button
        type="button"
        class="realm-button realm-wide"
        data-first-focus
        onClick={() => void chat.newConversation()}
      >
        <Icon name="plus" />
        New conversation
      </button>
      <ul ref={list} class="realm-conversations">
        {conversations.value.map((item) => (
          <ConversationItem
            key={item.id}
            chat={chat}
            item={item}
            isOpen={item.id === conversation.value}
            onDeleted={() => list.current?.querySelector<HTMLElement>("button")?.focus()}
          />
        ))}
      </ul>
    </PanelFrame>
  );
}

interface ItemProps {
  chat: ChatController;
  item: Conversation;
  isOpen: boolean;
  onDeleted(): void;
}

function ConversationItem({ chat, item, isOpen, onDeleted }: ItemProps) {
  const [mode, setMode] = useState<Mode>("shown");
  const row = useRef<HTMLLIElement>(null);
  const previous = useRef<Mode>("shown");

  useEffect(() => {
    const was = previous.current;
    previous.current = mode;
    if (mode === "shown" && was !== "shown") {
      row.current?.querySelector<HTMLElement>(`[data-action=${was}] button`)?.focus();
    } else if (mode === "deleting") {
      row.current?.querySelector<HTMLElement>("[data-first]")?.focus();
    }
  }, [mode]);

  const onEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape" && mode !== "shown") {
      event.stopPropagation();
      setMode("shown");
    }
  };

  if (mode === "renaming") {
    return (
      <li ref={row} class="realm-conversation" onKeyDown={onEscape}>
        <RenameField
          title={item.title}
          onDone={(title) => {
            if (title !== null && title !== item.title) chat.renameConversation(item.id, title);
            setMode("shown");
          }}
        />
      </li>
    );
  }
  if (mode === "deleting") {
    const remove = async () => {
      if (await chat.deleteConversation(item.id)) onDeleted();
      else setMode("shown");
    };
    return (
      <li ref={row} class="realm-conversation realm-confirm" onKeyDown={onEscape}>
        <span class="realm-conversation-title" dir="auto">
          Delete “{item.title}”?
        </span>
        <button type="button" class="realm-button realm-danger" onClick={() => void remove()}>
          Delete
        </button>
        <button type="button" class="realm-button" data-first onClick={() => setMode("shown")}>
          Keep
        </button>
      </li>
    );
  }
  return (
    <li ref={row} class="realm-conversation">
      <button
        type="button"
        class="realm-conversation-open"
        aria-current={isOpen ? "true" : undefined}
        onClick={() => void chat.openConversation(item.id)}
      >
        <span class="realm-conversation-title" dir="auto">
          {item.title}
        </span>
        <span class="realm-hint">
          {item.is_generating ? "answering…" : countOf(item.num_messages)}
        </span>
      </button>
      <span class="realm-tools" data-action="renaming">
        <IconButton
          icon="edit"
          label={`Rename ${item.title}`}
          onClick={() => setMode("renaming")}
        />
      </span>
      <span class="realm-tools" data-action="deleting">
        <IconButton
          icon="trash"
          label={`Delete ${item.title}`}
          onClick={() => setMode("deleting")}
        />
      </span>
    </li>
  );
}

function countOf(numMessages: number): string {
  if (numMessages === 0) return "empty";
  return numMessages === 1 ? "1 message" : `${numMessages} messages`;
}

function RenameField({ title, onDone }: { title: string; onDone(title: string | null): void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  return (
    <input
      ref={field}
      class="realm-input"
      dir="auto"
      aria-label="Title"
      maxLength={200}
      defaultValue={title}
      onBlur={(event) => onDone(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === "Enter") onDone(event.currentTarget.value);
        if (event.key === "Escape") {
          event.stopPropagation();
          onDone(null);
        }
      }}
    />
  );
}
