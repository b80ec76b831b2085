import { beforeAll, describe, expect, it, vi } from "vitest";
import { createLive, renderMarkdown, setMaths } from "../../src/markdown/engine";
import * as maths from "../../src/markdown/maths";
import CORPUS from "./xss-corpus.json";

vi.setConfig({ testTimeout: 60_000 });

const HTML_TAGS = new Set(
  (
    "a b blockquote br button code del div em h1 h2 h3 h4 h5 h6 hr i input ins kbd li mark ol p " +
    "pre q s samp small span strong sub sup table tbody td th thead tr u ul var"
  ).split(" "),
);
const ATTRIBUTES = new Set(
  (
    "align aria-label checked class data-realm-action data-realm-alt data-realm-src dir disabled " +
    "href rel role start tabindex target title type"
  ).split(" "),
);
const MATHML = "http://www.w3.org/1998/Math/MathML";
const HARMLESS_STYLE = /^(?:[a-z-]*(?:color|padding|border)[a-z-]*: ?[#\w. ]+;? ?)*$/i;

beforeAll(() => setMaths(maths));

function expectInert(root: ParentNode): void {
  for (const element of root.querySelectorAll("*")) {
    const isMathml = element.namespaceURI === MATHML;
    if (!isMathml) expect(HTML_TAGS, element.outerHTML).toContain(element.localName);
    else expect(element.localName).toMatch(/^(?:math|m[a-z]+|none|semantics)$/);
    for (const { name, value } of element.attributes) {
      expect(name, element.outerHTML).not.toMatch(/^(?:on|src|xlink|formaction|id$|name$)/i);
      if (name === "style") {
        expect(isMathml).toBe(true);
        expect(value).toMatch(HARMLESS_STYLE);
        expect(value).not.toMatch(/url|expression/i);
      } else if (!isMathml) expect(ATTRIBUTES, element.outerHTML).toContain(name);
      if (name === "href") expect(value).toMatch(/^(?:https?:\/\/|mailto:)/i);
      if (name === "data-realm-src") {
        expect(value).toMatch(/^(?:https?:\/\/|data:image\/(?:png|jpeg|gif|webp);base64,)/i);
      }
    }
    if (element.localName === "a" && element.hasAttribute("href")) {
      expect(element.getAttribute("rel")).toContain("noopener");
      expect(element.getAttribute("target")).toBe("_blank");
    }
    if (element.localName === "button") {
      expect(element.className).toMatch(/^realm-md-(?:button|image)$/);
    }
  }
}

describe("hostile text", () => {
  it("comes in at least sixty kinds", () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
  });

  it.each(CORPUS)("is inert: $name", ({ text }) => {
    const holder = document.createElement("div");
    holder.append(renderMarkdown(text, true));
    expectInert(holder);
    // Parsed again, as when a page is saved and opened, it is still inert.
    const again = document.createElement("template");
    again.innerHTML = holder.innerHTML;
    expectInert(again.content);
  });

  // The browser's test goes through every step (tests/browser/test_markdown_safety.py).
  it.each(CORPUS)("is inert while it streams: $name", ({ text }) => {
    const holder = document.createElement("div");
    const live = createLive(holder, { copyCode: () => undefined, onMaths: () => undefined });
    const step = Math.ceil(text.length / 3);
    for (let end = 1; end <= text.length; end += step) {
      live.draw(text.slice(0, end), false);
      expectInert(holder);
    }
    live.draw(text, true);
    expectInert(holder);
  });

  it("would be noticed", () => {
    const holder = document.createElement("div");
    holder.innerHTML = "<p onclick=x>x</p>";
    expect(() => expectInert(holder)).toThrow();
  });
});
