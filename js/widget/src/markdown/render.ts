/** From the tokens of one block to elements: HTML text, sanitised, then what is built by hand. */
import type { Token, Tokens } from "marked";
import { highlight } from "./highlight";
import { safeImage, safeLink, sanitizeMarkdown, sanitizeMathml } from "./sanitize";
import type { MathsToken } from "./syntax";
import type { MathsEngine } from "./types";

export interface RenderOptions {
  /** Whether code blocks offer to become a cell. */
  cells: boolean;
  maths: MathsEngine | null;
  /** Called when a formula occurs and there is no maths engine. */
  onMaths(): void;
}

/** What HTML text cannot carry safely: built as elements in place of a numbered slot. */
type Slot = (options: RenderOptions) => Node;

// Tags that people write where Markdown has nothing: without attributes, as themselves.
const PLAIN_TAG =
  /^<(\/?)(br|sub|sup|kbd|mark|ins|del|small|u|s|b|i|em|strong|q|samp|var)\s*\/?>$/i;

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ESCAPES[character] ?? "");
}

/** Return the elements of one block. */
export function renderTokens(tokens: readonly Token[], options: RenderOptions): DocumentFragment {
  const slots: Slot[] = [];
  const fragment = sanitizeMarkdown(new HtmlWriter(slots).blocks(tokens, false));
  for (const holder of fragment.querySelectorAll("[data-slot]")) {
    const slot = slots[Number(holder.getAttribute("data-slot"))];
    if (slot === undefined) holder.remove();
    else holder.replaceWith(slot(options));
  }
  finishElements(fragment);
  return fragment;
}

/** Writes tokens as HTML text in which nothing of the model is markup but plain tags. */
class HtmlWriter {
  readonly #slots: Slot[];
  // What follows `<pre>` or `<a>` is text like any other.
  #linkDepth = 0;

  constructor(slots: Slot[]) {
    this.#slots = slots;
  }

  /** `isTight` leaves out the paragraphs of a list without blank lines. */
  blocks(tokens: readonly Token[], isTight: boolean): string {
    return tokens.map((token) => this.#block(token, isTight)).join("");
  }

  #block(token: Token, isTight: boolean): string {
    switch (token.type) {
      case "heading":
        return `<h${token.depth}>${this.#inlines(token.tokens)}</h${token.depth}>`;
      case "paragraph":
        return isTight ? this.#inlines(token.tokens) : `<p>${this.#inlines(token.tokens)}</p>`;
      case "code":
        return this.#slot((options) => codeBlock(token.text, token.lang ?? "", options));
      case "maths":
        return this.#maths(token as unknown as MathsToken, true);
      case "blockquote":
        return `<blockquote>${this.blocks(token.tokens ?? [], false)}</blockquote>`;
      case "list":
        return this.#list(token as Tokens.List);
      case "table":
        return this.#table(token as Tokens.Table);
      case "hr":
        return "<hr>";
      case "space":
      case "def":
        return "";
      case "text":
        // A line of a tight list item: it holds inlines where the lexer looked for them.
        return token.tokens === undefined ? escapeHtml(token.text) : this.#inlines(token.tokens);
      case "checkbox":
        return this.#slot(() => checkbox(token.checked === true));
      default:
        return escapeHtml(token.raw);
    }
  }

  #list(list: Tokens.List): string {
    const tag = list.ordered ? "ol" : "ul";
    const start = list.ordered && Number(list.start) !== 1 ? ` start="${Number(list.start)}"` : "";
    const items = list.items.map((item) => {
      return `<li>${this.blocks(item.tokens, !item.loose)}</li>`;
    });
    return `<${tag}${start}>${items.join("")}</${tag}>`;
  }

  #table(table: Tokens.Table): string {
    const row = (cells: Tokens.TableCell[], tag: string): string => {
      const written = cells.map((cell) => {
        const align = cell.align === null ? "" : ` align="${cell.align}"`;
        return `<${tag}${align}>${this.#inlines(cell.tokens)}</${tag}>`;
      });
      return `<tr>${written.join("")}</tr>`;
    };
    const body = table.rows.map((cells) => row(cells, "td")).join("");
    return `<table><thead>${row(table.header, "th")}</thead><tbody>${body}</tbody></table>`;
  }

  #inlines(tokens: readonly Token[] | undefined): string {
    return (tokens ?? []).map((token) => this.#inline(token)).join("");
  }

  #inline(token: Token): string {
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
        return `<${token.type}>${this.#inlines(token.tokens)}</${token.type}>`;
      case "codespan":
        return `<code>${escapeHtml(token.text)}</code>`;
      case "br":
        return "<br>";
      case "link":
        return this.#link(token as Tokens.Link);
      case "image":
        return this.#image(token as Tokens.Image);
      case "html":
        return this.#tag(token.raw);
      case "maths":
        return this.#maths(token as unknown as MathsToken, false);
      case "text":
        return token.tokens === undefined ? unescaped(token.text) : this.#inlines(token.tokens);
      case "escape":
        return escapeHtml(token.text);
      case "checkbox":
        return this.#slot(() => checkbox(token.checked === true));
      default:
        return escapeHtml(token.raw);
    }
  }

  #tag(raw: string): string {
    const match = PLAIN_TAG.exec(raw);
    if (match === null) return escapeHtml(raw);
    const name = match[2]?.toLowerCase() ?? "";
    return name === "br" ? "<br>" : `<${match[1]}${name}>`;
  }

  #link(link: Tokens.Link): string {
    const url = safeLink(link.href);
    if (url === null || this.#linkDepth > 0) {
      const text = this.#inlines(link.tokens);
      // Where it would have led stays readable.
      return link.href === "" || this.#linkDepth > 0
        ? text
        : `<span title="${escapeHtml(link.href)}">${text}</span>`;
    }
    this.#linkDepth += 1;
    const text = this.#inlines(link.tokens);
    this.#linkDepth -= 1;
    return `<a href="${escapeHtml(url)}" title="${escapeHtml(url)}">${text}</a>`;
  }

  #image(picture: Tokens.Image): string {
    const url = safeImage(picture.href);
    if (url === null) return escapeHtml(picture.text);
    return this.#slot(() => imagePlaceholder(url, picture.text));
  }

  #maths(token: MathsToken, isBlock: boolean): string {
    return this.#slot((options) => formula(token, isBlock, options));
  }

  #slot(slot: Slot): string {
    this.#slots.push(slot);
    return `<span data-slot="${this.#slots.length - 1}"></span>`;
  }
}

/** Text tokens come with their entities as written: `&lt;` stays, a bare `&` is escaped. */
function unescaped(text: string): string {
  return text
    .replace(/[<>"'`]/g, (character) => ESCAPES[character] ?? "")
    .replace(/&(?!(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,31});)/g, "&amp;");
}

function element(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

function button(action: string, label: string): HTMLElement {
  const made = element("button", "realm-md-button", label);
  made.setAttribute("type", "button");
  made.dataset.realmAction = action;
  return made;
}

function codeBlock(code: string, info: string, options: RenderOptions): Node {
  const language = /^[\w+#.-]{1,30}/.exec(info.trim())?.[0] ?? "";
  if (/^(?:math|latex-math)$/i.test(language)) {
    return formula(
      { type: "maths", raw: code, tex: code, isDisplay: true, isOpen: false },
      true,
      options,
    );
  }
  const bar = element("div", "realm-md-code-bar");
  bar.append(element("span", "realm-md-code-language", language), button("copy", "Copy"));
  if (options.cells) bar.append(button("cell", "To a cell"));
  const inner = element("code", "", highlight(code, language.toLowerCase()));
  const pre = element("pre", "", inner);
  pre.dir = "ltr";
  pre.tabIndex = 0;
  return element("div", "realm-md-code", bar, pre);
}

function checkbox(isChecked: boolean): Node {
  const box = element("input", "realm-md-checkbox") as HTMLInputElement;
  box.setAttribute("type", "checkbox");
  box.setAttribute("disabled", "");
  box.setAttribute("aria-label", isChecked ? "done" : "to do");
  if (isChecked) box.setAttribute("checked", "");
  return box;
}

function imagePlaceholder(url: string, alt: string): Node {
  const from = url.startsWith("data:") ? "in the text" : new URL(url).host;
  const label = alt === "" ? `Show picture (${from})` : `Show picture: ${alt} (${from})`;
  const made = button("image", label);
  made.className = "realm-md-image";
  made.dataset.realmSrc = url;
  made.dataset.realmAlt = alt;
  return made;
}

function formula(token: MathsToken, isBlock: boolean, options: RenderOptions): Node {
  const isDisplay = token.isDisplay;
  const className = isDisplay ? "realm-md-maths realm-md-maths-display" : "realm-md-maths";
  const tag = isBlock ? "div" : "span";
  if (token.isOpen) {
    return element(tag, "realm-md-maths-source", token.raw.trim());
  }
  if (options.maths === null) {
    options.onMaths();
    return element(tag, "realm-md-maths-source", token.raw.trim());
  }
  try {
    const made = element(
      tag,
      className,
      sanitizeMathml(options.maths.toMathml(token.tex, isDisplay)),
    );
    if (isDisplay) made.tabIndex = 0;
    return made;
  } catch (error) {
    const shown = element(tag, "realm-md-maths-source realm-md-maths-error", token.raw.trim());
    shown.title = error instanceof Error ? firstLine(error.message) : "not a formula";
    return shown;
  }
}

function firstLine(message: string): string {
  return (message.trim().split("\n")[0] ?? "").slice(0, 200);
}

/** What every link and table gets, after everything that the model wrote is fixed. */
function finishElements(fragment: DocumentFragment): void {
  for (const link of fragment.querySelectorAll("a")) {
    if (!link.hasAttribute("href")) continue;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = element("div", "realm-md-table");
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", "Table");
    table.replaceWith(frame);
    frame.append(table);
  }
  // A list or quotation has one direction, that of its first words: an element inside with a
  // direction of its own would not count for it. The style sheet orders the lines inside.
  for (const text of fragment.querySelectorAll(
    "p, ul, ol, blockquote, h1, h2, h3, h4, h5, h6, th, td",
  )) {
    const isInside = text.parentElement?.closest("ul, ol, blockquote") != null;
    if (!isInside) text.setAttribute("dir", "auto");
  }
}
