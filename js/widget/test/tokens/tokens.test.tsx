import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakePanels, fakeTokens } from "../../dev/fake_panels";
import { createContext } from "../../src/shared/context";
import { mountTokens, TokenStrip } from "../../src/tokens";
import { marked, spoken } from "../../src/tokens/marks";
import { formatProbability, perplexity, stepOf } from "../../src/tokens/probability";

let el: HTMLElement;

async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((done) => setTimeout(done, 0));
  await new Promise(requestAnimationFrame);
  for (let turn = 0; turn < 4; turn += 1) await new Promise((done) => setTimeout(done, 0));
}

beforeEach(() => {
  el = document.createElement("div");
  document.body.append(el);
});

afterEach(() => {
  render(null, el);
  el.remove();
});

const token = (index: number) => el.querySelector<HTMLElement>(`[data-index="${index}"]`);
const press = (target: Element | null, key: string) =>
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

describe("a strip of tokens", () => {
  it("shows each token once, with its probability in words and by its line", async () => {
    render(<TokenStrip tokens={fakeTokens()} />, el);
    expect(el.querySelectorAll(".realm-token").length).toBe(14);
    expect(token(9)?.className).toContain("realm-token-4");
    expect(token(9)?.getAttribute("aria-label")).toBe("luminous, 0.8 %");
    expect(token(10)?.textContent).toBe("↵\n");
    expect(token(11)?.textContent).toBe("▯");
  });

  it("shows the alternatives of the token under the pointer or with the focus", async () => {
    render(<TokenStrip tokens={fakeTokens()} />, el);
    token(5)?.focus();
    await settle();
    const rows = [...el.querySelectorAll(".realm-alternative code")].map((row) => row.textContent);
    expect(rows).toEqual(["␣Par", "␣the", "␣Lyon"]);
    expect(el.querySelector(".realm-alternative .realm-badge")?.textContent).toBe("taken");
    expect(el.querySelector(".realm-alternative button")).toBeNull();
    token(8)?.dispatchEvent(new Event("pointerenter"));
    await settle();
    expect(el.querySelector(".realm-token-head")?.textContent).toContain("token 108");
  });

  it("keeps what the pointer is on when the notebook moves the focus", async () => {
    render(<TokenStrip tokens={fakeTokens()} />, el);
    const popover = () => el.querySelector(".realm-token-popover");
    const longAfter = async (action: () => void) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      action();
      vi.advanceTimersByTime(10_000);
      vi.useRealTimers();
      await settle();
    };
    token(5)?.dispatchEvent(new Event("pointerenter"));
    token(5)?.click();
    await settle();
    await longAfter(() => token(5)?.blur());
    expect(popover()).not.toBeNull();
    await longAfter(() => {
      token(5)?.dispatchEvent(new Event("pointerleave"));
      popover()?.dispatchEvent(new Event("pointerenter"));
    });
    expect(popover()).not.toBeNull();
    await longAfter(() => popover()?.dispatchEvent(new Event("pointerleave")));
    expect(popover()).toBeNull();
  });

  it("goes on from the alternative that was chosen", async () => {
    const onPick = vi.fn();
    render(<TokenStrip tokens={fakeTokens()} onPick={onPick} />, el);
    token(5)?.click();
    await settle();
    const buttons = [...el.querySelectorAll<HTMLElement>(".realm-alternative button")];
    expect(buttons.length).toBe(2);
    buttons[0]?.click();
    expect(onPick).toHaveBeenCalledWith(5, expect.objectContaining({ text: " the" }));
  });

  it("is one stop of the Tab key, with arrows inside", async () => {
    const onPick = vi.fn();
    render(<TokenStrip tokens={fakeTokens()} onPick={onPick} />, el);
    expect([...el.querySelectorAll('.realm-token[tabindex="0"]')]).toEqual([token(0)]);
    token(0)?.focus();
    press(token(0), "ArrowRight");
    await settle();
    expect(document.activeElement).toBe(token(1));
    press(token(1), "End");
    press(token(13), "Home");
    await settle();
    expect(document.activeElement).toBe(token(0));
    press(token(0), "ArrowDown");
    await new Promise(requestAnimationFrame);
    await settle();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Continue from The, 2.0 %");
    press(document.activeElement, "Escape");
    await settle();
    expect(document.activeElement).toBe(token(0));
    expect(el.querySelector(".realm-token-popover")).toBeNull();
  });

  it("says so when nothing was recorded", async () => {
    render(<TokenStrip tokens={[{ text: "a", token_id: 1, logprob: null, top: [] }]} />, el);
    expect(el.textContent).toContain("Probabilities were not recorded");
    token(0)?.focus();
    await settle();
    expect(el.querySelector(".realm-token-popover")?.textContent).toContain("not recorded");
  });
});

describe("the token view", () => {
  let kernel: FakePanels;
  let end: () => void;

  const open = async () => {
    const context = createContext(kernel.view());
    const unmount = mountTokens(context, el);
    end = () => {
      unmount();
      context.dispose();
    };
    await settle();
  };

  beforeEach(() => {
    kernel = new FakePanels("tokens");
  });

  afterEach(() => end());

  it("shows what the kernel gives, or why it does not", async () => {
    kernel.refusals.set("sync", "no such response");
    await open();
    expect(el.querySelector("[role=alert]")?.textContent).toBe("no such response");
    kernel.refusals.clear();
    el.querySelector("button")?.click();
    await settle();
    expect(el.querySelector("header")?.textContent).toContain("paris · 14 tokens · perplexity");
  });

  it("goes on from another token, and keeps both texts", async () => {
    await open();
    token(5)?.click();
    await settle();
    el.querySelector<HTMLElement>(".realm-alternative button")?.click();
    await settle();
    expect(kernel.requests.at(-1)).toMatchObject({ type: "continue", message: "m1", index: 5 });
    expect(el.querySelector("section")?.getAttribute("aria-busy")).toBe("true");
    expect(document.activeElement).toBe(el.querySelector("section"));
    expect(el.querySelector(".realm-plain")?.textContent).toBe("The capital of France is");
    press(document.activeElement, "Escape");
    await settle();
    expect(kernel.requests.at(-1)).toMatchObject({ type: "stop" });
    kernel.finishTokens();
    await settle();
    expect(el.querySelectorAll(".realm-token").length).toBe(6);
    expect(el.querySelector("fieldset")?.textContent).toContain("2 /  of 2");
    el.querySelector<HTMLElement>("[aria-label='Previous alternative']")?.click();
    await settle();
    expect(el.querySelectorAll(".realm-token").length).toBe(14);
  });

  it("keeps open what is open when the kernel sends the same once more", async () => {
    await open();
    token(5)?.click();
    await settle();
    kernel.tokens = structuredClone(kernel.tokens);
    kernel.emit("delta", { conversation: "c1", message: "m1", text: "" }, 1);
    await settle();
    expect(kernel.requests.filter(({ type }) => type === "sync").length).toBe(2);
    expect(el.querySelector(".realm-token-popover")).not.toBeNull();
  });

  it("says why it cannot go on", async () => {
    kernel.refusals.set("continue", "the model is not loaded");
    await open();
    token(5)?.click();
    await settle();
    el.querySelector<HTMLElement>(".realm-alternative button")?.click();
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("not loaded");
    expect(el.querySelectorAll(".realm-token").length).toBe(14);
  });
});

describe("words and figures", () => {
  it.each([
    [1, "100 %"],
    [0.997, "over 99 %"],
    [0.5, "50 %"],
    [0.034, "3.4 %"],
    [0.0002, "under 0.1 %"],
  ])("probability %d reads as %s", (value, text) => {
    expect(formatProbability(Math.log(value))).toBe(text);
  });

  it("counts steps from certain to surprising", () => {
    expect([1, 0.9, 0.6, 0.3, 0.1, 0.01].map((value) => stepOf(Math.log(value)))).toEqual([
      0, 0, 1, 2, 3, 4,
    ]);
    expect(stepOf(Number.NEGATIVE_INFINITY)).toBe(4);
  });

  it("takes perplexity over what is known", () => {
    expect(perplexity([Math.log(0.5), null, Math.log(0.5)])).toBeCloseTo(2);
    expect(perplexity([null])).toBeNull();
  });

  it("marks what has no look", () => {
    expect(marked("  a b\n")).toBe("␣␣a b↵");
    expect(marked("")).toBe("(no text)");
    expect([spoken(" "), spoken("\n"), spoken(""), spoken(" the")]).toEqual([
      "space",
      "line break",
      "no text",
      "the",
    ]);
  });
});
