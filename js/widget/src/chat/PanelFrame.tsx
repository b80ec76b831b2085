/** The frame of a panel beside the transcript: over it where the view is narrow. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { IconButton } from "../shared/IconButton";
import type { ChatController, Panel } from "./controller";

interface PanelFrameProps {
  chat: ChatController;
  name: Panel;
  title: string;
  children: ComponentChildren;
}

export function PanelFrame({ chat, name, title, children }: PanelFrameProps) {
  const box = useRef<HTMLElement>(null);

  useEffect(() => {
    const root = box.current?.closest(".realm-chat");
    box.current?.querySelector<HTMLElement>("[data-first-focus]")?.focus();
    return () => {
      // Only if the focus was lost with the panel, not if the reader went elsewhere.
      const isLost = document.activeElement === document.body || document.activeElement === null;
      if (!isLost) return;
      const opener = root?.querySelector<HTMLElement>(`[data-panel-button=${name}]`);
      (opener instanceof HTMLButtonElement ? opener : opener?.querySelector("button"))?.focus();
    };
  }, [name]);

  const close = () => {
    chat.panel.value = "none";
  };

  useEffect(() => {
    chat.leaveOverlay = () => {
      const el = box.current;
      if (el !== null && getComputedStyle(el).position === "absolute") chat.panel.value = "none";
    };
    return () => {
      chat.leaveOverlay = () => undefined;
    };
  }, [chat]);

  return (
    <aside
      ref={box}
      class={`realm-panel realm-panel-${name}`}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          close();
        }
      }}
    >
      <div class="realm-panel-head">
        <h2>{title}</h2>
        <IconButton icon="close" label={`Close ${title.toLowerCase()}`} onClick={close} />
      </div>
      <div class="realm-panel-body">{children}</div>
    </aside>
  );
}
