/** A growing text, drawn block by block: what is settled is not looked at again. */
import { morph } from "./morph";
import { type RenderOptions, renderTokens } from "./render";
import { settle } from "./settle";
import { type Block, BlockReader, type Links, splitBlocks } from "./syntax";
import type { MathsEngine } from "./types";

// The last blocks may still change when text is added (a list that goes on after a blank line).
const NUM_OPEN_BLOCKS = 2;
// A block beyond this is shown as it stands: parsing it at each step would hold up the page.
const MAX_BLOCK_CHARACTERS = 64 * 1024;
// Nesting beyond this is nobody's writing.
const DEEP =
  /^(?![ \t]*([-*])(?:[ \t]*\1)*[ \t]*$)[ \t]*(?:(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])[ \t]*){32}/m;
const MANY_MARKS = 2000;
const DEEP_INLINE = /[[(*_~]{200}|(?:!?\[){100}/;

/** One block on the page and what it was made from. */
interface Drawn {
  key: string;
  element: HTMLElement;
}

/** Draws one text into one element; the last drawing equals that of the whole text at once. */
export class StreamingRenderer {
  readonly #root: Element;
  readonly #options: Omit<RenderOptions, "maths">;
  readonly #maths: () => MathsEngine | null;
  #text = "";
  #blocks: Block[] = [];
  #drawn: Drawn[] = [];
  #links = new LinkTable();

  constructor(
    root: Element,
    options: Omit<RenderOptions, "maths">,
    maths: () => MathsEngine | null,
  ) {
    this.#root = root;
    this.#options = options;
    this.#maths = maths;
  }

  /** Draw the text so far; `isFinal` says that nothing will follow. */
  draw(source: string, isFinal: boolean): void {
    const text = normalise(source);
    this.#split(text, isFinal);
    const maths = this.#maths();
    const last = this.#blocks.length - 1;
    const visible = this.#blocks.flatMap((block, index): Pending[] => {
      if (block.type === "space") return [];
      const isOpen = !isFinal && index === last && !/\n[ \t]*\n$/.test(block.raw);
      return [{ source: isOpen && !isTooMuch(block.raw) ? settle(block.raw) : block.raw, isOpen }];
    });
    // Link targets may come after the links: they are known before anything is drawn.
    const links = this.#links.collect(visible);
    const options = { ...this.#options, maths };
    visible.forEach((pending, index) => {
      this.#drawBlock(index, pending, links, options);
    });
    for (const { element } of this.#drawn.splice(visible.length)) element.remove();
  }

  /** Bring the list of blocks up to date; only the end is read again while text is added. */
  #split(text: string, isFinal: boolean): void {
    let kept = 0;
    if (!isFinal && text.startsWith(this.#text)) {
      kept = this.#blocks.length;
      for (let open = 0; kept > 0 && open < NUM_OPEN_BLOCKS; ) {
        kept -= 1;
        if (this.#blocks[kept]?.type !== "space") open += 1;
      }
    }
    this.#blocks.length = kept;
    const start = this.#blocks.reduce((length, block) => length + block.raw.length, 0);
    this.#blocks.push(...split(text.slice(start)));
    this.#text = text;
  }

  #drawBlock(index: number, pending: Pending, links: KnownLinks, options: RenderOptions): void {
    // Only text with brackets can refer to links, only text with delimiters holds formulas.
    const refers = pending.source.includes("[") ? links.version : "";
    const drawsMaths = options.maths !== null && /[$\\]|math/.test(pending.source);
    const key = `${pending.isOpen ? "o" : ""}${drawsMaths ? "m" : ""}|${refers}|${pending.source}`;
    const drawn = this.#drawn[index];
    if (drawn?.key === key) return;
    const element = renderBlock(pending, links.links, options);
    if (drawn === undefined) {
      this.#root.append(element);
      this.#drawn.push({ key, element });
    } else {
      morph(drawn.element, element);
      drawn.key = key;
    }
  }
}

/** A block about to be drawn. */
interface Pending {
  source: string;
  isOpen: boolean;
}

interface KnownLinks {
  links: Links;
  /** Differs whenever the links differ. */
  version: string;
}

/** The link targets that the blocks of a text define. */
class LinkTable {
  readonly #bySource = new Map<string, Links>();

  collect(blocks: readonly Pending[]): KnownLinks {
    const links: Links = Object.create(null);
    for (const { source, isOpen } of blocks) {
      if (isOpen || !/^[ \t>*+\-\d.)]*\[[^\]]+\]:/m.test(source)) continue;
      const defined = this.#defined(source);
      for (const [name, target] of Object.entries(defined)) links[name] ??= target;
    }
    const version = JSON.stringify(links);
    return { links, version: version === "{}" ? "" : version };
  }

  #defined(source: string): Links {
    let links = this.#bySource.get(source);
    if (links === undefined) {
      links = isTooMuch(source) ? {} : new BlockReader(source, false).links;
      this.#bySource.set(source, links);
    }
    return links;
  }
}

/** Line ends as Markdown counts them; U+0000 is not text. */
function normalise(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
}

function isTooMuch(source: string): boolean {
  if (source.length > MAX_BLOCK_CHARACTERS || DEEP.test(source) || DEEP_INLINE.test(source)) {
    return true;
  }
  // Marks upon marks cost the parser the square of their number. Code has no marks.
  if (source.length < MANY_MARKS || /^ {0,3}(?:`{3}|~{3})/.test(source)) return false;
  return (source.match(/[*_~`<[$\\!&]/g)?.length ?? 0) > MANY_MARKS;
}

function split(text: string): Block[] {
  if (DEEP.test(text)) return [{ type: "paragraph", raw: text }];
  try {
    return splitBlocks(text);
  } catch {
    return [{ type: "paragraph", raw: text }];
  }
}

function renderBlock(
  { source, isOpen }: Pending,
  links: Links,
  options: RenderOptions,
): HTMLElement {
  const block = document.createElement("div");
  block.className = "realm-md-block";
  try {
    if (!isTooMuch(source)) {
      block.append(renderTokens(new BlockReader(source, isOpen).finish(links), options));
      return block;
    }
  } catch {
    // Text that the parser cannot read is still text.
  }
  block.classList.add("realm-md-plain");
  block.dir = "auto";
  block.textContent = source;
  return block;
}
