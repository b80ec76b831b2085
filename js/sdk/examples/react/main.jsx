/** @jsxImportSource react */
/** A conversation with React; any bundler that knows JSX will do. */
import { Realm } from "@realm-jupyter/sdk";
import { useChat, useLoadedModel, useRealm } from "@realm-jupyter/sdk/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

function Conversation() {
  const realm = useRealm(() => new Realm({ assetsUrl: "/dist/" }));
  const model = useLoadedModel(realm, "/models/paris.gguf", "paris");
  const chat = useChat(realm, { temperature: 0 });
  const [text, setText] = useState("What is the capital of France?");

  if (model.error !== null) return <p role="alert">{model.error.message}</p>;
  if (model.info === null) return <p>Loading…</p>;
  return (
    <main>
      <ol>
        {chat.messages.map(({ role, content }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns never change places
          <li key={index} className={role}>
            {content}
          </li>
        ))}
      </ol>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          chat.send(text);
          setText("");
        }}
      >
        <input aria-label="Say" value={text} onChange={(event) => setText(event.target.value)} />
        <button type="submit" disabled={chat.isAnswering}>
          Send
        </button>
        <button type="button" disabled={!chat.isAnswering} onClick={chat.stop}>
          Stop
        </button>
      </form>
      {chat.error !== null && <p role="alert">{chat.error.message}</p>}
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Conversation />);
