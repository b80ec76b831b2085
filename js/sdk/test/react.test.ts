// @vitest-environment jsdom
import { act, createElement, type ReactNode, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ModelFormatError, PromptError, Realm } from "../src/node.js";
import { type Chat, type LoadedModel, useChat, useLoadedModel, useRealm } from "../src/react.js";
import type { ModelSource } from "../src/types.js";
import { response, ScriptedBackend, tokenEvent } from "./support/scripted_backend.js";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let root: Root;
let backend: ScriptedBackend;
let made: Realm[];
let seen: { realm: Realm | null; chat: Chat; model: LoadedModel };
const BYTES = new Uint8Array(4);
/** What the page loads, made anew in each render. */
let source: () => ModelSource = () => BYTES;

function Page(): ReactNode {
  const realm = useRealm(() => {
    const fresh = new Realm({ backend: backend });
    made.push(fresh);
    return fresh;
  });
  const model = useLoadedModel(realm, source(), "a");
  const chat = useChat(realm, { temperature: 0 });
  seen = { realm, chat, model };
  return createElement("p", null, chat.messages.map(({ content }) => content).join("|"));
}

beforeEach(() => {
  backend = new ScriptedBackend();
  made = [];
  source = () => BYTES;
  root = createRoot(document.createElement("div"));
});
afterEach(() => act(() => root.unmount()));

const render = (strict = false) =>
  act(async () => {
    const page = createElement(Page);
    root.render(strict ? createElement(StrictMode, null, page) : page);
  });
/** What is set while `act` runs is there when it has ended. */
async function settle(condition: () => boolean): Promise<void> {
  while (!condition()) await act(() => new Promise((resolve) => setTimeout(resolve, 1)));
}

describe("hooks", () => {
  test("make a realm, load a model, answer, and give all back", async () => {
    await render();
    await settle(() => seen.model.info !== null);
    expect(seen.model.info?.id).toBe("a");
    await act(async () => seen.chat.send("hello you"));
    await settle(() => !seen.chat.isAnswering);
    expect(seen.chat.messages).toEqual([
      { role: "user", content: "hello you" },
      { role: "assistant", content: "a hello you " },
    ]);
    expect(backend.requests[0]?.config.temperature).toBe(0);
    await act(async () => seen.chat.send("again"));
    await settle(() => !seen.chat.isAnswering);
    expect(backend.requests[1]?.messages).toHaveLength(3);
    await act(async () => seen.chat.clear());
    expect(seen.chat.messages).toEqual([]);
    await act(async () => root.unmount());
    expect(backend.numDisposals).toBe(1);
  });

  test("hand calls of tools over and take their answers", async () => {
    const called = { id: "1", type: "function", function: { name: "now", arguments: {} } } as const;
    backend.script = async (request, { onToken }) => {
      const isAnswered = request.messages?.at(-1)?.role === "tool";
      const toolCalls = isAnswered ? [] : [called];
      onToken?.({ ...tokenEvent(isAnswered ? "Noon." : "", 0), ...(!isAnswered && { toolCalls }) });
      return { ...response(request, []), toolCalls };
    };
    await render();
    await settle(() => seen.model.info !== null);
    await act(async () => seen.chat.send("What time is it?"));
    await settle(() => !seen.chat.isAnswering);
    expect(seen.chat.messages.at(-1)?.toolCalls).toEqual([called]);
    await act(async () => seen.chat.send([{ role: "tool", content: "12", toolCallId: "1" }]));
    await settle(() => !seen.chat.isAnswering);
    expect(backend.requests[1]?.messages).toHaveLength(3);
    expect(seen.chat.messages.at(-1)).toEqual({ role: "assistant", content: "Noon." });
  });

  test("load a split model once, though its array is another one in each render", async () => {
    source = () => [BYTES, new URL("https://example.org/b.gguf")];
    await render();
    await settle(() => seen.model.info !== null);
    await act(async () => seen.chat.send("hello you"));
    await settle(() => !seen.chat.isAnswering);
    expect(backend.sources).toHaveLength(1);
  });

  test("stop keeps the text so far; sending meanwhile does nothing", async () => {
    backend.script = (request, { onToken, signal }) =>
      new Promise((resolve) => {
        onToken?.(tokenEvent("so far", 0));
        const end = () => resolve(response(request, ["so far"], "cancelled"));
        signal?.addEventListener("abort", end);
      });
    await render();
    await settle(() => seen.model.info !== null);
    await act(async () => {
      seen.chat.send("hello");
      seen.chat.send("not now");
    });
    await settle(() => seen.chat.messages.length === 2);
    await act(async () => seen.chat.stop());
    await settle(() => !seen.chat.isAnswering);
    expect(backend.requests).toHaveLength(1);
    expect(seen.chat.messages[1]).toEqual({ role: "assistant", content: "so far" });
    expect(seen.chat.error).toBeNull();
  });

  test("show what went wrong", async () => {
    backend.load = async () => {
      throw new ModelFormatError("no GGUF file");
    };
    await render();
    await settle(() => seen.model.error !== null);
    expect(seen.model.error).toBeInstanceOf(ModelFormatError);
    backend.loaded.set("a", {} as never);
    backend.script = async () => {
      throw new PromptError("no");
    };
    await act(async () => seen.chat.send("hi"));
    await settle(() => seen.chat.error !== null);
    expect(seen.chat.error).toBeInstanceOf(Error);
    expect(seen.chat.isAnswering).toBe(false);
  });

  test("in strict mode, where effects run twice, give the first realm back", async () => {
    backend.dispose = async () => {
      backend.numDisposals += 1;
      if (backend.numDisposals === 1) backend = new ScriptedBackend();
    };
    const first = backend;
    await render(true);
    await settle(() => made.length === 2);
    expect(first.numDisposals).toBe(1);
    expect(seen.realm).toBe(made[1]);
  });
});
