import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Rig } from "../support";
import { addView, pass, startChat } from "../support";

const LONG = Array.from({ length: 400 }, (_, index) => `word${index}`).join(" ");

describe("ChatStore", () => {
  let rig: Rig;

  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    rig.end();
    vi.useRealTimers();
  });

  const texts = (some: Rig = rig) => some.chat.store.entries.value.map((entry) => entry.text.value);

  it("shows the snapshot", async () => {
    rig = await startChat({}, (kernel) => {
      kernel.fill([
        ["user", "Hi"],
        ["assistant", "Hello"],
      ]);
    });
    expect(texts()).toEqual(["Hi", "Hello"]);
    expect(rig.chat.store.model.value).toBe("paris");
    expect(rig.chat.store.title.value).toBe("New conversation");
    expect(rig.chat.store.isBusy.value).toBe(false);
  });

  it("grows by deltas to exactly what the kernel has", async () => {
    rig = await startChat({ answers: [LONG], tokensPerSecond: 200 });
    rig.chat.draft.value = "Go";
    void rig.chat.send();
    await pass(400);
    expect(rig.chat.store.isBusy.value).toBe(true);
    await pass(20_000);
    expect(texts()).toEqual(["Go", LONG]);
    expect(rig.chat.store.isBusy.value).toBe(false);
  });

  it("knows from the first delta on that a message is being written", async () => {
    rig = await startChat({}, (kernel) => {
      kernel.fill([
        ["user", "Hi"],
        ["assistant", ""],
      ]);
    });
    const info = rig.chat.store.entries.value[1]?.info;
    if (info === undefined) throw new Error("no answer");
    info.value = { ...info.value, state: "waiting" };
    const message = info.value.id;
    rig.kernel.emit("delta", { conversation: "c1", message, text: "Hel" });
    await pass(100);
    expect(info.value.state).toBe("generating");
    expect(texts()).toEqual(["Hi", "Hel"]);
  });

  it("changes the page at most once a frame", async () => {
    rig = await startChat({ answers: [LONG], tokensPerSecond: 200, eventsPerSecond: 1000 });
    rig.chat.draft.value = "Go";
    void rig.chat.send();
    await pass(400);
    const entry = rig.chat.store.entries.value[1];
    let changes = 0;
    const before = rig.kernel.numEvents;
    const end = entry?.text.subscribe(() => {
      changes += 1;
    });
    await pass(500);
    end?.();
    expect(rig.kernel.numEvents - before).toBeGreaterThan(200);
    expect(changes).toBeLessThan(40);
  });

  it("keeps what is on the page when more comes", async () => {
    rig = await startChat({}, (kernel) => kernel.fill([["user", "Hi"]]));
    const first = rig.chat.store.entries.value[0];
    rig.kernel.fill([["assistant", "Hello"]]);
    rig.kernel.emit("messages", { conversation: "c1", messages: rig.kernel.messages });
    await pass(50);
    expect(rig.chat.store.entries.value[0]).toBe(first);
    expect(texts()).toEqual(["Hi", "Hello"]);
  });

  it("finds a gap and asks for everything", async () => {
    rig = await startChat({}, (kernel) => kernel.fill([["assistant", "One"]]));
    rig.kernel.skip();
    const message = rig.kernel.talk.slots[0]?.versions[0];
    if (message !== undefined) message.text = "One two three";
    rig.kernel.emit("delta", { conversation: "c1", message: "m1", text: " three" });
    await pass(100);
    expect(rig.kernel.requests.filter((request) => request.type === "sync")).toHaveLength(2);
    expect(texts()).toEqual(["One two three"]);
  });

  it("neither loses nor doubles what comes while it asks", async () => {
    rig = await startChat({ answers: [LONG], tokensPerSecond: 500, eventsPerSecond: 200 });
    rig.chat.draft.value = "Go";
    void rig.chat.send();
    for (let round = 0; round < 12; round += 1) {
      await pass(137);
      void rig.chat.store.sync();
    }
    await pass(10_000);
    expect(texts()).toEqual(["Go", LONG]);
  });

  it("ignores an event that the snapshot has already", async () => {
    rig = await startChat({}, (kernel) => kernel.fill([["assistant", "One"]]));
    rig.kernel.trigger("msg:custom", {
      type: "delta",
      seq: 0,
      conversation: "c1",
      message: "m1",
      text: " again",
    });
    await pass(100);
    expect(texts()).toEqual(["One"]);
  });

  it("ignores what happens in a conversation that is not open", async () => {
    rig = await startChat({}, (kernel) => kernel.fill([["assistant", "One"]]));
    rig.kernel.emit("delta", { conversation: "other", message: "m1", text: "!" });
    await pass(100);
    expect(texts()).toEqual(["One"]);
  });

  it("does not ask in a circle when the kernel cannot be reached", async () => {
    rig = await startChat();
    rig.kernel.isAlive = false;
    rig.kernel.skip();
    rig.kernel.emit("delta", { conversation: "c1", message: "m1", text: "!" });
    await pass(61_000);
    expect(rig.chat.store.isReady.value).toBe(true);
    rig.kernel.isAlive = true;
    rig.kernel.fill([["user", "Back"]]);
    rig.kernel.emit("status", { status: rig.kernel.status });
    await pass(100);
    expect(texts()).toEqual(["Back"]);
  });

  it("asks again when a silent kernel is back", async () => {
    rig = await startChat();
    rig.kernel.isAlive = false;
    rig.kernel.trigger("comm_live_update");
    await pass(9_000);
    expect(rig.context.link.value).toBe("silent");
    rig.kernel.isAlive = true;
    rig.kernel.fill([["user", "Meanwhile"]]);
    void rig.context.ping();
    await pass(100);
    expect(texts()).toEqual(["Meanwhile"]);
  });

  it("is the same in two views", async () => {
    rig = await startChat({ answers: [LONG] });
    rig.chat.draft.value = "Go";
    void rig.chat.send();
    await pass(2_000);
    const second = await addView(rig.kernel);
    await pass(60_000);
    expect(texts(second)).toEqual(texts());
    expect(texts()).toEqual(["Go", LONG]);
    expect(second.chat.draft.value).toBe("");
    second.end();
  });
});
