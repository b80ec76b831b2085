import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeKernel } from "../../dev/fake";
import widget from "../../src/entry";
import { guardShortcuts } from "../../src/shared/shortcuts";
import { pass } from "../support";

describe("what anywidget loads", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
    document.body.replaceChildren();
  });

  it("shows a chat, and takes all of it away again", async () => {
    const kernel = new FakeKernel();
    kernel.fill([["user", "Hi"]]);
    const el = document.body.appendChild(document.createElement("div"));
    const end = widget.render({ model: kernel.view(), el });
    await pass(500);
    expect(el.classList.contains("realm")).toBe(true);
    expect(el.dataset.theme).toBe("light");
    expect(el.querySelector(".realm-bubble")?.textContent).toBe("Hi");
    end();
    expect(el.textContent).toBe("");
    await pass(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps showing what it has when one of two views is closed", async () => {
    const kernel = new FakeKernel();
    const [first, second] = [document.createElement("div"), document.createElement("div")];
    document.body.append(first, second);
    const end = widget.render({ model: kernel.view(), el: first });
    const endSecond = widget.render({ model: kernel.view(), el: second });
    await pass(500);
    end();
    kernel.fill([["user", "Hi"]]);
    kernel.emit("messages", { conversation: "c1", messages: kernel.messages });
    await pass(500);
    expect(first.textContent).toBe("");
    expect(second.querySelector(".realm-bubble")?.textContent).toBe("Hi");
    endSecond();
  });

  it("refuses a kind that it does not know", () => {
    const model = { ...new FakeKernel().view(), get: () => "clock" };
    expect(() => widget.render({ model, el: document.createElement("div") })).toThrow(/"clock"/);
  });
});

describe("guardShortcuts", () => {
  function notebook() {
    const page = document.body.appendChild(document.createElement("div"));
    const el = page.appendChild(document.createElement("div"));
    const button = el.appendChild(document.createElement("button"));
    const bubbled: string[] = [];
    const suppressed: boolean[] = [];
    page.addEventListener("keydown", (event) => bubbled.push(event.key));
    // As JupyterLab does it.
    const capture = () => suppressed.push(el.hasAttribute("data-lm-suppress-shortcuts"));
    document.addEventListener("keydown", capture, true);
    const end = guardShortcuts(el);
    const press = (key: string, more: KeyboardEventInit = {}) =>
      button.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
    const endAll = () => {
      end();
      document.removeEventListener("keydown", capture, true);
      page.remove();
    };
    return { press, bubbled, suppressed, end, endAll };
  }

  it("keeps the notebook from acting on keys, but for saving", async () => {
    const { press, bubbled, suppressed, endAll } = notebook();
    press("d");
    press("s", { ctrlKey: true });
    press("S", { metaKey: true });
    await new Promise((resolve) => setTimeout(resolve));
    press("Enter", { shiftKey: true });
    press("s");
    expect(suppressed).toEqual([true, false, false, true, true]);
    expect(bubbled).toEqual(["s", "S"]);
    endAll();
  });

  it("ends", () => {
    const { press, bubbled, end, endAll } = notebook();
    end();
    press("d");
    expect(bubbled).toEqual(["d"]);
    endAll();
  });
});
