/** What the markdown view needs from its surroundings, and what the lazily loaded engine gives. */

/** Returns a file that ships with the package, such as `maths.js`: its source, or the module. */
export type AssetLoader = (name: string) => Promise<string | object>;

export interface MarkdownOptions {
  /** Where the parser and the maths bundle come from; `WidgetContext.asset`. */
  asset: AssetLoader;
  /** A reader asked for a block of code. */
  copyCode(text: string): void;
  /** A reader asked for a block of code in a new cell; without it there is no such button. */
  insertCell?: ((text: string) => void) | undefined;
  /** A reader clicked a link (http, https or mailto); by default the browser opens a new tab. */
  openLink?: ((url: string) => void) | undefined;
}

/** TeX to MathML: all that `maths.js` exports. */
export interface MathsEngine {
  /**
   * Return the MathML of a formula as a string that still has to be sanitised.
   *
   * Throws an `Error` whose message says what is wrong with the formula.
   */
  toMathml(tex: string, display: boolean): string;
}

/** One text that grows, drawn into one element. */
export interface LiveMarkdown {
  /** Draw the text so far; `isFinal` says that nothing will follow. */
  draw(text: string, isFinal: boolean): void;
  /** Let go of the element; its content stays. */
  dispose(): void;
}

export interface LiveOptions extends Omit<MarkdownOptions, "asset"> {
  /** Called when a formula occurs and there is no maths engine yet. */
  onMaths(): void;
}

/** All that `markdown.js` exports. */
export interface MarkdownEngine {
  createLive(root: HTMLElement, options: LiveOptions): LiveMarkdown;
  /** `cells` says whether code blocks offer to become a cell. */
  renderMarkdown(text: string, cells?: boolean): DocumentFragment;
  /** Give the engine what draws formulas; later draws use it. */
  setMaths(maths: MathsEngine): void;
}
