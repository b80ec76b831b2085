import { afterAll, describe, expect, it, vi } from "vitest";
import { createLive, renderMarkdown, setMaths } from "../../src/markdown/engine";
import type { LiveMarkdown } from "../../src/markdown/types";
import { arbitraryText, cuts, random, TEXTS } from "./texts";

// Parsing is slow in this environment; the browser's test does far more of the same.
vi.setConfig({ testTimeout: 60_000 });

const OPTIONS = {
  copyCode: () => undefined,
  insertCell: () => undefined,
  onMaths: () => undefined,
};

function liveIn(): { root: HTMLElement; live: LiveMarkdown } {
  const root = document.createElement("div");
  return { root, live: createLive(root, OPTIONS) };
}

function whole(text: string): string {
  const root = document.createElement("div");
  root.append(renderMarkdown(text, true));
  return root.innerHTML;
}

function expectSameWhenCut(text: string, at: readonly number[]): void {
  const { root, live } = liveIn();
  for (const end of at) live.draw(text.slice(0, end), false);
  live.draw(text, true);
  expect(root.innerHTML).toBe(whole(text));
}

describe("a text that grows", () => {
  it.each(Object.entries(TEXTS))("ends as the whole text does: %s", (_name, text) => {
    const next = random(text.length);
    for (let round = 0; round < 2; round += 1) {
      expectSameWhenCut(text, cuts(next, text.length, 4));
    }
  });

  it.each([1, 2, 3, 4])("ends as the whole text does: arbitrary texts %i", (seed) => {
    const next = random(seed * 7919);
    for (let round = 0; round < 3; round += 1) {
      const text = arbitraryText(next, 5 + Math.floor(next() * 25));
      expectSameWhenCut(text, cuts(next, text.length, 4));
    }
  });

  it.each(Object.entries(TEXTS))(
    "shows at each step what a fresh view shows: %s",
    (_name, text) => {
      const next = random(text.length + 1);
      const { root, live } = liveIn();
      for (const end of cuts(next, text.length, 4)) {
        live.draw(text.slice(0, end), false);
        const fresh = liveIn();
        fresh.live.draw(text.slice(0, end), false);
        expect(root.innerHTML).toBe(fresh.root.innerHTML);
      }
    },
  );

  it("may be replaced by another text", () => {
    const { root, live } = liveIn();
    live.draw("# One\n\n- a\n- b", false);
    live.draw("| a |\n|---|\n| b |", true);
    expect(root.innerHTML).toBe(whole("| a |\n|---|\n| b |"));
    live.draw("", true);
    expect(root.innerHTML).toBe("");
  });

  it("leaves alone what is settled", () => {
    const { root, live } = liveIn();
    live.draw("one\n\ntwo\n\n```py\nx = 1\n", false);
    const [first, second, code] = root.children;
    const touched: MutationRecord[] = [];
    const observer = new MutationObserver((records) => touched.push(...records));
    observer.observe(root, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
    live.draw("one\n\ntwo\n\n```py\nx = 1\ny = 2\n", false);
    touched.push(...observer.takeRecords());
    expect([...root.children]).toEqual([first, second, code]);
    expect(touched.length).toBeGreaterThan(0);
    for (const { target } of touched) expect(code?.contains(target)).toBe(true);
  });

  it("keeps the nodes that it adds text to", () => {
    const { root, live } = liveIn();
    live.draw("Once upon", false);
    const text = root.querySelector("p")?.firstChild;
    live.draw("Once upon a time", false);
    expect(root.querySelector("p")?.firstChild).toBe(text);
    expect(root.textContent).toBe("Once upon a time");
  });

  it("draws earlier links when their targets arrive", () => {
    const { root, live } = liveIn();
    live.draw("See [one].\n\nThen.\n\nAnd so on.\n\n", false);
    expect(root.querySelector("a")).toBeNull();
    live.draw("See [one].\n\nThen.\n\nAnd so on.\n\n[one]: http://one.test\n\n", false);
    expect(root.querySelector("a")?.getAttribute("href")).toBe("http://one.test");
  });
});

describe("formulas", () => {
  it("are asked for once they occur, and drawn when the engine is there", () => {
    let asked = 0;
    const root = document.createElement("div");
    const live = createLive(root, { copyCode: () => undefined, onMaths: () => (asked += 1) });
    live.draw("It costs $5 and $6, or `$x$`.", true);
    expect(asked).toBe(0);
    live.draw("Then $x$ and\n\n$$\ny\n$$", true);
    expect(asked).toBeGreaterThan(0);
    expect(root.textContent).toContain("$x$");
    setMaths({ toMathml: (tex) => `<math><mi>${tex}</mi></math>` });
    live.draw("Then $x$ and\n\n$$\ny\n$$", true);
    expect([...root.querySelectorAll("mi")].map((node) => node.textContent)).toEqual(["x", "y"]);
    expect(root.querySelectorAll(".realm-md-maths-display").length).toBe(1);
  });

  it("show their source with the reason when they cannot be drawn", () => {
    setMaths({
      toMathml() {
        throw new Error("no such command\nmore");
      },
    });
    const root = document.createElement("div");
    root.append(renderMarkdown("$\\nope$"));
    const shown = root.querySelector(".realm-md-maths-error");
    expect(shown?.textContent).toBe("$\\nope$");
    expect(shown?.getAttribute("title")).toBe("no such command");
  });

  it("show their source while they are not complete", () => {
    setMaths({ toMathml: () => "<math></math>" });
    for (const text of ["so \\(x_1 +", "$$\nx_1 +", "\\[ x_1"]) {
      const { root, live } = liveIn();
      live.draw(text, false);
      expect(root.querySelector("math, em")).toBeNull();
      expect(root.querySelector(".realm-md-maths-source")?.textContent).toContain("x_1");
    }
  });

  it.each([
    "$5 and $6",
    "US$5-US$6",
    "$HOME/$USER",
    "a $ b $ c",
    "\\$x$",
    "`$x$`",
    "$$$",
    "cost: 5$",
  ])("are not seen in %s", (text) => {
    setMaths({ toMathml: () => "<math></math>" });
    const root = document.createElement("div");
    root.append(renderMarkdown(text));
    expect(root.querySelector("math, .realm-md-maths-source")).toBeNull();
  });

  afterAll(() => setMaths({ toMathml: (tex) => `<math><mtext>${tex.length}</mtext></math>` }));
});

describe("excess", () => {
  it.each([
    ["quotes in quotes", "> ".repeat(5000)],
    ["lists in lists", `${"- ".repeat(4999)}x`],
    ["brackets", "[".repeat(20_000)],
    ["pictures", "![".repeat(20_000)],
    ["asterisks", "*a ".repeat(10_000)],
    ["stars", "*".repeat(20_000)],
    ["underscores", "_a".repeat(10_000)],
    ["backticks", "`a``b".repeat(5000)],
    ["dollars", "$a $".repeat(10_000)],
    ["open formulas", "\\(a ".repeat(5000)],
    ["tags", "<b>".repeat(5000)],
    ["angles", "<".repeat(20_000)],
    ["links", "[a](".repeat(5000)],
    ["bars", "|".repeat(10_000)],
    ["a table of many columns", `${"|a".repeat(2000)}|\n${"|-".repeat(2000)}|\n`],
    ["a long word", "a".repeat(200_000)],
    ["a long line of code", `\`\`\`python\n${"x = 1; ".repeat(20_000)}\n\`\`\``],
    ["ampersands", "&".repeat(20_000)],
    ["line breaks", "\n".repeat(50_000)],
    ["spaces", `a${" ".repeat(50_000)}b`],
  ])("is shown, or shown plainly: %s", (_name, text) => {
    const { root, live } = liveIn();
    live.draw(text.slice(0, text.length / 2), false);
    live.draw(text, true);
    expect(root.innerHTML).toBe(whole(text));
  });
});
