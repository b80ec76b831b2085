/** The page: a head with the title, and below it the start or the chat. */
import { useEffect, useRef, useState } from "preact/hooks";
import { mountChat } from "../../widget/src/chat/Chat";
import type { WidgetContext } from "../../widget/src/shared/context";
import { About } from "./About";
import type { Loader } from "./loader";
import { createLocalContext } from "./local/context";
import type { ChatModel } from "./local/model";
import type { PageData } from "./page_data";
import { Start } from "./Start";
import type { Storage } from "./storage";

export interface PageProps {
  data: PageData;
  loader: Loader;
  storage: Storage;
  /** Imports a bundle of the widget, such as `markdown.js`. */
  asset: WidgetContext["asset"];
}

export function Page({ data, loader, storage, asset }: PageProps) {
  const [isAboutOpen, setAboutOpen] = useState(false);
  const state = loader.state.value;
  return (
    <>
      <header class="page-head">
        <h1 dir="auto">{data.title}</h1>
        <button
          type="button"
          class="realm-button"
          aria-haspopup="dialog"
          onClick={() => setAboutOpen(true)}
        >
          About
        </button>
      </header>
      <main class="page-main">
        {state.kind === "ready" ? (
          <ChatView data={data} model={state.model} asset={asset} />
        ) : (
          <Start card={data.model} loader={loader} />
        )}
      </main>
      {isAboutOpen ? (
        <About
          data={data}
          storage={storage}
          runsOn={state.kind === "ready" ? executorText(state.model.info.executor) : ""}
          onClose={() => setAboutOpen(false)}
        />
      ) : null}
    </>
  );
}

/** What runs the model, in words; the SDK names the build of its kernels. */
export function executorText(executor: string): string {
  const simd = executor.includes("relaxed") ? "relaxed SIMD" : "SIMD";
  return `WebAssembly, ${simd}, ${executor.includes("threads") ? "several threads" : "one thread"}`;
}

interface ChatViewProps {
  data: PageData;
  model: ChatModel;
  asset: WidgetContext["asset"];
}

function ChatView({ data, model, asset }: ChatViewProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = box.current;
    if (el === null) return undefined;
    const { fields, values, system } = data;
    const label = data.model.name;
    return mountChat(createLocalContext({ model, label, fields, values, system }, asset), el);
  }, [data, model, asset]);
  return <div ref={box} class="page-chat" />;
}
