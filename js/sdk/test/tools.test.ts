import { describe, expect, test } from "vitest";
import { PromptError, Realm, RequestError } from "../src/node.js";
import type { ChatMessage } from "../src/types.js";
import { ScriptedBackend } from "./support/scripted_backend.js";

const NOW = { type: "function", function: { name: "now" } } as const;

async function made() {
  const backend = new ScriptedBackend();
  const realm = new Realm({ backend });
  await realm.loadModel(new Uint8Array(1), "a");
  return { backend, realm };
}

function deep(levels: number): object {
  return levels === 0 ? {} : { a: deep(levels - 1) };
}

describe("tools of a request", () => {
  test("reach the backend as they are, messages with calls too", async () => {
    const { backend, realm } = await made();
    const call = { id: "1", type: "function", function: { name: "now", arguments: {} } } as const;
    const messages: ChatMessage[] = [
      { role: "user", content: "What time is it?" },
      { role: "assistant", content: "", toolCalls: [call] },
      { role: "tool", content: "noon", toolCallId: "1", name: "now" },
    ];
    await realm.chat(messages, { tools: [NOW], toolChoice: "auto", parallelToolCalls: false });
    await realm.chat("hi", { tools: [], toolChoice: "auto" });
    const [asked, plain] = backend.requests;
    expect(asked).toMatchObject({
      messages,
      tools: [NOW],
      toolChoice: "auto",
      parallelToolCalls: false,
    });
    expect(plain).not.toHaveProperty("tools");
    expect(plain?.messages).toEqual([{ role: "user", content: "hi" }]);
  });

  test("take arguments as JSON text too, as OpenAI's messages have them", async () => {
    const { backend, realm } = await made();
    const called = { id: "1", function: { name: "f", arguments: '{"a": [1]}' } };
    await realm.chat([{ role: "assistant", content: "", toolCalls: [called] } as never]);
    const [call] = backend.requests[0]?.messages?.[0]?.toolCalls ?? [];
    expect(call?.function.arguments).toEqual({ a: [1] });
  });

  const tool = (changes: object) => ({ tools: [{ ...NOW, function: { name: "f", ...changes } }] });
  const refused: [object, string, string][] = [
    [{ tools: NOW }, "tools", "tools are an array of functions, not object"],
    [{ tools: ["now"] }, "tools", "a tool is {type"],
    [{ tools: [NOW, NOW] }, "tools", "two tools have the same name"],
    [tool({ name: "a b" }), "tools", '"a b" is no name of a function'],
    [tool({ parameters: "x" }), "tools", 'the tool "f" is malformed'],
    [tool({ parameters: deep(70) }), "tools", "a tool is nested more than 64 levels deep"],
    [tool({ parameters: { a: 1n } }), "tools", "a tool is not JSON"],
    [{ toolChoice: "required" }, "toolChoice", 'toolChoice "required" needs tools'],
    [{ tools: [NOW], toolChoice: "any" }, "toolChoice", 'toolChoice="any" is not allowed'],
    [
      { tools: [NOW], toolChoice: { type: "function", function: { name: "x" } } },
      "toolChoice",
      'toolChoice names "x", which is not among the tools',
    ],
    [{ parallelToolCalls: 1 }, "parallelToolCalls", "parallelToolCalls=1 is not allowed"],
  ];
  test.each(refused)("%o is refused", async (options, field, message) => {
    const { realm } = await made();
    const asked = realm.chat("hi", options);
    await expect(asked).rejects.toThrowError(RequestError);
    await expect(asked).rejects.toMatchObject({ field });
    await expect(asked).rejects.toThrowError(message);
  });

  const broken: [unknown, string][] = [
    ["now", "toolCalls are an array of calls, not string"],
    [[{ id: "1" }], "a tool call needs a function with a name"],
    [[{ id: 1, function: { name: "f" } }], "the id of a tool call must be text"],
    [[{ function: { name: "f", arguments: "[1" } }], "are no JSON object; send back what came"],
    [[{ function: { name: "f", arguments: deep(70) } }], "is nested more than 64 levels deep"],
  ];
  test.each(broken)("calls %o in a message are refused", async (toolCalls, message) => {
    const { realm } = await made();
    const asked = realm.chat([{ role: "assistant", content: "", toolCalls } as never]);
    await expect(asked).rejects.toThrowError(PromptError);
    await expect(asked).rejects.toThrowError(message);
  });
});
