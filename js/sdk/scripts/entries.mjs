/** What is bundled, and how large the package may be. */

/** Bundles for browsers: name → source, from `js/sdk`. */
export const BROWSER_ENTRIES = {
  browser: "src/browser.ts",
  react: "src/react.ts",
};

/** Bundles for Node. */
export const NODE_ENTRIES = {
  node: "src/node.ts",
};

/** Scripts that a page fetches; `react.js` comes on top where it is used. */
export const PAGE_SCRIPTS = ["browser.js", "engine_worker.js", "kernel_worker.js"];

/** Most bytes, gzipped, of what a page fetches before any model. */
export const MAX_PAGE_BYTES = 400_000;
