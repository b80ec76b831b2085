/**
 * Markdown that grows while a model writes it.
 *
 * The parser, the sanitiser and the highlighter are a bundle of their own (`markdown.js`),
 * fetched once in a page; until it is there the text shows as plain text. Formulas need a
 * second one (`maths.js`), fetched when the first formula occurs.
 */
import "./markdown.css";
import { loadBundle } from "./lazy";
import type { LiveMarkdown, MarkdownEngine, MarkdownOptions, MathsEngine } from "./types";

export type { AssetLoader, MarkdownOptions } from "./types";

const ENGINE = "markdown.js";
const MATHS = "maths.js";

let engine: MarkdownEngine | null = null;

/** Fetch the parser ahead of the first text; texts drawn before show plainly until then. */
export async function loadMarkdown(asset: MarkdownOptions["asset"]): Promise<MarkdownEngine> {
  engine = await loadBundle<MarkdownEngine>(ENGINE, asset);
  return engine;
}

/**
 * Return a whole text, rendered and inert; plain text while the parser is not there.
 *
 * The result's buttons act only inside the element of a `StreamingMarkdown`.
 */
export function renderMarkdown(text: string): DocumentFragment {
  if (engine !== null) return engine.renderMarkdown(text);
  const fragment = document.createDocumentFragment();
  fragment.append(plain(text));
  return fragment;
}

/** One text in one element, drawn again as it grows; only what changed touches the page. */
export class StreamingMarkdown {
  readonly #root: HTMLElement;
  readonly #options: MarkdownOptions;
  #live: LiveMarkdown | null = null;
  #text = "";
  #isFinal = false;
  #isDisposed = false;

  constructor(el: HTMLElement, options: MarkdownOptions) {
    this.#root = el;
    this.#options = options;
    el.classList.add("realm-md");
    if (engine !== null) this.#start(engine);
    else {
      loadMarkdown(options.asset).then(
        (loaded) => this.#start(loaded),
        () => undefined, // without the parser the text stays plain, which is readable
      );
    }
  }

  /** Draw the text so far; `fullText` is all of it, not what is new. */
  update(fullText: string): void {
    this.#draw(fullText, false);
  }

  /** Draw the last text as final: what was still open is now what it is. */
  finish(): void {
    this.#draw(this.#text, true);
  }

  /** Let go of the element; its content stays. */
  dispose(): void {
    this.#isDisposed = true;
    this.#live?.dispose();
  }

  #start(loaded: MarkdownEngine): void {
    if (this.#isDisposed) return;
    this.#root.replaceChildren();
    this.#live = loaded.createLive(this.#root, {
      ...this.#options,
      onMaths: () => void this.#loadMaths(loaded),
    });
    if (this.#text !== "" || this.#isFinal) this.#live.draw(this.#text, this.#isFinal);
  }

  #draw(text: string, isFinal: boolean): void {
    this.#text = text;
    this.#isFinal = isFinal;
    if (this.#live !== null) {
      this.#live.draw(text, isFinal);
      return;
    }
    const first = this.#root.firstElementChild;
    if (first === null) this.#root.append(plain(text));
    else first.textContent = text;
  }

  async #loadMaths(loaded: MarkdownEngine): Promise<void> {
    try {
      loaded.setMaths(await loadBundle<MathsEngine>(MATHS, this.#options.asset));
    } catch {
      return; // formulas stay as their TeX source
    }
    if (!this.#isDisposed) this.#live?.draw(this.#text, this.#isFinal);
  }
}

function plain(text: string): HTMLElement {
  const block = document.createElement("div");
  block.className = "realm-md-plain";
  block.dir = "auto";
  block.textContent = text;
  return block;
}
