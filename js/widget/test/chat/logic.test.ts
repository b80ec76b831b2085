import { describe, expect, it } from "vitest";
import { FIELDS, fakeMessage } from "../../dev/fake";
import { codeOf } from "../../src/chat/code";
import { EndFollower } from "../../src/chat/scroll";
import { IDLE } from "../../src/chat/store";
import { allowedBy, isDefault, parse, textOf } from "../../src/chat/values";
import { nextIndex } from "../../src/shared/Menu";
import type { Field, Load } from "../../src/shared/messages";

const field = (name: string): Field => {
  const found = FIELDS.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
};

describe("typed settings", () => {
  it.each([
    ["temperature", "0.5", 0.5],
    ["temperature", " 1e-1 ", 0.1],
    ["temperature", "", 0.8],
    ["top_k", "0", 0],
    ["seed", "", null],
    ["seed", "18446744073709551615", "18446744073709551615"],
    ["stop", "one\n\\n\\t\\\\n", ["one", "\n\t\\n"]],
    ["stop", "", []],
  ])("%s: %j is %j", (name, text, value) => {
    expect(parse(field(name), text)).toEqual({ ok: true, value });
  });

  it.each([
    ["temperature", "101", "a number from 0 to 100"],
    ["temperature", "-0.1", "a number from 0 to 100"],
    ["temperature", "warm", "a number from 0 to 100"],
    ["temperature", "NaN", "a number from 0 to 100"],
    ["temperature", "Infinity", "a number from 0 to 100"],
    ["top_k", "1.5", "a whole number from 0 to 2147483647"],
    ["seed", "18446744073709551616", "2^64"],
    ["seed", "-1", "2^64"],
    ["seed", "0x10", "2^64"],
  ])("%s: %j is refused", (name, text, allowed) => {
    const parsed = parse(field(name), text);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? "" : parsed.reason).toContain(allowed);
  });

  it("shows what it reads", () => {
    for (const value of [[], ["a"], ["a\nb", "\t", "back\\slash", " "]]) {
      const shown = textOf(field("stop"), value);
      expect(parse(field("stop"), shown)).toEqual({ ok: true, value });
    }
    expect(textOf(field("temperature"), 0.8)).toBe("0.8");
    expect(textOf(field("seed"), null)).toBe("");
  });

  it("knows a default, also a list", () => {
    expect(isDefault(field("stop"), [])).toBe(true);
    expect(isDefault(field("stop"), ["x"])).toBe(false);
    expect(isDefault(field("seed"), undefined)).toBe(true);
    expect(isDefault(field("top_k"), 41)).toBe(false);
  });

  it("says what is allowed with one bound or none", () => {
    expect(allowedBy({ ...field("top_p"), high: null })).toBe("a number of at least 0");
    expect(allowedBy({ ...field("top_p"), low: null })).toBe("a number of at most 1");
    expect(allowedBy({ ...field("top_p"), low: null, high: null })).toBe("a number");
  });
});

describe("codeOf", () => {
  it.each([
    ["no code", ""],
    ["```\na\n```", "a"],
    ["a\n```py\nb\n\nc\n```\nd\n~~~~\ne\n~~~\nf\n~~~~", "b\n\nc\n\ne\n~~~\nf"],
    ["  ```\n    a\n  b\n  ```", "  a\nb"],
    ["```js\nopen to the end", "open to the end"],
    ["``` not ` a fence\ntext", ""],
    ["```\n```\n", ""],
    ["````md\n```py\nx\n```\n````", "```py\nx\n```"],
  ])("%j gives %j", (markdown, code) => expect(codeOf(markdown)).toBe(code));
});

describe("EndFollower", () => {
  function makeBox() {
    const box = document.createElement("div");
    const state = { top: 0, height: 1000, view: 200 };
    Object.defineProperties(box, {
      scrollTop: {
        get: () => state.top,
        set: (value: number) => {
          state.top = Math.max(0, Math.min(value, state.height - state.view));
        },
      },
      scrollHeight: { get: () => state.height },
      clientHeight: { get: () => state.view },
    });
    const follower = new EndFollower(box, document.createElement("div"));
    const scrollTo = (top: number) => {
      state.top = top;
      box.dispatchEvent(new Event("scroll"));
    };
    return { box, state, follower, scrollTo };
  }

  it("stays at the end while text comes", () => {
    const { state, follower, scrollTo } = makeBox();
    follower.follow();
    expect(state.top).toBe(800);
    // The event of that jump arrives when there is more text already.
    state.height = 1500;
    scrollTo(800);
    follower.follow();
    expect(state.top).toBe(1300);
  });

  it("leaves a reader alone who went up, until he comes back", () => {
    const { state, follower, scrollTo } = makeBox();
    follower.follow();
    scrollTo(500);
    expect(follower.isAtEnd.value).toBe(false);
    state.height = 1500;
    follower.follow();
    expect(state.top).toBe(500);
    scrollTo(1290);
    expect(follower.isAtEnd.value).toBe(true);
    state.height = 1600;
    follower.follow();
    expect(state.top).toBe(1400);
  });

  it("takes the wheel's word for it", () => {
    const { box, state, follower } = makeBox();
    follower.follow();
    box.dispatchEvent(new WheelEvent("wheel", { deltaY: -1 }));
    state.height = 1500;
    follower.follow();
    expect(state.top).toBe(800);
    follower.toEnd();
    expect(state.top).toBe(1300);
    expect(follower.isAtEnd.value).toBe(true);
  });

  it("hears nothing more when it is over", () => {
    const { follower, scrollTo } = makeBox();
    follower.follow();
    follower.dispose();
    scrollTo(0);
    expect(follower.isAtEnd.value).toBe(true);
  });
});

describe("the menu's keys", () => {
  it.each([
    ["ArrowDown", 0, 1],
    ["ArrowDown", 2, 0],
    ["ArrowUp", 0, 2],
    ["Home", 2, 0],
    ["End", 0, 2],
    ["a", 0, null],
  ])("%s at %d goes to %s", (key, from, to) => expect(nextIndex(key, from, 3)).toBe(to));
});

describe("progress and remarks", async () => {
  const { figuresOf, progressOf } = await import("../../src/chat/StatusLine");
  const load: Load = {
    id: "l1",
    label: "paris",
    model: null,
    state: "running",
    stage: "weights",
    done_bytes: 25,
    total_bytes: 100,
    rate_bytes_per_s: 10,
    remaining_s: 7.5,
    error: null,
  };

  it("lets short waits pass", () => {
    expect(progressOf({ ...IDLE, state: "prompt", prompt_tokens: 9 }, 100)).toBeNull();
    expect(progressOf(IDLE, 10_000)).toBeNull();
    expect(progressOf({ ...IDLE, state: "generating" }, 10_000)).toBeNull();
  });

  it("shows of the prompt what is known", () => {
    const status = { ...IDLE, state: "prompt" as const };
    expect(progressOf(status, 1_200)).toEqual({ label: "Reading the prompt · 1.2 s", share: null });
    expect(progressOf({ ...status, prompt_tokens: 1536 }, 1_200)).toEqual({
      label: "Reading 1,536 tokens · 1.2 s",
      share: null,
    });
    const known = { ...status, prompt_tokens: 1536, prompt_done_tokens: 768 };
    expect(progressOf(known, 1_200)).toEqual({
      label: "Reading the prompt · 768 of 1,536 tokens · 1.2 s",
      share: 0.5,
    });
  });

  it("shows a load with what is left", () => {
    expect(progressOf({ ...IDLE, state: "loading", load }, 0)).toEqual({
      label: "Loading paris · 25 % · 7.5 s left",
      share: 0.25,
    });
    const unknown = { ...load, total_bytes: 0, remaining_s: null };
    expect(progressOf({ ...IDLE, state: "loading", load: unknown }, 0)?.share).toBeNull();
    expect(progressOf({ ...IDLE, state: "loading" }, 0)?.label).toBe("Loading the model");
  });

  it("shows the figures that there are", () => {
    expect(figuresOf(IDLE)).toEqual([]);
    const status = {
      ...IDLE,
      tokens_per_second: 45.31,
      ttft_ms: 118,
      prompt_tokens: 84,
      completion_tokens: 312,
    };
    expect(figuresOf(status).map(([, text]) => text)).toEqual([
      "45.3 tokens/s",
      "118 ms to first",
      "84 + 312 tokens",
    ]);
  });

  it("remarks on an answer that did not end by itself", async () => {
    const { remarkOn } = await import("../../src/chat/remark");
    const done = fakeMessage("m1", "assistant", "text");
    expect(remarkOn(done)).toBe("");
    expect(remarkOn({ ...done, state: "stopped" })).toBe("Stopped");
    const stats = done.stats === null ? null : { ...done.stats, finish_reason: "length" as const };
    expect(remarkOn({ ...done, stats })).toBe("Length limit reached");
  });
});
