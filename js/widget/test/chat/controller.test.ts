import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeKernel, FIELDS } from "../../dev/fake";
import { ChatController } from "../../src/chat/controller";
import { createContext } from "../../src/shared/context";
import { pass, type Rig, startChat } from "../support";

describe("ChatController", () => {
  let rig: Rig;

  beforeEach(async () => {
    vi.useFakeTimers();
    rig = await startChat({ answers: ["First answer.", "Second answer."] });
  });

  afterEach(() => {
    rig.end();
    vi.useRealTimers();
  });

  const store = () => rig.chat.store;
  const message = (index: number) => {
    const entry = store().entries.value[index];
    if (entry === undefined) throw new Error(`no message ${index}`);
    return { ...entry.info.value, text: entry.text.value };
  };
  const sent = (type: string) => rig.kernel.requests.filter((request) => request.type === type);

  async function ask(text: string): Promise<void> {
    rig.chat.draft.value = text;
    await Promise.all([rig.chat.send(), pass(5_000)]);
  }

  it("sends once, whatever is pressed meanwhile", async () => {
    rig.chat.draft.value = "  Hi  ";
    const sending = rig.chat.send();
    expect(rig.chat.draft.value).toBe("");
    expect(rig.chat.pending.value).toBe("Hi");
    rig.chat.draft.value = "more";
    void rig.chat.send();
    await pass(5);
    await sending;
    expect(rig.chat.pending.value).toBeNull();
    void rig.chat.send();
    await pass(5);
    expect(sent("send").map((request) => request.text)).toEqual(["Hi"]);
    expect(rig.chat.draft.value).toBe("more");
  });

  it("does not send nothing", async () => {
    rig.chat.draft.value = " \n ";
    await rig.chat.send();
    expect(sent("send")).toEqual([]);
  });

  it("gives the text back when the kernel refuses", async () => {
    rig.kernel.status = { ...rig.kernel.status, state: "generating" };
    rig.chat.draft.value = "Hi";
    await Promise.all([rig.chat.send(), pass(50)]);
    expect(rig.chat.draft.value).toBe("Hi");
    expect(rig.chat.notice.value).toEqual({ text: "an answer is under way", isError: true });
    expect(rig.chat.pending.value).toBeNull();
  });

  it("stops, and shows at once that it does", async () => {
    rig.kernel.options.answers = ["word ".repeat(500)];
    rig.chat.draft.value = "Hi";
    void rig.chat.send();
    await pass(1_000);
    rig.chat.stop();
    expect(store().status.value.state).toBe("stopping");
    await pass(100);
    expect(message(1).state).toBe("stopped");
    const { text } = message(1);
    await pass(5_000);
    expect(message(1).text).toBe(text);
    expect(text.length).toBeGreaterThan(10);
  });

  it("sends no stop when there is nothing to stop", async () => {
    rig.chat.stop();
    await pass(50);
    expect(sent("stop")).toEqual([]);
  });

  it("regenerates into an alternative and pages between them", async () => {
    await ask("Hi");
    rig.chat.regenerate(message(1));
    await pass(5_000);
    expect(message(1)).toMatchObject({
      alternative: 1,
      num_alternatives: 2,
      text: "Second answer.",
    });
    rig.chat.showAlternative(message(1), 0);
    await pass(50);
    expect(message(1)).toMatchObject({ alternative: 0, text: "First answer." });
  });

  it("retries what failed, in its place", async () => {
    rig.kernel.options.error = { code: "memory", message: "Out of memory." };
    await ask("Hi");
    expect(message(1)).toMatchObject({ state: "error", error: { message: "Out of memory." } });
    rig.chat.regenerate(message(1));
    await pass(5_000);
    expect(message(1)).toMatchObject({ state: "done", error: null, num_alternatives: 1 });
    expect(sent("retry")).toHaveLength(1);
    expect(sent("regenerate")).toHaveLength(0);
  });

  it("edits: the conversation goes on from there", async () => {
    await ask("Hi");
    await ask("And now?");
    rig.chat.editing.value = message(0).id;
    void rig.chat.edit(message(0), "Hello there");
    await pass(5_000);
    expect(rig.chat.editing.value).toBeNull();
    expect(store().entries.value).toHaveLength(2);
    expect(message(0)).toMatchObject({ text: "Hello there", num_alternatives: 2 });
  });

  it("stays in the editor when the kernel refuses", async () => {
    await ask("Hi");
    rig.chat.editing.value = "m1";
    void rig.chat.edit({ ...message(0), id: "nothing" }, "text");
    await pass(50);
    expect(rig.chat.editing.value).toBe("m1");
    expect(rig.chat.notice.value?.isError).toBe(true);
  });

  it("goes on at the end, or from another token", async () => {
    await ask("Hi");
    rig.chat.continueAtEnd(message(1));
    await pass(5_000);
    rig.chat.continueFrom(message(1), 3, { text: " so", token_id: 4017, logprob: -2 });
    await pass(5_000);
    expect(sent("continue").map(({ index, token_id }) => [index, token_id])).toEqual([
      [-1, null],
      [3, 4017],
    ]);
    expect(message(1).num_alternatives).toBe(3);
  });

  it("opens, begins, renames and deletes conversations", async () => {
    await ask("Hi");
    void rig.chat.newConversation();
    await pass(50);
    expect(store().entries.value).toEqual([]);
    expect(store().conversations.value).toHaveLength(2);
    rig.chat.renameConversation(store().conversation.value, "  Second  ");
    rig.chat.renameConversation(store().conversation.value, "   ");
    await pass(50);
    expect(store().title.value).toBe("Second");
    void rig.chat.openConversation("c1");
    await pass(50);
    expect(message(0).text).toBe("Hi");
    void rig.chat.deleteConversation("c1");
    await pass(50);
    expect(store().conversations.value.map((item) => item.title)).toEqual(["Second"]);
    expect(store().entries.value).toEqual([]);
  });

  it("shows a value at once and tells the kernel of the last one only", async () => {
    for (const value of [0.1, 0.2, 0.3]) rig.chat.setValue("temperature", value);
    rig.chat.setValue("top_k", 7);
    expect(store().settings.value.values).toMatchObject({ temperature: 0.3, top_k: 7 });
    await pass(500);
    expect(sent("change_settings").map((request) => request.values)).toEqual([
      { temperature: 0.3, top_k: 7 },
    ]);
  });

  it("sends settings before the message that they are for", async () => {
    rig.chat.setValue("temperature", 0);
    rig.chat.draft.value = "Hi";
    void rig.chat.send();
    await pass(50);
    const types = rig.kernel.requests.map((request) => request.type);
    expect(types.indexOf("change_settings")).toBeLessThan(types.indexOf("send"));
    expect(types).toContain("change_settings");
  });

  it("goes back to what the kernel has when that refuses a value", async () => {
    rig.chat.setValue("temperature", 101);
    await pass(500);
    expect(store().settings.value.values.temperature).toBe(0.8);
    expect(rig.chat.notice.value?.text).toBe("temperature=101 is not allowed");
  });

  it("resets, and forgets what was about to be sent", async () => {
    rig.chat.setValue("temperature", 0.5);
    rig.chat.resetSettings();
    await pass(500);
    expect(sent("change_settings")).toEqual([]);
    for (const field of FIELDS) {
      expect(store().settings.value.values[field.name]).toEqual(field.default);
    }
  });

  it("leaves the system prompt alone when it did not change", async () => {
    rig.chat.setSystem("");
    rig.chat.setSystem("Be brief.");
    await pass(50);
    expect(sent("change_settings").map((request) => request.system)).toEqual(["Be brief."]);
  });

  it("tells screen readers of the beginning and the end, not of tokens", async () => {
    rig.kernel.options.answers = [Array(100).fill("word").join(" ")];
    const said: string[] = [];
    const end = rig.chat.announcement.subscribe((text) => said.push(text));
    await ask("Hi");
    end();
    expect(said).toEqual([
      "",
      "The answer is being written.",
      "The answer is complete: 100 tokens.",
    ]);
  });

  it("says what was done and lets it go, but keeps what went wrong", async () => {
    rig.chat.say("Copied.");
    await pass(6_000);
    expect(rig.chat.notice.value).toBeNull();
    rig.chat.say("No.", true);
    await pass(60_000);
    expect(rig.chat.notice.value?.text).toBe("No.");
  });

  it("copies, and says so where that is not possible", async () => {
    const written: string[] = [];
    const clipboard = { writeText: async (text: string) => void written.push(text) };
    vi.stubGlobal("navigator", { clipboard });
    await rig.chat.copy("text");
    expect(written).toEqual(["text"]);
    expect(rig.chat.notice.value?.text).toBe("Copied.");
    vi.stubGlobal("navigator", {});
    expect(await rig.chat.copy("text")).toBe(false);
    expect(rig.chat.notice.value?.isError).toBe(true);
    vi.unstubAllGlobals();
  });

  it("copies an answer's code for a cell and says how to go on", async () => {
    rig.kernel.options.answers = ["Look:\n\n```python\nprint(1)\n```\n\nDone."];
    await ask("Hi");
    const written: string[] = [];
    vi.stubGlobal("navigator", {
      clipboard: { writeText: async (text: string) => void written.push(text) },
    });
    const entry = store().entries.value[1];
    if (entry !== undefined) await rig.chat.messageToCell(entry);
    expect(written).toEqual(["print(1)"]);
    expect(rig.chat.notice.value?.text).toMatch(/new cell below/);
    vi.unstubAllGlobals();
  });

  it("says why it has nothing to show, and tries again", async () => {
    const kernel = new FakeKernel();
    kernel.isAlive = false;
    const context = createContext(kernel.view());
    const chat = new ChatController(context);
    void chat.start();
    await pass(61_000);
    expect(chat.failure.value).toMatch(/does not answer/);
    kernel.isAlive = true;
    void chat.start();
    await pass(50);
    expect(chat.failure.value).toBeNull();
    expect(chat.store.isReady.value).toBe(true);
    chat.dispose();
    context.dispose();
  });
});
