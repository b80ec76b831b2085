/** The chat view. */
import { render } from "preact";
import { loadMarkdown } from "../markdown";
import type { WidgetContext } from "../shared/context";
import { Disconnected, Notice } from "../shared/Notice";
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
            {chat.failure.value === null ? <Disconnected context={chat.context} /> : null}
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

function NoticeLine({ chat }: { chat: ChatController }) {
  const notice = chat.notice.value;
  return (
    <div aria-live="polite" class="realm-notices">
      {notice === null ? null : (
        <Notice
          tone={notice.isError ? "danger" : "good"}
          text={notice.text}
          onDismiss={() => {
            chat.notice.value = null;
          }}
        />
      )}
    </div>
  );
}
