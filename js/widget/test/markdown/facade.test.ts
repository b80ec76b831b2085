import { afterEach, describe, expect, it, vi } from "vitest";
import { createLive, renderMarkdown, setMaths } from "../../src/markdown/engine";
import type { MarkdownEngine } from "../../src/markdown/types";

// A Blob URL is beyond this environment: bundles arrive as modules.
const bundles = new Map<string, unknown>();
vi.mock("../../src/markdown/lazy", () => ({
  loadBundle: async (name: string, asset: (name: string) => Promise<string>) => {
    await asset(name);
    return bundles.get(name);
  },
}));

const ENGINE: MarkdownEngine = { createLive, renderMarkdown, setMaths };

async function fresh() {
  vi.resetModules();
  return import("../../src/markdown");
}

function options(asset: (name: string) => Promise<string>) {
  return { asset, copyCode: vi.fn(), insertCell: vi.fn() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

afterEach(() => bundles.clear());

describe("Markdown in the widget", () => {
  it("shows plain text until the parser has come, then the same text rendered", async () => {
    const { StreamingMarkdown } = await fresh();
    bundles.set("markdown.js", ENGINE);
    const el = document.createElement("div");
    const markdown = new StreamingMarkdown(
      el,
      options(async () => ""),
    );
    markdown.update("so **bo");
    expect(el.textContent).toBe("so **bo");
    await settled();
    expect(el.querySelector("strong")?.textContent).toBe("bo");
    markdown.update("so **bold**");
    markdown.finish();
    expect(el.querySelector("strong")?.textContent).toBe("bold");
  });

  it("stays plain and readable without the parser", async () => {
    const { StreamingMarkdown, renderMarkdown: whole } = await fresh();
    const el = document.createElement("div");
    const asset = () => Promise.reject(new Error("gone"));
    const markdown = new StreamingMarkdown(el, options(asset));
    markdown.update("<b>one</b>");
    await settled();
    markdown.update("<b>one</b> two");
    expect(el.textContent).toBe("<b>one</b> two");
    expect(el.querySelector("b")).toBeNull();
    expect(whole("*x*").textContent).toBe("*x*");
  });

  it("asks for the formulas' bundle when the first formula occurs", async () => {
    const { StreamingMarkdown } = await fresh();
    bundles.set("markdown.js", ENGINE);
    bundles.set("maths.js", { toMathml: (tex: string) => `<math><mi>${tex}</mi></math>` });
    const asked: string[] = [];
    const el = document.createElement("div");
    const markdown = new StreamingMarkdown(
      el,
      options(async (name) => {
        asked.push(name);
        return "";
      }),
    );
    markdown.update("no formula");
    await settled();
    expect(asked).toEqual(["markdown.js"]);
    markdown.update("no formula, then $x$");
    markdown.finish();
    await settled();
    expect([...new Set(asked)]).toEqual(["markdown.js", "maths.js"]);
    expect(el.querySelector("mi")?.textContent).toBe("x");
  });

  it("hands over code, and shows a picture only when asked", async () => {
    const { StreamingMarkdown } = await fresh();
    bundles.set("markdown.js", ENGINE);
    const el = document.createElement("div");
    const given = options(async () => "");
    const markdown = new StreamingMarkdown(el, given);
    markdown.update("```py\nx = 1\n```\n\n![cat](http://cats.test/1.png)");
    markdown.finish();
    await settled();
    const click = (action: string) =>
      el.querySelector<HTMLElement>(`[data-realm-action="${action}"]`)?.click();
    click("copy");
    expect(given.copyCode).toHaveBeenCalledWith("x = 1");
    click("cell");
    expect(given.insertCell).toHaveBeenCalledWith("x = 1");
    expect(el.querySelector("img")).toBeNull();
    click("image");
    expect(el.querySelector("img")?.getAttribute("src")).toBe("http://cats.test/1.png");
    markdown.dispose();
    click("copy");
    expect(given.copyCode).toHaveBeenCalledTimes(1);
  });
});
