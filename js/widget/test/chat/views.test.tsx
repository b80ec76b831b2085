import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeKernel } from "../../dev/fake";
import { Chat } from "../../src/chat/Chat";
import { pass, type Rig, startChat } from "../support";

describe("the chat view", () => {
  let rig: Rig;
  let root: HTMLElement;

  async function mount(prepare: (kernel: FakeKernel) => void = () => undefined): Promise<void> {
    rig = await startChat({ answers: ["First answer.", "Second answer."] }, prepare);
    await act(() => render(<Chat chat={rig.chat} />, root));
  }

  beforeEach(() => {
    vi.useFakeTimers();
    root = document.createElement("div");
    document.body.append(root);
  });

  afterEach(() => {
    render(null, root);
    root.remove();
    rig.end();
    vi.useRealTimers();
  });

  const wait = (milliseconds: number) => act(() => pass(milliseconds));
  const one = <T extends HTMLElement = HTMLElement>(selector: string): T => {
    const found = root.querySelector<T>(selector);
    if (found === null) throw new Error(`nothing is ${selector}`);
    return found;
  };
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
  const button = (label: string, within = "") =>
    one<HTMLButtonElement>(`${within} button[aria-label="${label}"]`);
  const named = (text: string) => {
    const found = all("button").find((item) => item.textContent?.trim() === text);
    if (found === undefined) throw new Error(`no button ${text}`);
    return found;
  };
  const click = (el: HTMLElement) =>
    act(() => {
      el.focus();
      el.click();
    });
  const press = (el: HTMLElement, key: string, more: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    act(() => void el.dispatchEvent(event));
    return event;
  };
  const type = (el: HTMLInputElement | HTMLTextAreaElement, text: string) =>
    act(() => {
      el.focus();
      el.value = text;
      el.dispatchEvent(new Event("input", { bubbles: true }));
    });
  const draft = () => one<HTMLTextAreaElement>(".realm-draft");
  const answers = () => all(".realm-markdown").map((el) => el.textContent);
  const sent = (kind: string) => rig.kernel.requests.filter((item) => item.type === kind);

  async function ask(text: string): Promise<void> {
    await type(draft(), text);
    press(draft(), "Enter");
    await wait(5_000);
  }

  it("sends with Enter, not with Shift+Enter nor with an input method's Enter", async () => {
    await mount();
    await type(draft(), "Hi");
    expect(press(draft(), "Enter", { shiftKey: true }).defaultPrevented).toBe(false);
    expect(press(draft(), "Enter", { isComposing: true }).defaultPrevented).toBe(false);
    expect(sent("send")).toEqual([]);
    expect(press(draft(), "Enter").defaultPrevented).toBe(true);
    await wait(5_000);
    expect(all(".realm-bubble").map((el) => el.textContent)).toEqual(["Hi"]);
    expect(answers()).toEqual(["First answer."]);
    expect(draft().value).toBe("");
  });

  it("is a log that is busy while an answer comes", async () => {
    await mount();
    const log = one("[role=log]");
    expect(log.getAttribute("aria-busy")).toBe("false");
    expect(log.tabIndex).toBe(0);
    await type(draft(), "Hi");
    press(draft(), "Enter");
    await wait(200);
    expect(log.getAttribute("aria-busy")).toBe("true");
    await wait(5_000);
    expect(log.getAttribute("aria-busy")).toBe("false");
  });

  it("has one polite status that changes at the beginning and the end only", async () => {
    await mount();
    rig.kernel.options.answers = ["word ".repeat(200)];
    const status = one(".realm-hidden[role=status]");
    const said = new Set<string | null>();
    await type(draft(), "Hi");
    press(draft(), "Enter");
    for (let step = 0; step < 100; step += 1) {
      await wait(50);
      said.add(status.textContent);
    }
    said.delete("");
    expect([...said]).toEqual([
      "The answer is being written.",
      "The answer is complete: 201 tokens.",
    ]);
  });

  it("stops with Esc from anywhere inside and with the button", async () => {
    await mount();
    rig.kernel.options.answers = ["word ".repeat(500)];
    for (const stop of [
      () => void press(draft(), "Escape"),
      () => void press(one("[role=log]"), "Escape"),
      () => void click(button("Stop")),
    ]) {
      await type(draft(), "Hi");
      press(draft(), "Enter");
      await wait(1_000);
      stop();
      await wait(100);
      expect(button("Send")).toBeTruthy();
    }
    expect(sent("stop")).toHaveLength(3);
    expect(all(".realm-chip").map((el) => el.textContent)).toContain("Stopped");
    expect(document.activeElement).toBe(draft());
  });

  it("shows the token figures, the context and the seed", async () => {
    await mount();
    await ask("Hi");
    const text = one(".realm-status").textContent;
    expect(text).toContain("tokens/s");
    expect(text).toContain("to first");
    expect(text).toContain("1,539 / 2,048");
    expect(text).toContain("seed 8113205522347013376");
  });

  it("shows how far a long prompt is", async () => {
    await mount();
    rig.kernel.options.promptMs = 10_000;
    await type(draft(), "Hi");
    press(draft(), "Enter");
    await wait(300);
    expect(root.querySelector("[role=progressbar]")).toBeNull();
    await wait(1_000);
    expect(one("[role=progressbar]").getAttribute("aria-valuenow")).toBe("50");
    expect(one(".realm-waiting")).toBeTruthy();
    await wait(20_000);
    expect(root.querySelector("[role=progressbar]")).toBeNull();
  });

  it("shows an error in its place, with a way to retry", async () => {
    await mount();
    rig.kernel.options.error = { code: "memory", message: "Out of memory." };
    await ask("Hi");
    expect(one(".realm-message .realm-notice span").textContent).toBe("Out of memory.");
    await click(named("Retry"));
    await wait(5_000);
    expect(root.querySelector(".realm-message .realm-notice")).toBeNull();
    expect(answers()).toEqual(["Second answer."]);
  });

  it("edits a message, keeps the old one a page back, and returns the focus", async () => {
    await mount();
    await ask("Hi");
    await click(button("Edit and send again"));
    const area = one<HTMLTextAreaElement>(".realm-editor textarea");
    expect(document.activeElement).toBe(area);
    expect(area.value).toBe("Hi");
    press(area, "Escape");
    await wait(10);
    expect(root.querySelector(".realm-editor")).toBeNull();
    expect(document.activeElement).toBe(button("Edit and send again"));

    await click(button("Edit and send again"));
    await type(one<HTMLTextAreaElement>(".realm-editor textarea"), "Hello");
    press(one(".realm-editor textarea"), "Enter", { shiftKey: true });
    expect(sent("edit")).toEqual([]);
    press(one(".realm-editor textarea"), "Enter");
    await wait(5_000);
    expect(all(".realm-bubble").map((el) => el.textContent)).toEqual(["Hello"]);
    expect(one(".realm-pager").textContent).toContain("2 /  of 2");
    await click(button("Previous alternative"));
    await wait(100);
    expect(all(".realm-bubble").map((el) => el.textContent)).toEqual(["Hi"]);
    expect(button("Previous alternative").disabled).toBe(true);
  });

  it("edits an answer, in which Enter begins a line", async () => {
    await mount((kernel) => kernel.fill([["assistant", "Hello"]]));
    await click(button("Edit answer"));
    await type(one<HTMLTextAreaElement>(".realm-editor textarea"), "Hello there");
    press(one(".realm-editor textarea"), "Enter");
    expect(sent("edit")).toEqual([]);
    press(one(".realm-editor textarea"), "Enter", { ctrlKey: true });
    await wait(200);
    expect(answers()).toEqual(["Hello there"]);
  });

  it("Esc in the editor closes that, and does not stop an answer", async () => {
    await mount((kernel) => kernel.fill([["user", "Before"]]));
    await click(button("Edit and send again"));
    rig.kernel.options.answers = ["word ".repeat(500)];
    rig.chat.draft.value = "Hi";
    void rig.chat.send();
    await wait(1_000);
    press(one(".realm-editor textarea"), "Escape");
    await wait(100);
    expect(sent("stop")).toEqual([]);
    expect(root.querySelector(".realm-editor")).toBeNull();
  });

  it("lets the keyboard skip a long conversation and come back to the composer with Esc", async () => {
    await mount((kernel) => kernel.fill([["user", "Before"]]));
    await click(named("Skip the messages"));
    expect(document.activeElement).toBe(draft());
    one("[role=log]").focus();
    press(one("[role=log]"), "Escape");
    expect(document.activeElement).toBe(draft());
    expect(sent("stop")).toEqual([]);
  });

  it("opens the last message for correction with the up key in an empty composer", async () => {
    await mount((kernel) =>
      kernel.fill([
        ["user", "One"],
        ["assistant", "1"],
        ["user", "Two"],
        ["assistant", "2"],
      ]),
    );
    await type(draft(), "x");
    press(draft(), "ArrowUp");
    expect(root.querySelector(".realm-editor")).toBeNull();
    await type(draft(), "");
    press(draft(), "ArrowUp");
    expect(one<HTMLTextAreaElement>(".realm-editor textarea").value).toBe("Two");
  });

  it("shows the tokens of an answer and goes on from another one", async () => {
    await mount((kernel) => kernel.fill([["assistant", "Paris is nice"]]));
    await click(button("Show tokens"));
    await wait(100);
    expect(root.querySelector(".realm-markdown")).toBeNull();
    expect(button("Show tokens").getAttribute("aria-pressed")).toBe("true");
    expect(sent("tokens")).toHaveLength(1);
    await click(button("Show tokens"));
    await wait(10);
    expect(answers()).toEqual(["Paris is nice"]);
  });

  it("moves through the menu by keyboard and gives the focus back", async () => {
    await mount();
    const more = button("More");
    await click(more);
    await wait(10);
    expect(document.activeElement?.textContent).toBe("New conversation");
    press(document.activeElement as HTMLElement, "ArrowDown");
    expect(document.activeElement?.textContent).toBe("Copy settings as Python");
    press(document.activeElement as HTMLElement, "End");
    expect(document.activeElement?.textContent).toBe("Import…");
    press(document.activeElement as HTMLElement, "Escape");
    await wait(10);
    expect(root.querySelector("[role=menu]")).toBeNull();
    expect(document.activeElement).toBe(more);
    expect(sent("stop")).toEqual([]);
  });

  it("opens the settings with the focus inside and gives it back", async () => {
    await mount();
    await click(button("Settings"));
    await wait(10);
    expect(document.activeElement).toBe(one("aside textarea"));
    press(document.activeElement as HTMLElement, "Escape");
    await wait(10);
    expect(root.querySelector("aside")).toBeNull();
    expect(document.activeElement).toBe(button("Settings"));
  });

  it("has a control for every field of the kernel, labelled and described", async () => {
    await mount();
    await click(button("Settings"));
    await wait(10);
    const labels = all("aside label").map((el) => el.textContent);
    for (const field of rig.chat.store.fields.value) {
      expect(labels.some((label) => label?.startsWith(field.label))).toBe(true);
    }
    for (const control of all("aside :is(input, select, textarea)")) {
      const { labels: own } = control as HTMLInputElement;
      expect((own?.length ?? 0) > 0 || control.hasAttribute("aria-label")).toBe(true);
    }
  });

  it("takes what is allowed, says what is not, and resets", async () => {
    await mount();
    await click(button("Settings"));
    await wait(10);
    const field = one<HTMLInputElement>("aside input[inputmode=decimal]");
    await type(field, "101");
    await wait(1_000);
    expect(sent("change_settings")).toEqual([]);
    expect(one("[role=alert]").textContent).toBe("Allowed: a number from 0 to 100.");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    await type(field, "0.25");
    await wait(1_000);
    expect(sent("change_settings").map((item) => item.values)).toEqual([{ temperature: 0.25 }]);
    expect(root.querySelector("[role=alert]")).toBeNull();
    await click(button("Reset Temperature"));
    await wait(1_000);
    expect(rig.kernel.settings.values.temperature).toBe(0.8);
  });

  it("keeps a system prompt that was being typed when the panel closes", async () => {
    await mount();
    await click(button("Settings"));
    await wait(10);
    await type(one<HTMLTextAreaElement>("aside textarea"), "Be brief.");
    await click(button("Close settings"));
    await wait(1_000);
    expect(rig.kernel.settings.system).toBe("Be brief.");
  });

  it("renames and deletes a conversation by keyboard, and asks before deleting", async () => {
    await mount((kernel) => {
      kernel.talks.push({ id: "c9", title: "Other", slots: [] });
    });
    await click(one(".realm-title"));
    await wait(10);
    await click(button("Rename Other"));
    const title = one<HTMLInputElement>("aside input");
    expect(document.activeElement).toBe(title);
    await type(title, "Renamed");
    press(title, "Enter");
    await wait(100);
    expect(rig.kernel.talks.map((talk) => talk.title)).toContain("Renamed");
    expect(document.activeElement).toBe(button("Rename Renamed"));

    await click(button("Delete Renamed"));
    await wait(10);
    expect(document.activeElement?.textContent).toBe("Keep");
    press(document.activeElement as HTMLElement, "Escape");
    await wait(10);
    expect(rig.kernel.talks).toHaveLength(2);
    expect(document.activeElement).toBe(button("Delete Renamed"));
    await click(button("Delete Renamed"));
    await wait(10);
    await click(named("Delete"));
    await wait(100);
    expect(rig.kernel.talks).toHaveLength(1);
    expect(document.activeElement?.tagName).toBe("BUTTON");
  });

  it("chooses a model", async () => {
    await mount();
    const picker = one<HTMLSelectElement>("select[aria-label=Model]");
    expect(picker.value).toBe("paris");
    picker.value = "tiny-stories";
    act(() => void picker.dispatchEvent(new Event("change", { bubbles: true })));
    await wait(100);
    expect(rig.kernel.model).toBe("tiny-stories");
  });

  it("says that it is disconnected and stays readable", async () => {
    await mount((kernel) => kernel.fill([["assistant", "Still here"]]));
    rig.kernel.isAlive = false;
    await act(() => rig.kernel.trigger("comm_live_update"));
    expect(one(".realm-notice-warning").textContent).toContain("does not answer");
    expect(one(".realm-status").textContent).toContain("Not connected");
    expect(answers()).toEqual(["Still here"]);
    rig.kernel.isAlive = true;
    await click(named("Try again"));
    await wait(100);
    expect(root.querySelector(".realm-notice-warning")).toBeNull();
    await act(() => rig.kernel.trigger("comm:close"));
    expect(one(".realm-notice-warning").textContent).toContain("gone");
    expect(draft().disabled).toBe(true);
    expect(answers()).toEqual(["Still here"]);
  });

  it("shows what users and models say as text, never as elements", async () => {
    const hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
    await mount((kernel) => {
      kernel.talk.title = hostile;
      kernel.fill([
        ["user", hostile],
        ["assistant", hostile],
      ]);
      kernel.options.error = { code: "x", message: hostile };
    });
    await ask(hostile);
    await click(one(".realm-title"));
    await wait(10);
    expect(root.querySelector("img, script")).toBeNull();
    expect(root.textContent).toContain(hostile);
  });

  it("leaves texts their own direction", async () => {
    await mount((kernel) =>
      kernel.fill([
        ["user", "مرحبا"],
        ["assistant", "Hello"],
      ]),
    );
    for (const el of all(".realm-bubble, .realm-markdown, .realm-draft, .realm-title-text")) {
      expect(el.dir).toBe("auto");
    }
  });

  it("has a name for every button", async () => {
    await mount((kernel) => {
      kernel.fill([
        ["user", "Hi"],
        ["assistant", "Hello"],
      ]);
    });
    for (const panel of [".realm-title", "button[aria-label=Settings]"]) {
      await click(one(panel));
      await wait(10);
      for (const el of all("button")) {
        expect((el.getAttribute("aria-label") ?? el.textContent ?? "").trim()).not.toBe("");
      }
    }
  });
});
