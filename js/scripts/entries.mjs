/** What is bundled, and how large each bundle may be. */

/** Name of the bundle → its source, from `js/`. */
export const ENTRIES = {
  widget: "widget/src/entry.ts",
  markdown: "widget/src/markdown/engine.ts",
  maths: "widget/src/markdown/maths.ts",
};

/**
 * Most bytes of each file. The widget's two are stored in every notebook that saves its widgets'
 * state; the others travel when they are needed.
 */
export const BUDGET_BYTES = {
  "widget.js": 90 * 1024,
  "widget.css": 40_000,
  "markdown.js": 200_000,
  "maths.js": 250_000,
};
