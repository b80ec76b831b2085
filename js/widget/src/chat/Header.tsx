/** What is open, which model answers, and the ways to everything else. */
import { useRef } from "preact/hooks";
import { IconButton } from "../shared/IconButton";
import { Icon } from "../shared/icons";
import { Menu, type MenuItem } from "../shared/Menu";
import type { ChatController, Panel } from "./controller";

export function Header({ chat }: { chat: ChatController }) {
  const file = useRef<HTMLInputElement>(null);
  const panel = chat.panel.value;
  const toggle = (name: Panel) => {
    chat.panel.value = chat.panel.peek() === name ? "none" : name;
  };
  const { inNotebook } = chat.context;
  const items: (MenuItem | false)[] = [
    { label: "New conversation", icon: "plus", act: () => void chat.newConversation() },
    inNotebook && {
      label: "Copy settings as Python",
      icon: "code",
      startsGroup: true,
      act: () => void chat.copyPython(),
    },
    {
      label: "Export as Markdown",
      icon: "download",
      startsGroup: true,
      act: () => void chat.export("markdown"),
    },
    {
      label: "Export as OpenAI messages",
      icon: "download",
      act: () => void chat.export("json"),
    },
    inNotebook && {
      label: "Export as notebook cells",
      icon: "download",
      act: () => void chat.export("cells"),
    },
    { label: "Import…", icon: "upload", startsGroup: true, act: () => file.current?.click() },
  ];
  return (
    <header class="realm-header">
      <button
        type="button"
        class="realm-title"
        data-panel-button="conversations"
        aria-expanded={panel === "conversations"}
        title="Conversations"
        onClick={() => toggle("conversations")}
      >
        <Icon name="chats" />
        <span class="realm-title-text" dir="auto">
          {chat.store.title.value || "Conversation"}
        </span>
        <span class="realm-hidden">: conversations</span>
      </button>
      {inNotebook ? <ModelPicker chat={chat} /> : null}
      <span data-panel-button="settings">
        <IconButton
          icon="settings"
          label="Settings"
          isPressed={panel === "settings"}
          onClick={() => toggle("settings")}
        />
      </span>
      <Menu label="More" items={items.filter((item) => item !== false)}>
        <Icon name="more" />
      </Menu>
      <input
        ref={file}
        type="file"
        class="realm-hidden"
        tabIndex={-1}
        aria-hidden="true"
        accept=".json,.md,.markdown,.txt,.ipynb,.py"
        onChange={(event) => {
          const input = event.currentTarget;
          const chosen = input.files?.[0];
          if (chosen !== undefined) void chat.import(chosen);
          input.value = "";
        }}
      />
    </header>
  );
}

function ModelPicker({ chat }: { chat: ChatController }) {
  const { models, model, isBusy } = chat.store;
  const list = models.value;
  return (
    <span class="realm-select">
      <select
        aria-label="Model"
        title="Model"
        disabled={isBusy.value || list.length === 0}
        value={model.value ?? ""}
        onChange={(event) => chat.chooseModel(event.currentTarget.value)}
      >
        {model.value === null ? <option value="">No model</option> : null}
        {list.map((item) => (
          <option key={item.id} value={item.id}>
            {item.label}
            {item.is_loaded
              ? ""
              : item.id === model.value
                ? " (not loaded yet)"
                : " (loads when chosen)"}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </span>
  );
}
