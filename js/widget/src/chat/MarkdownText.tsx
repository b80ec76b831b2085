/** An answer's text: plain at once, Markdown as soon as its turn comes, then as it grows. */
import { effect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { StreamingMarkdown } from "../markdown";
import { isFinal } from "../shared/sync";
import type { ChatController } from "./controller";
import type { Entry } from "./store";

interface MarkdownTextProps {
  chat: ChatController;
  entry: Entry;
}

export function MarkdownText({ chat, entry }: MarkdownTextProps) {
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const el = box.current;
    if (el === null) return undefined;
    el.classList.add("realm-plain");
    let end = effect(() => {
      el.textContent = entry.text.value;
    });
    let markdown: StreamingMarkdown | null = null;
    const takeBack = chat.rendering.add(() => {
      end();
      el.classList.remove("realm-plain");
      el.textContent = "";
      const drawn = new StreamingMarkdown(el, {
        asset: chat.context.asset,
        copyCode: (text) => void chat.copy(text),
        insertCell: chat.context.inNotebook ? (text) => void chat.toCell(text) : undefined,
      });
      markdown = drawn;
      end = effect(() => {
        drawn.update(entry.text.value);
        if (isFinal(entry.info.value.state)) drawn.finish();
      });
    });
    return () => {
      takeBack();
      end();
      markdown?.dispose();
    };
  }, [chat, entry]);

  // The renderer owns what is inside, so Preact gets no children to compare.
  return <div ref={box} class="realm-markdown" dir="auto" />;
}
