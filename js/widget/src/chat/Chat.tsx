/** The chat view. */
import { render } from "preact";
import { loadMarkdown } from "../markdown";
import type { WidgetContext } from "../shared/context";
import { IconButton } from "../shared/IconButton";
import { Icon } from "../shared/icons";
import { Composer } from "./Composer";
import { Conversations } from "./Conversations";
import { ChatController } from "./controller";
import { Header } from "./Header";
import { Settings } from "./Settings";
import { PromptProgress, StatusLine } from "./StatusLine";
import { Transcript } from "./Transcript";

/** Show a chat in `el`; returns what takes it away. */
export function mountChat(context: WidgetContext, el: HTMLElement): () => void {
  const chat = new ChatController(context);
  // Texts are plain until the parser has come; without it they stay plain.
  const open = () => chat.rendering.open();
  loadMarkdown(context.asset).then(open, open);
  void chat.start();
  render(<Chat chat={chat} />, el);
  return () => {
    render(null, el);
    chat.dispose();
  };
}

export function Chat({ chat }: { chat: ChatController }) {
  const panel = chat.panel.value;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    if (chat.store.isBusy.peek()) chat.stop();
    else chat.focusComposer();
  };
  return (
    <section class="realm-chat" aria-label="Chat" data-panel={panel} onKeyDown={onKeyDown}>
      <Header chat={chat} />
      <div class="realm-main">
        {panel === "conversations" ? <Conversations chat={chat} /> : null}
        <div class="realm-column">
          <Transcript chat={chat} />
          <div class="realm-foot">
            <Disconnected chat={chat} />
            <NoticeLine chat={chat} />
            <PromptProgress chat={chat} />
            <Composer chat={chat} />
            <StatusLine chat={chat} />
          </div>
        </div>
        {panel === "settings" ? <Settings chat={chat} /> : null}
      </div>
      <div class="realm-hidden" role="status">
        {chat.announcement}
      </div>
    </section>
  );
}

function Disconnected({ chat }: { chat: ChatController }) {
  const link = chat.context.link.value;
  if (link === "up" || chat.failure.value !== null) return null;
  return (
    <div class="realm-disconnected" role="status">
      <Icon name="unplugged" />
      <span>
        {link === "closed"
          ? "Disconnected: the kernel of this chat is gone. Run the cell again for a new one."
          : "Disconnected: the kernel does not answer. It is busy, or was restarted: then run the cell again."}
      </span>
      {link === "silent" ? (
        <button type="button" class="realm-button" onClick={() => void chat.context.ping()}>
          Try again
        </button>
      ) : null}
    </div>
  );
}

function NoticeLine({ chat }: { chat: ChatController }) {
  const notice = chat.notice.value;
  return (
    <div aria-live="polite" class="realm-notices">
      {notice === null ? null : (
        <div class={`realm-notice${notice.isError ? " realm-notice-error" : ""}`}>
          <Icon name={notice.isError ? "warning" : "check"} />
          <span dir="auto">{notice.text}</span>
          <IconButton
            icon="close"
            label="Dismiss"
            onClick={() => {
              chat.notice.value = null;
            }}
          />
        </div>
      )}
    </div>
  );
}
