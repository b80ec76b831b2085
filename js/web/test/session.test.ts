/** The chat in the page, through the store that its view shows. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ModelMemoryError } from "../../sdk/src/errors";
import { ChatStore } from "../../widget/src/chat/store";
import type { RequestMessage, WidgetContext } from "../../widget/src/shared/context";
import type { Field } from "../../widget/src/shared/messages";
import { createLocalContext } from "../src/local/context";
import { FakeModel } from "./fake_model";

const BASE = { group: "basic", slider_low: null, slider_high: null, step: null, choices: [] };
const FIELDS = [
  { ...BASE, name: "temperature", kind: "number", default: 0.8, low: 0, high: 100 },
  { ...BASE, name: "max_tokens", kind: "integer", default: 256, low: 0, high: 1000 },
  { ...BASE, name: "seed", kind: "seed", default: null, low: null, high: null },
  { ...BASE, name: "mirostat", kind: "choice", default: 0, low: null, high: null, choices: [0, 2] },
].map((field) => ({ ...field, label: field.name, help: "" })) as Field[];

let model: FakeModel;
let context: WidgetContext;
let store: ChatStore;

beforeEach(async () => {
  model = new FakeModel();
  await open();
});

afterEach(() => store.dispose());

async function open(system = ""): Promise<void> {
  const values = { temperature: 0 };
  const options = { model, label: "Paris", fields: FIELDS, values, system };
  context = createLocalContext(options, async () => ({}));
  store = new ChatStore(context);
  await store.sync();
}

async function ask(message: RequestMessage): Promise<void> {
  await context.request(message);
  await idle();
}

async function idle(): Promise<void> {
  await vi.waitFor(() => {
    store.flush();
    expect(store.isBusy.value).toBe(false);
  });
}

function texts(): string[] {
  return store.entries.value.map((entry) => entry.text.value);
}

function last() {
  const entry = store.entries.value.at(-1);
  if (entry === undefined) throw new Error("nothing was said");
  return entry.info.value;
}

describe("messages", () => {
  it("are answered, and the view's text is the response's", async () => {
    await ask({ type: "send", text: "Capital?" });
    expect(texts()).toEqual(["Capital?", "Paris it is"]);
    expect(last()).toMatchObject({ state: "done", model: "Paris", can_continue: false });
    expect(last().stats).toMatchObject({ completion_tokens: 3, seed: "42", context_used: 10 });
    expect(store.title.value).toBe("Capital?");
  });

  it("carry the conversation and the system prompt", async () => {
    await open("Be brief.");
    await ask({ type: "send", text: "One" });
    await ask({ type: "send", text: "Two" });
    expect(model.calls[1]?.prompt).toEqual({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "One" },
        { role: "assistant", content: "Paris it is" },
        { role: "user", content: "Two" },
      ],
    });
  });

  it("become plain text for a model without a chat template", async () => {
    model.info = { ...model.info, hasChatTemplate: false };
    await ask({ type: "send", text: "Once" });
    await ask({ type: "send", text: "and then" });
    expect(model.calls[1]?.prompt).toEqual({ raw: "OnceParis it is\nand then" });
  });

  it("stop where the reader says so, keep their text, and can go on", async () => {
    let open: () => void = () => undefined;
    let numWaits = 0;
    model.gate = () => {
      numWaits += 1;
      return numWaits < 3 ? Promise.resolve() : new Promise((resolve) => (open = resolve));
    };
    await context.request({ type: "send", text: "Capital?" });
    await vi.waitFor(() => expect(numWaits).toBe(3));
    await context.request({ type: "stop" });
    store.flush();
    expect(store.status.value.state).toBe("stopping");
    open();
    await idle();
    expect(last()).toMatchObject({ state: "stopped", text: "Paris it", can_continue: true });

    model.gate = async () => undefined;
    model.pieces = [" is"];
    await ask({ type: "continue", message: last().id, index: -1, token_id: null });
    expect(model.calls[1]?.prompt).toEqual({ tokenIds: [1, 2, 3, 10, 11] });
    expect(model.calls[1]?.config.seed).toBe(42);
    expect(last()).toMatchObject({ state: "done", text: "Paris it is", num_alternatives: 2 });
  });

  it("that fail say why, and can be tried again in their place", async () => {
    model.error = new ModelMemoryError("no room for the cache");
    await ask({ type: "send", text: "Capital?" });
    expect(last().error).toEqual({ code: "model_memory", message: "no room for the cache" });
    expect(last().text).toBe("Paris it is");
    model.error = null;
    await ask({ type: "retry", message: last().id });
    expect(last()).toMatchObject({ state: "done", text: "Paris it is", num_alternatives: 1 });
  });

  it("have alternatives: other answers, edited questions", async () => {
    await ask({ type: "send", text: "Capital?" });
    model.pieces = ["Rome"];
    await ask({ type: "regenerate", message: last().id });
    expect(last()).toMatchObject({ alternative: 1, num_alternatives: 2, text: "Rome" });
    const [question] = store.entries.value;
    await ask({ type: "edit", message: question?.id ?? "", text: "Of Italy?" });
    expect(texts()).toEqual(["Of Italy?", "Rome"]);
    await ask({
      type: "show_alternative",
      message: store.entries.value[0]?.id ?? "",
      alternative: 0,
    });
    expect(texts()).toEqual(["Capital?", "Rome"]);
  });

  it("go on from another token", async () => {
    await ask({ type: "change_settings", system: null, record_tokens: true, values: {} });
    await ask({ type: "send", text: "Capital?" });
    const { tokens } = await context.request({ type: "tokens", message: last().id });
    expect(tokens.map((token) => token.text)).toEqual(["Paris", " it", " is"]);
    await ask({ type: "continue", message: last().id, index: 1, token_id: 99 });
    expect(model.calls[1]?.prompt).toEqual({ tokenIds: [1, 2, 3, 10, 99] });
    expect(last().text).toBe("Paris soParis it is");
  });

  it("are refused while an answer is under way, and when they are empty", async () => {
    let open: () => void = () => undefined;
    model.gate = () => new Promise((resolve) => (open = resolve));
    await context.request({ type: "send", text: "One" });
    await expect(context.request({ type: "send", text: "Two" })).rejects.toThrow("under way");
    model.gate = async () => undefined;
    open();
    await idle();
    await expect(context.request({ type: "send", text: " " })).rejects.toThrow("empty");
    await expect(context.request({ type: "choose_model", model: "x" })).rejects.toMatchObject({
      code: "config_error",
    });
  });
});

describe("conversations", () => {
  it("are begun, named, opened and deleted", async () => {
    await ask({ type: "send", text: "One" });
    const first = store.conversation.value;
    await ask({ type: "new_conversation" });
    expect(texts()).toEqual([]);
    await ask({ type: "rename_conversation", conversation: first, title: " A  name " });
    await ask({ type: "open_conversation", conversation: first });
    expect(store.title.value).toBe("A name");
    await ask({ type: "delete_conversation", conversation: first });
    expect(store.conversations.value.map((item) => item.title)).toEqual(["New chat"]);
    expect(texts()).toEqual([]);
  });

  it("that are deleted end their answer", async () => {
    let open: () => void = () => undefined;
    model.gate = () => new Promise((resolve) => (open = resolve));
    await context.request({ type: "send", text: "One" });
    await context.request({ type: "delete_conversation", conversation: store.conversation.value });
    open();
    await idle();
    expect(texts()).toEqual([]);
  });

  it.each(["markdown", "json"] as const)("survive a file of %s", async (format) => {
    await open("Be brief.");
    await ask({ type: "send", text: "Capital?\n\n**You**\n" });
    const conversation = store.conversation.value;
    const file = await context.request({ type: "export", conversation, format });
    await ask({ type: "new_conversation" });
    await ask({ type: "import", filename: file.filename ?? "", text: file.text });
    expect(texts()).toEqual(["Capital?\n\n**You**\n", "Paris it is"]);
    expect(store.settings.value.system).toBe("Be brief.");
  });

  it.each(["", "{}", "[1]", '[{"role":"wizard","content":""}]', "[]", "text"])(
    "are not read from %j",
    async (text) => {
      const filename = "x.json";
      await expect(context.request({ type: "import", filename, text })).rejects.toMatchObject({
        code: "config_error",
      });
    },
  );
});

describe("settings", () => {
  const change = (values: Record<string, unknown>) =>
    context.request({ type: "change_settings", system: null, record_tokens: null, values });

  it("begin as the page says and reach the model in its own words", async () => {
    expect(store.settings.value.values).toEqual({
      temperature: 0,
      max_tokens: 256,
      seed: null,
      mirostat: 0,
    });
    await change({ seed: "7", max_tokens: 5 });
    await ask({ type: "send", text: "Capital?" });
    expect(model.calls[0]?.config).toEqual({
      temperature: 0,
      maxTokens: 5,
      seed: 7,
      mirostat: 0,
    });
    await ask({ type: "reset_settings" });
    expect(store.settings.value.values).toMatchObject({ temperature: 0, seed: null });
  });

  it.each([
    { temperature: -1 },
    { temperature: "hot" },
    { max_tokens: 1.5 },
    { seed: "12345678901234567890" },
    { mirostat: 1 },
    { unknown: 1 },
  ])("refuse %j and stay as they were", async (values) => {
    const before = store.settings.value.values;
    await expect(change({ max_tokens: 9, ...values })).rejects.toMatchObject({
      code: "config_error",
    });
    await store.sync();
    expect(store.settings.value.values).toEqual(before);
  });
});
